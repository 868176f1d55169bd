//! The calls of pipelines.

use super::{
    Platform,
    pipeline::{Call, Pipeline, Step, StepKind},
    resource::Noun,
};

impl Pipeline {
    /// Its calls with where each one's step begins, in the order of the program.
    pub fn calls(&self) -> Vec<(u32, &Call)> {
        let mut calls = Vec::new();
        collect(&self.body, &mut calls);
        calls
    }
}

impl Platform {
    /// The calls of a pipeline, and those of the pipelines that it runs.
    pub fn calls_within<'p>(&'p self, pipeline: &'p Pipeline) -> Vec<&'p Call> {
        let (mut calls, mut seen, mut open) = (Vec::new(), Vec::new(), vec![pipeline]);
        while let Some(pipeline) = open.pop() {
            if seen.contains(&pipeline.resource) {
                continue;
            }
            seen.push(pipeline.resource);
            for (_, call) in pipeline.calls() {
                calls.push(call);
                if let Some(Noun::Pipeline(at)) = call.runs.map(|id| self.resource(id).noun) {
                    open.extend(self.pipelines.get(at as usize));
                }
            }
        }
        calls
    }
}

fn collect<'p>(steps: &'p [Step], calls: &mut Vec<(u32, &'p Call)>) {
    for step in steps {
        match &step.kind {
            StepKind::Call(call) => calls.push((step.span.start, call)),
            StepKind::Choose(choice) => {
                choice.arms.iter().for_each(|arm| collect(&arm.body, calls));
                choice.otherwise.iter().for_each(|body| collect(body, calls));
            }
            StepKind::Parallel(branches) => branches.iter().for_each(|branch| collect(&branch.body, calls)),
            StepKind::For(each) => collect(&each.body, calls),
            StepKind::Try(body, catches) => {
                collect(body, calls);
                catches.iter().for_each(|catch| collect(&catch.body, calls));
            }
            StepKind::Let(..) | StepKind::Wait(_) | StepKind::Fail(..) | StepKind::Return(_) => {}
        }
    }
}
