//! Functions and pipelines.
//!
//! | file | asks |
//! | --- | --- |
//! | `size.rs`, `payload.rs` | how large values get, and whether they pass from state to state |
//! | `history.rs` | how many events a run writes down |
//! | `time.rs` | whether what is waited for fits into the pipeline's time |
//! | `by_name/` | whether calls by botocore's names are ones that AWS takes |
//! | `again.rs` | whether what is made again may be |
//! | `caught.rs` | whether what a `catch` waits for can come, and whether there is anything in a block |

mod again;
mod by_name;
mod caught;
mod history;
mod payload;
mod size;
mod time;

pub use again::retried_functions_can_be_retried;
pub use by_name::calls_by_name_are_ones_that_aws_takes;
pub use caught::{caught_errors_can_come, statements_do_something};
pub use history::histories_have_room;
pub use payload::values_fit_between_states;
pub use time::runs_fit_into_their_time;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ValueKind, pipeline::Step},
    source::Span,
};

/// Looks at every step, in the order of the program.
fn each_step<'s>(steps: &'s [Step], look: &mut impl FnMut(&'s Step)) {
    for step in steps {
        look(step);
        for block in step.blocks() {
            each_step(block, look);
        }
    }
}

/// One of the standard library's limits.
fn limit(platform: &Platform, name: &str) -> Option<u64> {
    platform.library.limits.get(name).and_then(|limit| u64::try_from(*limit).ok())
}

/// A number with its thousands apart: `262,144`.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A function returns a value only where its service does.
pub fn functions_return_what_their_service_returns(platform: &Platform, diagnostics: &mut Diagnostics) {
    for function in &platform.functions {
        let integration = platform.library.integration(function.integration.integration);
        if function.result.is_some() && !integration.properties.contains_key("output") {
            let resource = platform.resource(function.resource);
            diagnostics.push(loses_result(resource.span, &resource.name, &integration.name));
        }
    }
}

/// A warehouse is a cluster, or a serverless workgroup.
pub fn warehouses_can_be_reached(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("warehouse") {
        let given = |name: &str| platform.field(id, name).is_some_and(|value| value.kind != ValueKind::None);
        match (given("cluster"), given("workgroup")) {
            (false, false) => diagnostics.push(unreachable_warehouse(resource.span, &resource.name)),
            (true, true) => diagnostics.push(doubled_warehouse(resource.span, &resource.name)),
            _ => {}
        }
    }
}

fn unreachable_warehouse(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        format!("the warehouse `{name}` is neither a cluster nor a workgroup"),
        "where is it?",
    )
    .help("add `cluster = \"its-identifier\"`, or `workgroup` with the workgroup's ARN")
}

fn doubled_warehouse(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_FIELD,
        span,
        format!("the warehouse `{name}` is a cluster and a workgroup at once"),
        "which of them?",
    )
    .help("leave `cluster` or `workgroup` out")
}

fn loses_result(span: Span, name: &str, integration: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::LOSES_RESULT,
        span,
        format!("`{name}` is declared with a result, and `{integration}` returns none"),
        "nobody would get its result",
    )
    .help("leave the result out, and let it write where it is told: give it a `location`")
}
