//! What pipelines are allowed.

use crate::{
    access::requirement::{Place, requirements},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Capability, Platform, pipeline::UseTarget},
    source::Span,
};

/// An action that a call of AWS names can be taken on what it names: on anything else nothing would be allowed.
pub fn calls_are_allowed_something(platform: &Platform, diagnostics: &mut Diagnostics) {
    for function in &platform.functions {
        for (capability, on) in &function.allowed {
            if !requirements(platform, *capability, &Place::from(on)).is_empty() {
                continue;
            }
            let Capability::Action(action) = *capability else { continue };
            let action = platform.library.action(action);
            let prefix = &platform.library.service(action.service).prefix;
            let resource = platform.resource(function.resource);
            let what = match on {
                UseTarget::Resource(id) => format!("`{}`", platform.resource(*id).name),
                UseTarget::Arn(arn) => format!("`{arn}`"),
                _ => "a place in a bucket".to_owned(),
            };
            diagnostics.push(on_other_things(resource.span, &format!("{prefix}:{}", action.name), &what));
        }
    }
}

fn on_other_things(span: Span, action: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("`{action}` can't be taken on {what}"),
        "would be allowed nothing",
    )
    .help("say on what it is taken, as AWS's service authorization reference lists it")
}
