//! Which errors what stands inside a `try` can raise. Where that is not known, everything is taken as possible.

use smol_str::SmolStr;

use super::{Builder, attempt};
use crate::{
    library::Integration,
    platform::{
        pipeline::{Call, Step, StepKind},
        resource::Noun,
    },
    syntax::ast::ExprKind,
};

/// Names that stand for others, or that every call may raise.
const ALWAYS: &[&str] = &[
    "States.ALL",
    "States.TaskFailed",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.DataLimitExceeded",
    "States.Runtime",
];

impl Builder<'_, '_> {
    /// Whether an error of that name can come out of these steps.
    pub(super) fn can_raise(&self, steps: &[Step], name: &str) -> bool {
        steps.iter().any(|step| self.step_raises(step, name))
    }

    fn step_raises(&self, step: &Step, name: &str) -> bool {
        match &step.kind {
            StepKind::Call(call) => ALWAYS.contains(&name) || self.call_raises(call, name),
            StepKind::Parallel(_) => {
                matches!(name, "States.BranchFailed" | "States.NoChoiceMatched")
                    || ALWAYS.contains(&name)
                    || step
                        .blocks()
                        .into_iter()
                        .any(|block| fails_with(block, name) || self.can_raise(block, name))
            }
            StepKind::For(each) => match &each.distributed {
                Some(own) => match name {
                    "States.ItemReaderFailed" => own.reader.is_some(),
                    "States.ResultWriterFailed" => own.writer.is_some(),
                    _ => name == "States.ExceedToleratedFailureThreshold" || ALWAYS.contains(&name),
                },
                None => {
                    name == "States.NoChoiceMatched"
                        || ALWAYS.contains(&name)
                        || fails_with(&each.body, name)
                        || self.can_raise(&each.body, name)
                }
            },
            StepKind::Try(body, catches) => {
                let shielded = catches.iter().any(|catch| {
                    catch.errors.is_empty()
                        || catch.errors.iter().any(|known| {
                            known == name || known == "States.TaskFailed" && attempt::is_failure(name)
                        })
                });
                (!shielded && self.can_raise(body, name))
                    || catches.iter().any(|catch| self.can_raise(&catch.body, name))
            }
            _ => step.blocks().into_iter().any(|block| self.can_raise(block, name)),
        }
    }

    fn call_raises(&self, call: &Call, name: &str) -> bool {
        let Some(integration) = self.integration_of(call) else { return true };
        let resource = call.start.resource.as_str();
        // Whoever ends such a call may name the error as he likes.
        if resource.ends_with(".waitForTaskToken") {
            return true;
        }
        if names_its_own(integration) {
            return name != "States.HeartbeatTimeout" || call.heartbeat.is_some();
        }
        if name.starts_with("States.") {
            return match name {
                // A job has a time of its own.
                "States.Timeout" => {
                    call.timeout.is_some() || call.heartbeat.is_some() || resource.contains(".sync")
                }
                "States.HeartbeatTimeout" => call.heartbeat.is_some(),
                _ => false,
            };
        }
        let Some((prefix, _)) = name.split_once('.') else { return false };
        let known = attempt::errors(integration);
        let ends_so = call.poll.as_ref().is_some_and(|poll| poll.error == name);
        if ends_so || known.iter().any(|one| one == name) {
            return true;
        }
        let same = |one: &SmolStr| one.split_once('.').is_some_and(|(other, _)| other == prefix);
        if known.iter().any(same) {
            // The service has more errors than the library names; but those that it names elsewhere it would name here.
            let elsewhere = self.library.integrations.iter().flat_map(attempt::errors);
            return !elsewhere.into_iter().any(|one| one == name);
        }
        let spelled = |one: &SmolStr| one.split_once('.').is_some_and(|(other, _)| is_same(other, prefix));
        if known.iter().any(spelled) {
            return false;
        }
        services(call).any(|service| is_same(service, prefix))
    }

    /// What the library says of a call.
    fn integration_of(&self, call: &Call) -> Option<&Integration> {
        let name = match (call.runs, call.callee) {
            (Some(_), _) => "run",
            (None, Some(callee)) => {
                let Noun::Function(at) = self.context.platform.resource(callee).noun else { return None };
                let function = self.context.platform.functions.get(at as usize)?;
                return Some(self.library.integration(function.integration.integration));
            }
            (None, None) => call.function.as_str(),
        };
        Some(self.library.integration(self.library.integration_named(name)?))
    }

    /// The names that the library has for the errors of what is called in these steps, each once.
    pub(super) fn raised_names(&self, steps: &[Step]) -> Vec<SmolStr> {
        let mut names = Vec::new();
        self.collect_raised(steps, &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    fn collect_raised(&self, steps: &[Step], names: &mut Vec<SmolStr>) {
        for step in steps {
            if let StepKind::Call(call) = &step.kind
                && let Some(integration) = self.integration_of(call)
            {
                names.extend(attempt::errors(integration));
            }
            step.blocks().into_iter().for_each(|block| self.collect_raised(block, names));
        }
    }
}

/// Whether what is called names its errors itself: a program of the user's own.
fn names_its_own(integration: &Integration) -> bool {
    let property = integration.properties.get("own_errors").map(|expr| &expr.kind);
    matches!(property, Some(ExprKind::Bool(true)))
}

/// The services that a call asks, as Step Functions spells them.
fn services(call: &Call) -> impl Iterator<Item = &str> {
    let poll = call.poll.iter().map(|poll| &poll.request);
    let requests = std::iter::once(&call.start).chain(poll).chain(&call.fetch);
    requests.filter_map(|request| {
        let resource = request.resource.as_str();
        resource.strip_prefix("aws-sdk:").unwrap_or(resource).split(':').next()
    })
}

/// Whether two spellings are of one service.
fn is_same(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    letters(a) == letters(b)
}

/// Whether these steps fail with that name, inside a branch or a loop, where that can be caught around it.
fn fails_with(steps: &[Step], name: &str) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Fail(error, _) => error == name,
        StepKind::For(each) if each.distributed.is_some() => false,
        _ => step.blocks().into_iter().any(|block| fails_with(block, name)),
    })
}

/// Whether another pipeline is run in these steps.
pub(super) fn runs_another(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Call(call) => call.runs.is_some(),
        _ => step.blocks().into_iter().any(runs_another),
    })
}
