//! What goes from state to state: the run's input, what calls are given and return, what variables hold, what the run returns. Step Functions
//! takes 256 KiB of each, and 10 MiB of all variables together.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>

use super::{
    limit, number,
    size::{Size, Sizes},
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Base, Pipeline, Platform,
        pipeline::{Batch, Branch, Call, Expression, Local, LocalId, Loop, Origin, Step, StepKind},
    },
    source::Span,
};

/// What a state is given, hands on and keeps fits.
pub fn values_fit_between_states(platform: &Platform, diagnostics: &mut Diagnostics) {
    let (Some(one), Some(all)) = (limit(platform, "state_payload"), limit(platform, "run_variables")) else {
        return;
    };
    let mut sizes = Sizes::new(platform);
    for pipeline in &platform.pipelines {
        let mut flow = Flow::new(platform, pipeline, &mut sizes, diagnostics, one);
        flow.follow();
        let kept = flow.kept.max(flow.apart);
        if kept > all {
            let resource = platform.resource(pipeline.resource);
            diagnostics.push(too_much_kept(resource.span, &resource.name, kept, all));
        }
    }
}

/// How large the values of a pipeline get.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The largest that goes from state to state.
    pub largest: Size,
    /// Each local's value.
    pub locals: Vec<Size>,
    /// What Step Functions takes.
    pub limit: u64,
}

/// The bounds by which [`values_fit_between_states`] judges a pipeline.
pub fn payload(platform: &Platform, pipeline: &Pipeline) -> Option<Payload> {
    let limit = limit(platform, "state_payload")?;
    let (mut sizes, mut said) = (Sizes::new(platform), Diagnostics::default());
    let mut flow = Flow::new(platform, pipeline, &mut sizes, &mut said, limit);
    flow.follow();
    Some(Payload { largest: flow.largest, locals: flow.locals, limit })
}

/// A pipeline, as far as it is followed.
struct Flow<'f, 'p> {
    platform: &'p Platform,
    pipeline: &'p Pipeline,
    sizes: &'f mut Sizes<'p>,
    diagnostics: &'f mut Diagnostics,
    limit: u64,
    /// The size of each local's value.
    locals: Vec<Size>,
    /// How many of the steps here run at the same time.
    at_once: u64,
    /// Bytes of all variables together.
    kept: u64,
    /// The same of the executions of a distributed loop, the most that one has.
    apart: u64,
    /// The largest value so far that goes from state to state.
    largest: Size,
}

/// As many elements of an inline `Map` run at the same time. <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html>
const INLINE_AT_ONCE: u64 = 40;

/// Room for what a call is given beside a batch.
const BESIDE_A_BATCH: u64 = 16 * 1024;

impl<'f, 'p> Flow<'f, 'p> {
    fn new(
        platform: &'p Platform,
        pipeline: &'p Pipeline,
        sizes: &'f mut Sizes<'p>,
        diagnostics: &'f mut Diagnostics,
        limit: u64,
    ) -> Self {
        let locals = vec![Size::default(); pipeline.locals.len()];
        let largest = Size::default();
        Self { platform, pipeline, sizes, diagnostics, limit, locals, at_once: 1, kept: 0, apart: 0, largest }
    }

    fn follow(&mut self) {
        self.input();
        self.steps(&self.pipeline.body);
    }

    fn input(&mut self) {
        let mut sum = Size::default();
        for (at, param) in self.pipeline.params.iter().enumerate() {
            let size = self.sizes.of_type(&param.ty);
            let size = self
                .judge(size, param.span, |size, limit| input_too_large(param.span, &param.name, size, limit));
            if size.endless {
                self.diagnostics.push(endless(
                    param.span,
                    &param.name,
                    self.limit,
                    &take_its_place(&param.name),
                ));
            }
            if let Some(slot) = self.locals.get_mut(at) {
                *slot = size;
            }
            sum = Size { bytes: sum.bytes.saturating_add(size.bytes), told: sum.told || size.told, ..sum };
        }
        let resource = self.platform.resource(self.pipeline.resource);
        self.judge(sum, resource.span, |size, limit| {
            edge_too_large(
                resource.span,
                &format!("the input of `{}`", resource.name),
                size,
                limit,
                "its parameters together",
            )
        });
    }

    /// Reports what is too large, and says of it that it is told.
    fn judge(&mut self, size: Size, span: Span, fault: impl FnOnce(u64, u64) -> Diagnostic) -> Size {
        self.largest = self.largest.or(size);
        if size.told || size.bytes <= self.limit {
            return size;
        }
        // A statement with an error is not understood as a whole.
        if !self.diagnostics.has_error_within(span) {
            self.diagnostics.push(fault(size.bytes, self.limit));
        }
        Size { told: true, ..size }
    }

    fn steps(&mut self, steps: &[Step]) {
        steps.iter().for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Let(id, value) => self.value(*id, value),
            StepKind::Call(call) => self.call(call, step.span),
            StepKind::Choose(choice) => {
                choice.arms.iter().for_each(|arm| self.steps(&arm.body));
                choice.otherwise.iter().for_each(|body| self.steps(body));
            }
            StepKind::Parallel(branches) => self.parallel(branches, step.span),
            StepKind::For(each) => self.each(each),
            StepKind::Try(body, catches) => {
                self.steps(body);
                for catch in catches {
                    catch.binding.into_iter().for_each(|id| self.bind_type(id));
                    self.steps(&catch.body);
                }
            }
            StepKind::Return(Some(value)) => self.give_back(value),
            StepKind::Return(None) | StepKind::Wait(_) | StepKind::Fail(..) => {}
        }
    }

    fn of(&mut self, expression: &Expression) -> Size {
        self.sizes.of(expression, &self.locals)
    }

    fn local(&self, id: LocalId) -> Option<&Local> {
        self.pipeline.locals.get(id.0 as usize)
    }

    /// Gives a local its size, and with it those that it is one with.
    fn bind(&mut self, id: LocalId, size: Size) {
        let (mut of, mut kept) = (Some(id), false);
        while let Some(id) = of {
            if let Some(slot) = self.locals.get_mut(id.0 as usize) {
                *slot = slot.or(size);
            }
            let local = self.local(id);
            kept |= local.is_some_and(is_kept);
            of = local.and_then(|local| local.joins);
        }
        if kept && !size.told {
            self.kept = self.kept.saturating_add(size.bytes.saturating_mul(self.at_once));
        }
    }

    fn bind_type(&mut self, id: LocalId) {
        let Some(ty) = self.local(id).map(|local| local.ty.clone()) else { return };
        let size = self.sizes.of_type(&ty);
        self.bind(id, size);
    }

    fn value(&mut self, id: LocalId, value: &Expression) {
        let size = self.of(value);
        let Some((name, span)) = self.local(id).map(|local| (local.name.clone(), local.span)) else { return };
        let size = self.judge(size, span, |size, limit| value_too_large(span, &name, size, limit));
        self.bind(id, size);
    }

    fn call(&mut self, call: &Call, span: Span) {
        let arguments = self.of(&call.start.arguments);
        let at = call.start.arguments.span;
        self.judge(arguments, at, |size, limit| {
            edge_too_large(
                at,
                &format!("what `{}` is given", call.function),
                size,
                limit,
                "its arguments together",
            )
        });
        let Some(ty) = &call.result else { return };
        let size = self.sizes.of_type(ty);
        let bound = call.binding.and_then(|id| self.local(id)).map(|local| (local.name.clone(), local.span));
        let (what, at) = match &bound {
            Some((name, at)) => (format!("`{name}`"), *at),
            None => (format!("what `{}` returns", call.function), span),
        };
        let size = self.judge(size, at, |size, limit| result_too_large(at, &what, call, size, limit));
        if size.endless {
            let mend = return_less(call);
            self.diagnostics.push(endless_result(at, &what, self.limit, &mend));
        }
        call.binding.into_iter().for_each(|id| self.bind(id, size));
    }

    /// What the branches return stands in one list.
    fn parallel(&mut self, branches: &[Branch], span: Span) {
        let mut sum = Size::default();
        for branch in branches {
            self.steps(&branch.body);
            let size =
                branch.binding.and_then(|id| self.locals.get(id.0 as usize)).copied().unwrap_or_default();
            sum = Size { bytes: sum.bytes.saturating_add(size.bytes), told: sum.told || size.told, ..sum };
        }
        let word = Span::new(span.start, span.start.saturating_add(8));
        self.judge(sum, word, |size, limit| {
            edge_too_large(
                word,
                "what this `parallel` hands on",
                size,
                limit,
                "its branches' results together",
            )
        });
    }

    fn each(&mut self, each: &Loop) {
        let (before, kept) = (self.at_once, self.kept);
        if each.distributed.is_some() {
            (self.at_once, self.kept) = (1, 0);
        } else {
            let longest = each.over.ty.refinement.max_length.unwrap_or(u64::MAX);
            let at_once = each.limit.unwrap_or(INLINE_AT_ONCE).min(longest).max(1);
            self.at_once = before.saturating_mul(at_once);
        }
        let told = self.of(&each.over).told;
        if let Some(ty) = self.local(each.item).map(|local| local.ty.clone()) {
            let size = self.sizes.of_type(&ty);
            let batch = each.distributed.as_ref().and_then(|own| own.batch);
            let bytes = batch.map_or(size.bytes, |batch| size.bytes.min(self.of_batch(batch)));
            self.bind(each.item, Size { told: told || size.told, bytes, ..size });
        }
        self.steps(&each.body);
        self.at_once = before;
        if each.distributed.is_some() {
            self.apart = self.apart.max(self.kept);
            self.kept = kept;
        }
    }

    /// Step Functions puts no more into a batch than an execution takes as its input, what it is handed beside it included.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>
    fn of_batch(&self, batch: Batch) -> u64 {
        match batch {
            Batch::Bytes(bytes) => bytes,
            Batch::Items(_) => self.limit.saturating_sub(BESIDE_A_BATCH),
        }
    }

    fn give_back(&mut self, value: &Expression) {
        let size = self.of(value);
        self.judge(size, value.span, |size, limit| returned_too_large(value.span, size, limit));
    }
}

/// Whether a local takes a variable that counts. A value is written where it is read, unless several branches bind it; and no run fails in so
/// many places at once, each with the longest cause there is, that what `catch` binds were to fill it.
fn is_kept(local: &Local) -> bool {
    local.read
        && match local.origin {
            Origin::Value => local.joins.is_some(),
            Origin::Call | Origin::Item => true,
            _ => false,
        }
}

fn passes(what: &str, bytes: u64, limit: u64) -> String {
    format!(
        "{what} can take {} bytes, and no more than {} go between two states",
        number(bytes),
        number(limit)
    )
}

fn too_large(span: Span, what: &str, bytes: u64, limit: u64, label: &str, mend: &str) -> Diagnostic {
    Diagnostic::error(catalogue::PAYLOAD, span, passes(what, bytes, limit), label.to_owned())
        .help(mend.to_owned())
}

const SHORTER: &str = "or give its text and lists a smaller `length`";

fn take_its_place(name: &str) -> String {
    format!(
        "take its place instead of it, `{name}: location`, which whoever starts the pipeline has written it to; {SHORTER}"
    )
}

/// How a call returns less: a function its result's place, a statement of the library fewer items.
fn return_less(call: &Call) -> String {
    let function = &call.function;
    let is_list = call.result.as_ref().is_some_and(|ty| matches!(ty.base, Base::List(_)));
    match (call.callee, &call.more) {
        (None, Some(_)) => return format!("read fewer at once, with a smaller `page`; {SHORTER}"),
        (None, None) if is_list => return format!("read fewer at once, with a smaller `most`; {SHORTER}"),
        (None, None) => return format!("keep less in it, {SHORTER}"),
        (Some(_), _) => {}
    }
    format!(
        "let `{function}` write it to a bucket and return where it is, `function {function}(…) -> location`, and hand that place on; {SHORTER}"
    )
}

fn input_too_large(span: Span, name: &str, bytes: u64, limit: u64) -> Diagnostic {
    too_large(span, &format!("`{name}`"), bytes, limit, "can be too large", &take_its_place(name))
}

fn result_too_large(span: Span, what: &str, call: &Call, bytes: u64, limit: u64) -> Diagnostic {
    too_large(span, what, bytes, limit, "can be too large", &return_less(call))
}

fn value_too_large(span: Span, name: &str, bytes: u64, limit: u64) -> Diagnostic {
    let mend =
        "hand its parts on one by one, or write them to a bucket and hand on their place: `bucket / \"key\"`";
    too_large(span, &format!("`{name}`"), bytes, limit, "can be too large", mend)
}

fn edge_too_large(span: Span, what: &str, bytes: u64, limit: u64, label: &str) -> Diagnostic {
    let mend = format!(
        "write the large parts to a bucket and hand on their places, `bucket / \"key\"`, as a `location`; {SHORTER}"
    );
    too_large(span, what, bytes, limit, label, &mend)
}

fn returned_too_large(span: Span, bytes: u64, limit: u64) -> Diagnostic {
    let mend = format!("write it to a bucket and return its place, `-> location`; {SHORTER}");
    too_large(span, "what is returned", bytes, limit, "can be too large", &mend)
}

fn endless(span: Span, name: &str, limit: u64, mend: &str) -> Diagnostic {
    endless_result(span, &format!("`{name}`"), limit, mend)
}

fn endless_result(span: Span, what: &str, limit: u64, mend: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::PAYLOAD,
        span,
        format!(
            "nothing says how large {what} can get, and no more than {} bytes go between two states",
            number(limit)
        ),
        "a list or a map without a largest length, or text in it",
    )
    .help(mend.replace("a smaller `length`", "a `length`"))
}

fn too_much_kept(span: Span, name: &str, bytes: u64, limit: u64) -> Diagnostic {
    Diagnostic::error(
        catalogue::VARIABLES,
        span,
        format!(
            "the variables of a run of `{name}` can take {} bytes together, and a run has room for {}",
            number(bytes),
            number(limit)
        ),
        "keeps too much",
    )
    .help("keep the places of large values instead of them: a `location` each; or do a part in a pipeline of its own, `run other(…)`, which has variables of its own")
}
