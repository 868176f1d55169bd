//! Operations that answer as soon as something has begun: whoever calls one must not take it for done.

use super::{Call, fault};
use crate::{
    library::{Integration, models, types::constant_text},
    source::Span,
};

/// How the operations begin that only begin something.
const BEGINNINGS: &[&str] = &["Start", "Submit"];

pub(super) fn check(call: &mut Call<'_>, service: &str, operation: &str, span: Span) {
    let waits = |one: &&Integration| starts(one, service, operation);
    if let Some(integration) = call.platform.library.integrations.iter().find(waits) {
        call.diagnostics.push(fault::has_only_begun(span, operation, Some(&integration.name)));
        return;
    }
    let answers = call.model.operation(operation).is_some_and(|operation| operation.answers.is_some());
    let begins = BEGINNINGS.iter().any(|word| operation.starts_with(word));
    if begins && answers && call.function.result.is_none() {
        call.diagnostics.push(fault::has_only_begun(span, operation, None));
    }
}

/// Whether an integration makes that request and waits for what it begins.
fn starts(integration: &Integration, service: &str, operation: &str) -> bool {
    let request = integration.properties.get("request").and_then(constant_text).unwrap_or_default();
    let waits = request.contains(".sync") || integration.properties.contains_key("poll");
    let request = request.strip_prefix("aws-sdk:").unwrap_or(&request);
    let Some((of, rest)) = request.split_once(':').filter(|_| waits) else { return false };
    let started = rest.split('.').next().unwrap_or_default();
    // A service that botocore names otherwise is known by the operation.
    let of = of.replace('-', "");
    let foreign = !models::services().any(|name| name.replace('-', "") == of);
    started.eq_ignore_ascii_case(operation) && (foreign || of == service.replace('-', ""))
}
