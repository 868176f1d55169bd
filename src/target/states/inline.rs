//! Which values are written where they are read, so that they take no state of their own.

use crate::{
    library::Library,
    platform::{
        Pipeline,
        pipeline::{Expression, ExpressionKind, Origin, Step, StepKind},
    },
};

/// Parts of an expression, those of the values in it included, beyond which it is assigned once instead.
const MOST_PARTS: usize = 24;

/// For each local, whether it is written where it is read.
pub fn decide(library: &Library, pipeline: &Pipeline) -> Vec<bool> {
    let mut inlining = Inlining {
        library,
        pipeline,
        inlined: vec![false; pipeline.locals.len()],
        parts: vec![1; pipeline.locals.len()],
    };
    inlining.steps(&pipeline.body);
    inlining.inlined
}

struct Inlining<'p> {
    library: &'p Library,
    pipeline: &'p Pipeline,
    inlined: Vec<bool>,
    parts: Vec<usize>,
}

impl Inlining<'_> {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.kind {
                StepKind::Let(id, value_of) => {
                    let parts = self.parts_of(value_of);
                    let at = id.0 as usize;
                    let local = self.pipeline.locals.get(at);
                    let joined = local.is_some_and(|local| local.joins.is_some() && local.read);
                    let fits = parts <= MOST_PARTS || local.is_some_and(|local| !local.read);
                    let value = local.is_some_and(|local| local.origin == Origin::Value);
                    if !joined
                        && !value_of.varies(self.library)
                        && fits
                        && value
                        && let (Some(inlined), Some(known)) =
                            (self.inlined.get_mut(at), self.parts.get_mut(at))
                    {
                        *inlined = true;
                        *known = parts;
                    }
                }
                StepKind::Choose(choice) => {
                    choice.arms.iter().for_each(|arm| self.steps(&arm.body));
                    choice.otherwise.iter().for_each(|body| self.steps(body));
                }
                StepKind::Parallel(branches) => branches.iter().for_each(|branch| self.steps(&branch.body)),
                StepKind::For(each) => self.steps(&each.body),
                StepKind::Try(body, catches) => {
                    self.steps(body);
                    catches.iter().for_each(|catch| self.steps(&catch.body));
                }
                _ => {}
            }
        }
    }

    fn parts_of(&self, expression: &Expression) -> usize {
        if let ExpressionKind::Local(id) = expression.kind {
            return 1 + self.parts.get(id.0 as usize).copied().unwrap_or(1);
        }
        1 + expression.parts().into_iter().map(|part| self.parts_of(part)).sum::<usize>()
    }
}
