//! Calls that are made again though their function must not do its work twice.

use rustc_hash::FxHashMap;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Platform, ResourceId, ValueKind,
        pipeline::{Call, StepKind},
        resource::Noun,
    },
    source::Span,
};

/// What is declared not idempotent is not made again.
pub fn retried_functions_can_be_retried(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut once = Once { platform, known: FxHashMap::default() };
    for pipeline in &platform.pipelines {
        super::each_step(&pipeline.body, &mut |step| {
            if let StepKind::Call(call) = &step.kind
                && is_made_again(call)
                && let Some(function) = call.callee.and_then(|id| once.of(id))
            {
                let name = &platform.resource(function).name;
                diagnostics.push(made_again(step.span, call, name, platform.resource(function).span));
            }
        });
    }
}

/// Errors behind which a call may have done its work all the same. A retry on others has been chosen for them.
const AFTER_THE_WORK: &[&str] =
    &["States.ALL", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"];

fn is_made_again(call: &Call) -> bool {
    call.retry.iter().any(|retry| {
        retry.attempts > 0 && retry.errors.iter().any(|error| AFTER_THE_WORK.contains(&error.as_str()))
    })
}

/// What may be done only once: functions that say so, and pipelines that call such.
struct Once<'p> {
    platform: &'p Platform,
    known: FxHashMap<ResourceId, Option<ResourceId>>,
}

impl Once<'_> {
    /// The function that may be called only once: the one given, or one that the pipeline given calls.
    fn of(&mut self, id: ResourceId) -> Option<ResourceId> {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        self.known.insert(id, None);
        let says_so =
            self.platform.field(id, "idempotent").is_some_and(|value| value.kind == ValueKind::Bool(false));
        let platform = self.platform;
        let mut found = says_so.then_some(id);
        if let Noun::Pipeline(at) = platform.resource(id).noun
            && let Some(pipeline) = platform.pipelines.get(at as usize)
        {
            super::each_step(&pipeline.body, &mut |step| {
                if let StepKind::Call(call) = &step.kind
                    && found.is_none()
                {
                    found = call.callee.and_then(|callee| self.of(callee));
                }
            });
        }
        self.known.insert(id, found);
        found
    }
}

fn made_again(span: Span, call: &Call, function: &str, declared: Span) -> Diagnostic {
    let through = if call.function == function {
        format!("`{function}` is made again when it fails, and must not do its work twice")
    } else {
        format!(
            "`{}` is made again when it fails, and with it `{function}`, which must not do its work twice",
            call.function
        )
    };
    Diagnostic::warning(catalogue::NOT_IDEMPOTENT, span, through, "may do its work twice")
        .related(declared, "declared not idempotent")
        .help("write `retry attempts(0)` behind the call; or retry only on errors that come before the work, `attempts(3, on = [\"Lambda.TooManyRequestsException\"])`; or give the function a key by which it knows what it has done, and take `idempotent = false` away")
}
