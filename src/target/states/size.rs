//! Whether AWS takes a state machine.

use super::{create, machine};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Pipeline, Platform},
    source::Span,
};

/// Reports the pipelines whose state machine is too large for the request that makes it: 1 MB with the request's headers, of which the definition
/// may take all but those. <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
pub fn machines_fit(platform: &Platform, diagnostics: &mut Diagnostics) {
    let limit =
        platform.library.limits.get("machine_definition").and_then(|limit| usize::try_from(*limit).ok());
    let Some(limit) = limit else { return };
    let large = platform.pipelines.iter().filter(|pipeline| source_bytes(pipeline) >= SMALLEST);
    for pipeline in large {
        let request = create(platform, pipeline, &machine(platform, pipeline)).input.to_string();
        let bytes = request.len() + HEADERS;
        if bytes > limit {
            let resource = platform.resource(pipeline.resource);
            diagnostics.push(too_large(resource.span, &resource.name, bytes, limit));
        }
    }
}

/// The most bytes of a request's headers: its signature, and a session's token.
const HEADERS: usize = 4096;
/// A pipeline of fewer bytes of text has a machine that fits: a statement's state takes less than a hundred times its text.
const SMALLEST: u32 = 8192;

/// The bytes of a pipeline's statements.
fn source_bytes(pipeline: &Pipeline) -> u32 {
    let (Some(first), Some(last)) = (pipeline.body.first(), pipeline.body.last()) else { return 0 };
    last.span.end.saturating_sub(first.span.start)
}

fn too_large(span: Span, name: &str, bytes: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(
        catalogue::DEFINITION,
        span,
        format!(
            "the request that makes the state machine of `{name}` takes {bytes} bytes, and AWS takes {limit}"
        ),
        "too large for one state machine",
    )
    .help("do parts of it in pipelines of their own: `run other(…)`")
}
