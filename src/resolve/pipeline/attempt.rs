//! `try` and `catch`.

use smol_str::SmolStr;

use super::{Builder, fault, raised, statement::Block};
use crate::{
    diagnostic::{Diagnostic, Fix},
    library::{Integration, models, types::constant_text},
    platform::{
        Base, DataType, SchemaId, Value, ValueKind,
        pipeline::{Catch, Origin, Step, StepKind},
    },
    resolve::{index, scope::dotted},
    source::Span,
    suggest,
    syntax::ast::{self, ExprKind, Statement},
};

/// The errors that Step Functions itself raises and a `catch` can name.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
const STATES_ERRORS: &[&str] = &[
    "States.ALL",
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultWriterFailed",
    "States.TaskFailed",
    "States.Timeout",
];

/// Whether `States.TaskFailed` stands for an error too: it does for all but those of time and the ones that stand for others.
pub(super) fn is_failure(name: &str) -> bool {
    !matches!(name, "States.ALL" | "States.Timeout" | "States.HeartbeatTimeout")
}

/// The errors of Step Functions that no call raises, so that none is made again for them: of conditions, branches and loops.
const NOT_OF_CALLS: &[&str] = &[
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ResultWriterFailed",
];

/// The errors that end a run whatever is said of them. <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
const TERMINAL: &[&str] = &["States.DataLimitExceeded", "States.Runtime"];

/// The errors that any service raises beside those of its model, and the SDK itself. <https://docs.aws.amazon.com/awssupport/latest/APIReference/CommonErrors.html>
const SHARED_ERRORS: &[&str] = &[
    "AccessDeniedException",
    "InternalFailureException",
    "SdkClientException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationException",
];

/// The names that stand for (almost) every error.
const EVERY_ERROR: &[&str] = &["States.ALL", "States.TaskFailed"];

impl Builder<'_, '_> {
    /// `try`; the second answer is whether what stands behind it can be reached.
    pub(super) fn try_catch(
        &mut self,
        body: &[Statement],
        catches: &[ast::Catch],
    ) -> (Option<StepKind>, bool) {
        let tried = self.block(body);
        let mut branches = vec![(tried.open, tried.bound.clone())];
        let mut made: Vec<Catch> = Vec::with_capacity(catches.len());
        let mut all: Option<Span> = None;
        let mut before: Vec<(String, Span)> = Vec::new();
        for written in catches {
            match all {
                Some(first) => self.report(fault::catch_after_all(word_of(written), first)),
                None => self.check_caught_before(written, &mut before),
            }
            let (catch, block) = self.catch(written, &tried);
            branches.push((block.open, block.bound));
            if catch.errors.is_empty() {
                all = Some(word_of(written));
            }
            made.push(catch);
        }
        let goes_on = branches.iter().any(|(open, _)| *open);
        self.join(branches);
        (Some(StepKind::Try(tried.steps, made)), goes_on)
    }

    fn catch(&mut self, written: &ast::Catch, tried: &Block) -> (Catch, Block) {
        let errors: Vec<SmolStr> =
            written.errors.iter().map(|path| self.error_name(path, &tried.steps)).collect();
        let errors = if errors.iter().any(|error| error == "States.ALL") { Vec::new() } else { errors };
        self.names.open();
        let binding = written.binding.as_ref().map(|name| {
            let ty = self.error_type();
            self.bind(name, ty, Origin::Error)
        });
        let block = self.block(&written.body);
        self.names.close();
        self.check_end(written, &errors, &block);
        let catch = Catch { binding, errors, body: block.steps.clone(), span: written.span };
        (catch, block)
    }

    /// Reports names that an earlier `catch` of the same `try` is for already.
    fn check_caught_before(&mut self, written: &ast::Catch, before: &mut Vec<(String, Span)>) {
        for path in &written.errors {
            let name = dotted(path);
            let takes = |known: &str| known == name || (known == "States.TaskFailed" && is_failure(&name));
            match before.iter().find(|(known, _)| takes(known)) {
                Some((_, first)) => self.report(fault::caught_before(path.span, &name, *first)),
                None => before.push((name, path.span)),
            }
        }
    }

    /// The library's record `Error`.
    fn error_type(&self) -> DataType {
        let at = self.context.platform.schemas.iter().position(|schema| schema.name == "Error");
        at.map_or_else(
            || DataType::plain(Base::Json),
            |at| DataType::plain(Base::Record(SchemaId(index(at)))),
        )
    }

    /// Reports the errors that a retry is for and that it can't be for.
    pub(super) fn check_retried(&mut self, on: &Value) {
        let ValueKind::List(items) = &on.kind else { return };
        for item in items {
            let ValueKind::Text(name) = &item.kind else { continue };
            if TERMINAL.contains(&name.as_str()) {
                self.report(fault::never_retried(item.span, name, "it ends the run at once"));
            } else if NOT_OF_CALLS.contains(&name.as_str()) {
                self.report(fault::never_retried(item.span, name, "no call raises it"));
            } else if name.starts_with("States.") && !STATES_ERRORS.contains(&name.as_str()) {
                let near = suggest::nearest(name, STATES_ERRORS.iter().copied());
                let fix = near.map(|near| Fix { span: item.span, replacement: format!("\"{near}\"") });
                self.report(Diagnostic { fix, ..fault::unknown_error(item.span, name, near) });
            }
        }
    }

    fn error_name(&mut self, path: &ast::Path, tried: &[Step]) -> SmolStr {
        let name = SmolStr::new(dotted(path));
        if TERMINAL.contains(&name.as_str()) {
            self.report(fault::never_caught(path.span, &name));
        } else if is_unknown(&name) {
            let near = suggest::nearest(&name, STATES_ERRORS.iter().copied());
            self.report(fault::unknown_error(path.span, &name, near));
        }
        let mut known: Vec<SmolStr> = self.library.integrations.iter().flat_map(errors).collect();
        if let Some((prefix, _)) = name.split_once('.') {
            // A service may be spelled otherwise where the library calls it.
            let spelled = |known: &SmolStr| known.split_once('.').map(|(prefix, _)| SmolStr::from(prefix));
            let mut prefixes: Vec<SmolStr> = known.iter().filter_map(spelled).collect();
            prefixes.retain(|known| known.eq_ignore_ascii_case(prefix));
            prefixes.dedup();
            if prefixes.is_empty() {
                prefixes.push(prefix.into());
            }
            known.extend(prefixes.iter().flat_map(|prefix| self.modelled_errors(prefix)));
        }
        if let Some(near) = mistaken(&name, known) {
            self.report(fault::mistaken_error(path.span, &name, &near));
        } else if let Some(each) = only_distributed(tried).filter(|_| !name.starts_with("States.")) {
            self.report(fault::never_comes(path.span, &name, each));
        } else if let Some(fail) = own_fail(tried, &name) {
            self.report(fault::catches_own_fail(path.span, &name, fail));
        } else if self.can_raise(tried, "States.ALL") && !self.can_raise(tried, &name) && !is_unknown(&name) {
            let raised = self.raised_names(tried);
            self.report(fault::never_raised(path.span, &name, &raised, raised::runs_another(tried)));
        }
        name
    }

    /// The errors that AWS's model of a service has, and as the SDK's classes, which all end with `Exception`: integrations have either.
    fn modelled_errors(&self, prefix: &str) -> Vec<SmolStr> {
        let wanted = prefix.to_ascii_lowercase();
        let respelled = self.library.enums.iter().find(|one| one.name == "sdk_service");
        let respelled = respelled.and_then(|one| one.variants.iter().find(|word| word.spelling == wanted));
        let respelled = respelled.map(|word| word.name.replace('_', "-"));
        let service = respelled.or_else(|| {
            models::services().find(|name| name.replace('-', "") == wanted).map(ToOwned::to_owned)
        });
        let modelled = service.map(|service| models::errors(&service)).unwrap_or_default();
        if modelled.is_empty() {
            return Vec::new();
        }
        let mut names = Vec::new();
        for name in modelled.iter().chain(SHARED_ERRORS) {
            names.push(SmolStr::from(format!("{prefix}.{name}")));
            if !name.ends_with("Exception") {
                names.push(SmolStr::from(format!("{prefix}.{name}Exception")));
            }
        }
        names
    }

    /// A block that catches every error must not end in success: a failed run would be reported as a good one.
    fn check_end(&mut self, written: &ast::Catch, errors: &[SmolStr], block: &Block) {
        let every = errors.is_empty() || errors.iter().any(|error| EVERY_ERROR.contains(&error.as_str()));
        if !every {
            return;
        }
        if block.open && self.last {
            self.report(fault::ends_in_success(word_of(written)));
        } else if block.open || returns(&block.steps) {
            self.report(fault::swallowed(word_of(written)));
        }
    }
}

/// Whether a name is said to be Step Functions' and is none of theirs, which is reported already.
fn is_unknown(name: &str) -> bool {
    name.starts_with("States.") && !STATES_ERRORS.contains(&name)
}

/// The errors that an integration says its service raises.
pub(super) fn errors(integration: &Integration) -> Vec<SmolStr> {
    match integration.properties.get("errors").map(|expr| &expr.kind) {
        Some(ExprKind::List(names)) => names.iter().filter_map(constant_text).collect(),
        _ => Vec::new(),
    }
}

/// The error that a name is nearly one of, of the same service. Services have more errors than the library names, and functions have their own.
fn mistaken(name: &str, known: Vec<SmolStr>) -> Option<SmolStr> {
    let (service, error) = name.split_once('.')?;
    // What the SDK raises for all that its model does not name: `S3Exception`, in its first version `AmazonSNSException`, `AWSGlueException`.
    let general = error.strip_suffix("Exception").unwrap_or(error);
    let general = ["Amazon", "AWS"].iter().find_map(|owner| general.strip_prefix(owner)).unwrap_or(general);
    if general.eq_ignore_ascii_case(service) {
        return None;
    }
    let of_service =
        |one: &&SmolStr| one.split_once('.').is_some_and(|(other, _)| other.eq_ignore_ascii_case(service));
    if known.iter().any(|one| one == name) {
        return None;
    }
    let near = suggest::nearest(name, known.iter().filter(of_service).map(SmolStr::as_str))?;
    Some(near.into())
}

/// The word `catch`.
fn word_of(written: &ast::Catch) -> Span {
    Span::new(written.span.start, written.span.start.saturating_add(5))
}

/// Where these steps end the pipeline with that failure themselves: no `catch` around them sees it.
fn own_fail(steps: &[Step], name: &str) -> Option<Span> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Fail(error, _) => (error == name).then_some(step.span),
        StepKind::Choose(choice) => {
            let arms = choice.arms.iter().map(|arm| arm.body.as_slice());
            arms.chain(choice.otherwise.as_deref()).find_map(|body| own_fail(body, name))
        }
        StepKind::Try(body, catches) => {
            let handlers = catches.iter().map(|catch| catch.body.as_slice());
            std::iter::once(body.as_slice()).chain(handlers).find_map(|body| own_fail(body, name))
        }
        _ => None,
    })
}

/// The distributed loop among these steps where nothing else in them calls anything: its own errors are all that comes out of them.
fn only_distributed(steps: &[Step]) -> Option<Span> {
    let mut found = None;
    for step in steps {
        match &step.kind {
            StepKind::Call(_) => return None,
            StepKind::For(each) if each.distributed.is_some() => found = Some(step.span),
            _ => {
                for block in step.blocks().into_iter().filter(|block| calls(block)) {
                    found = Some(only_distributed(block)?);
                }
            }
        }
    }
    found
}

/// Whether anything is called in these steps.
fn calls(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Call(_) => true,
        StepKind::For(each) if each.distributed.is_some() => true,
        _ => step.blocks().into_iter().any(calls),
    })
}

/// Whether a way through these steps ends the pipeline in success.
fn returns(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Return(_) => true,
        StepKind::Choose(choice) => {
            choice.arms.iter().any(|arm| returns(&arm.body))
                || choice.otherwise.as_deref().is_some_and(returns)
        }
        StepKind::Try(body, catches) => returns(body) || catches.iter().any(|catch| returns(&catch.body)),
        _ => false,
    })
}
