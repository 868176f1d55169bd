//! How a call is made again, and how long it may take.

use super::{Builder, fault};
use crate::{
    library::Library,
    platform::{Construct, Value, ValueKind, pipeline::Retry},
    source::Span,
    syntax::ast::{CallPolicy, Expr, ExprKind},
};

/// What stands behind a call, resolved.
#[derive(Default)]
pub(super) struct Policy {
    /// How it is made again.
    pub(super) retry: Vec<Retry>,
    /// Longest time in seconds.
    pub(super) timeout: Option<u64>,
    /// Longest silence in seconds.
    pub(super) heartbeat: Option<u64>,
}

impl Builder<'_, '_> {
    /// What stands behind a call, with the pipeline's own retry where the call has none.
    pub(super) fn policy(&mut self, written: &CallPolicy) -> Policy {
        let retry = match &written.retry {
            Some(expr) => self.retry(expr),
            None => self.retry.clone(),
        };
        let timeout = written.timeout.as_ref().and_then(|expr| self.seconds(expr, "a timeout"));
        let heartbeat = written.heartbeat.as_ref().and_then(|expr| self.seconds(expr, "a heartbeat"));
        if let (Some(timeout), Some(heartbeat), Some(expr)) = (timeout, heartbeat, &written.heartbeat)
            && heartbeat >= timeout
        {
            self.report(fault::heartbeat_too_long(expr.span));
        }
        Policy { retry: retry.into_iter().collect(), timeout, heartbeat }
    }

    fn retry(&mut self, expr: &Expr) -> Option<Retry> {
        let constructor = self.library.constructors_named("attempts").first().copied()?;
        let family = self.library.constructor(constructor).family;
        let construct = self.context.construct(self.file, expr, family)?;
        self.retried_errors(&construct);
        retry_of(&self.library, &construct)
    }

    /// Reports the errors that a policy names in vain.
    pub(super) fn retried_errors(&mut self, construct: &Construct) {
        let constructor = self.library.constructor(construct.constructor);
        let at = constructor.fields.iter().position(|field| field.name == "on");
        let on = at.and_then(|at| construct.fields.get(at)).and_then(Option::as_ref).cloned();
        on.iter().for_each(|on| self.check_retried(on));
    }

    /// A constant duration in seconds.
    pub(super) fn seconds(&mut self, expr: &Expr, what: &str) -> Option<u64> {
        match expr.kind {
            ExprKind::Duration(milliseconds) if milliseconds >= 1000 && milliseconds % 1000 == 0 => {
                Some(milliseconds / 1000)
            }
            ExprKind::Duration(_) => {
                self.report(fault::duration_too_short(expr.span, what));
                None
            }
            ExprKind::Error => None,
            _ => {
                self.report(fault::no_duration(expr.span, what));
                None
            }
        }
    }

    /// Warns where the waits between a call's attempts do not fit into the pipeline's timeout, or where its attempts can't.
    /// One whose end is asked for has its time once: what has begun is not begun again.
    pub(super) fn check_retries(&mut self, policy: &Policy, polled: bool, own: Option<Span>, span: Span) {
        let Some(whole) = self.timeout else { return };
        let Some(retry) = policy.retry.first() else { return };
        // Of the pipeline's own retries that is said where they stand.
        if own.is_none() && waits(retry) > whole {
            return;
        }
        let attempts = if polled { 1 } else { u64::from(retry.attempts).saturating_add(1) };
        let running = policy.timeout.unwrap_or(0).saturating_mul(attempts);
        let total = waits(retry).saturating_add(running);
        if total > whole {
            self.report(fault::retries_outlast(own.unwrap_or(span), "this call", total, whole));
        }
    }

    /// The same of the retries that hold for every call which has none of its own.
    pub(super) fn check_own_retries(&mut self, span: Span) {
        if let (Some(whole), Some(retry)) = (self.timeout, &self.retry) {
            let total = waits(retry);
            if total > whole {
                self.report(fault::retries_outlast(span, "each call", total, whole));
            }
        }
    }
}

/// Seconds that the waits between all attempts take together.
fn waits(retry: &Retry) -> u64 {
    let backoff: f64 = retry.backoff.parse().unwrap_or(1.0);
    let mut wait = retry.every as f64;
    let mut total = 0.0;
    for _ in 0..retry.attempts.min(10_000) {
        total += wait;
        wait = retry.max_delay.map_or(wait * backoff, |most| (wait * backoff).min(most as f64));
    }
    if total >= MOST_SECONDS { u64::MAX } else { total as u64 }
}

/// More than any timeout that there is.
const MOST_SECONDS: f64 = 1e12;

/// The value of `attempts(…)`.
pub(super) fn retry_of(library: &Library, construct: &Construct) -> Option<Retry> {
    let constructor = library.constructor(construct.constructor);
    let field = |name: &str| -> Option<&Value> {
        let at = constructor.fields.iter().position(|field| field.name == name)?;
        construct.fields.get(at)?.as_ref()
    };
    let seconds = |name: &str| match field(name).map(|value| &value.kind) {
        Some(ValueKind::Duration(milliseconds)) => Some(milliseconds.div_ceil(1000).max(1)),
        _ => None,
    };
    let attempts = match field("times").map(|value| &value.kind) {
        Some(ValueKind::Int(times)) => u32::try_from(*times).ok()?,
        _ => return None,
    };
    let backoff = match field("backoff").map(|value| &value.kind) {
        Some(ValueKind::Decimal(text)) => text.clone(),
        Some(ValueKind::Int(number)) => number.to_string().into(),
        _ => "2.0".into(),
    };
    let errors = match field("on").map(|value| &value.kind) {
        Some(ValueKind::List(items)) => items
            .iter()
            .filter_map(|item| match &item.kind {
                ValueKind::Text(name) => Some(name.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let errors = if errors.is_empty() { vec!["States.ALL".into()] } else { errors };
    let jitter = matches!(field("jitter").map(|value| &value.kind), Some(ValueKind::Bool(true)));
    Some(Retry {
        errors,
        attempts,
        every: seconds("every")?,
        backoff,
        max_delay: seconds("max_delay"),
        jitter,
    })
}
