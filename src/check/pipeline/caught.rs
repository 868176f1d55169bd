//! Whether a `catch` waits for something that can come, and whether statements with blocks have anything in them.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Platform,
        pipeline::{Catch, Step, StepKind},
    },
    source::Span,
};

/// Something inside a `try` can raise an error that its `catch` sees.
pub fn caught_errors_can_come(platform: &Platform, diagnostics: &mut Diagnostics) {
    for pipeline in &platform.pipelines {
        super::each_step(&pipeline.body, &mut |step| {
            if let StepKind::Try(body, catches) = &step.kind
                && let Some(first) = catches.first()
                && !raise(body)
                && !diagnostics.has_error_within(step.span)
            {
                let inner = body.iter().find(|step| matches!(step.kind, StepKind::Try(..)));
                diagnostics.push(nothing_to_catch(first, inner.map(|step| step.span)));
            }
        });
    }
}

/// A statement with blocks has something in one of them.
pub fn statements_do_something(platform: &Platform, diagnostics: &mut Diagnostics) {
    for pipeline in &platform.pipelines {
        empty(&pipeline.body, diagnostics);
    }
}

/// Reports the outermost statements that do nothing.
fn empty(steps: &[Step], diagnostics: &mut Diagnostics) {
    for step in steps {
        let word = match &step.kind {
            StepKind::Choose(choice) if choice.by_value => "match",
            StepKind::Choose(_) => "if",
            StepKind::For(_) => "for",
            StepKind::Parallel(_) => "parallel",
            _ => "",
        };
        if does_something(step) {
            step.blocks().into_iter().for_each(|block| empty(block, diagnostics));
        } else if !diagnostics.has_error_within(step.span) {
            diagnostics.push(does_nothing(step.span, word));
        }
    }
}

fn does_something(step: &Step) -> bool {
    match &step.kind {
        StepKind::Choose(_) | StepKind::For(_) | StepKind::Parallel(_) | StepKind::Try(..) => {
            step.blocks().into_iter().flatten().any(does_something)
        }
        _ => true,
    }
}

fn does_nothing(span: Span, word: &str) -> Diagnostic {
    let length = u32::try_from(word.len()).unwrap_or_default();
    Diagnostic::warning(
        catalogue::NOTHING_DONE,
        Span::new(span.start, span.start.saturating_add(length)),
        format!("this `{word}` does nothing, whatever comes"),
        "nothing in it",
    )
    .help("put something into it, or leave it out; no state is made of it")
}

/// Whether steps raise an error that is not caught inside them. Calls, branches and loops do; conditions and pauses raise none that can be caught,
/// and `fail` ends the pipeline.
fn raise(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Call(_) | StepKind::Parallel(_) | StepKind::For(_) => true,
        StepKind::Try(body, catches) => {
            let shielded = catches.iter().any(|catch| catch.errors.is_empty());
            (!shielded && raise(body)) || catches.iter().any(|catch| raise(&catch.body))
        }
        _ => step.blocks().into_iter().any(raise),
    })
}

fn nothing_to_catch(catch: &Catch, inner: Option<Span>) -> Diagnostic {
    let word = Span::new(catch.span.start, catch.span.start.saturating_add(5));
    let diagnostic = Diagnostic::error(
        catalogue::UNREACHABLE,
        word,
        "this `catch` is never taken",
        "nothing inside the `try` raises an error that comes here",
    );
    match inner {
        Some(inner) => diagnostic
            .related(Span::new(inner.start, inner.start.saturating_add(3)), "every error is caught in here")
            .help("leave one of the two out, or say which errors the inner `catch` is for: `catch error as Name.Of.Error`"),
        None => diagnostic.help("leave `try` and `catch` out: only calls, `parallel` and `for` raise errors that can be caught"),
    }
}
