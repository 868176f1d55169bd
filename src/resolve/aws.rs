//! What a call of AWS by botocore's names is allowed: the actions it takes and what they are taken on, each as narrow as the program says.

use std::sync::Arc;

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{ActionId, Integration, models},
    platform::{Capability, Location, Value, ValueKind, pipeline::UseTarget, value::IntegrationUse},
    source::Span,
};

/// The fields of a call as its declaration gives them.
struct Fields<'f> {
    integration: &'f Integration,
    values: &'f [Option<Value>],
}

impl Fields<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let at = self.integration.params.iter().position(|param| param.name == name)?;
        self.values.get(at)?.as_ref()
    }

    fn text(&self, name: &str) -> Option<(SmolStr, Span)> {
        match self.value(name) {
            Some(Value { kind: ValueKind::Text(text), span }) => Some((text.clone(), *span)),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[Value] {
        match self.value(name).map(|value| &value.kind) {
            Some(ValueKind::List(items)) => items,
            _ => &[],
        }
    }
}

impl Context<'_> {
    /// What a declared call takes; nothing where its integration says so itself.
    pub(super) fn allowed(&mut self, used: &IntegrationUse, written: Span) -> Vec<(Capability, UseTarget)> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(used.integration);
        if integration.name != "aws" {
            return Vec::new();
        }
        let fields = Fields { integration, values: &used.fields };
        let Some(actions) = self.actions(&fields) else { return Vec::new() };
        let anywhere =
            matches!(fields.value("anywhere").map(|value| &value.kind), Some(ValueKind::Bool(true)));
        let on = fields.list("on");
        let mut targets: Vec<(UseTarget, SmolStr)> = Vec::new();
        for value in on {
            match self.target_of(value) {
                Some(target) => targets.push(target),
                None => return Vec::new(),
            }
        }
        let mut allowed = Vec::new();
        for (text, span) in actions {
            let known = self.known_action(&text);
            let limited = known.map(|id| !self.library.action(id).types.is_empty());
            match (limited, targets.is_empty()) {
                (Some(false), _) => allowed.extend(known.map(|id| (Capability::Action(id), UseTarget::Any))),
                (Some(true), true) | (None, true) if !anywhere => {
                    // What was to be said may be what is wrong.
                    if !self.diagnostics.has_error_within(written) {
                        self.diagnostics.push(on_nothing(span, &text));
                    }
                }
                (Some(true), _) if anywhere => self.diagnostics.push(can_be_limited(span, &text)),
                (Some(true), _) => allowed.extend(
                    targets
                        .iter()
                        .flat_map(|(target, _)| known.map(|id| (Capability::Action(id), target.clone()))),
                ),
                (None, _) => {
                    let arns: Vec<SmolStr> = targets.iter().map(|(_, arn)| arn.clone()).collect();
                    let Some(id) = self.learn(&text, &arns) else { continue };
                    let capability = Capability::Action(id);
                    if arns.is_empty() {
                        allowed.push((capability, UseTarget::Any));
                    }
                    allowed.extend(arns.into_iter().map(|arn| (capability, UseTarget::Arn(arn))));
                }
            }
        }
        allowed
    }

    /// The actions, in IAM's spelling: those given, or the one of the operation's name, where the library knows it.
    fn actions(&mut self, fields: &Fields<'_>) -> Option<Vec<(SmolStr, Span)>> {
        let given = fields.list("actions");
        if given.is_empty() {
            let (service, _) = fields.text("service")?;
            let (operation, span) = fields.text("operation")?;
            let text = SmolStr::from(format!("{service}:{operation}"));
            if self.known_action(&text).is_none() {
                if !exists(&service, &operation) {
                    // Which is said where requests are looked at.
                    return None;
                }
                self.diagnostics.push(unknown_action(span, &service, &operation));
                return None;
            }
            return Some(vec![(text, span)]);
        }
        let mut actions = Vec::with_capacity(given.len());
        for value in given {
            let ValueKind::Text(text) = &value.kind else { return None };
            if !is_action(text) {
                self.diagnostics.push(no_action(value.span, text));
                return None;
            }
            actions.push((text.clone(), value.span));
        }
        Some(actions)
    }

    fn known_action(&self, text: &str) -> Option<ActionId> {
        let (prefix, name) = text.split_once(':')?;
        let at = self.library.services.iter().position(|service| service.prefix == prefix)?;
        self.library.action_named(crate::library::ServiceId(super::index(at)), name)
    }

    /// An action that the library does not have, for this program.
    fn learn(&mut self, text: &str, arns: &[SmolStr]) -> Option<ActionId> {
        let (prefix, name) = text.split_once(':')?;
        let id = Arc::make_mut(&mut self.library).learn(prefix, name, arns);
        self.platform.library = Arc::clone(&self.library);
        Some(id)
    }

    /// What an action is taken on, and its ARN.
    fn target_of(&mut self, value: &Value) -> Option<(UseTarget, SmolStr)> {
        match &value.kind {
            ValueKind::Text(arn) if is_wide(arn) => {
                self.diagnostics.push(too_wide(value.span, arn));
                None
            }
            ValueKind::Text(arn) => Some((UseTarget::Arn(arn.clone()), arn.clone())),
            ValueKind::Location(location) => {
                Some((UseTarget::Location(location.clone()), self.arn_of_place(location)))
            }
            ValueKind::Ref(id) => {
                let resource = self.platform.resource(*id);
                let Some(arn) = resource.arn.clone() else {
                    let diagnostic = without_arn(value.span, &resource.name, resource.span);
                    self.diagnostics.push(diagnostic);
                    return None;
                };
                Some((UseTarget::Resource(*id), arn))
            }
            _ => None,
        }
    }

    fn arn_of_place(&self, location: &Location) -> SmolStr {
        let bucket = &self.platform.resource(location.bucket).physical;
        let partition = self.platform.project.partition();
        SmolStr::from(format!("arn:{partition}:s3:::{bucket}/{}/*", location.key))
    }
}

/// Whether AWS has an operation, as far as its models are known.
fn exists(service: &str, operation: &str) -> bool {
    models::has_operation(service, operation)
        .unwrap_or_else(|| models::services().any(|name| name == service))
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(prefix, name)| {
        !prefix.is_empty()
            && !name.is_empty()
            && prefix
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// Whether an ARN stands for more than what is below one named thing.
fn is_wide(arn: &str) -> bool {
    let wild = |part: &str| part.contains(['*', '?']);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, region, account, resource] = parts.as_slice() else { return true };
    if [partition, service, region, account].into_iter().any(|part| wild(part)) {
        return true;
    }
    let Some(known) = resource.strip_suffix('*') else { return wild(resource) };
    // Behind the type there is a name, of which the rest is below; buckets have no type before their names.
    let names = known.split(['/', ':']).filter(|name| !name.is_empty()).count();
    let whole = known.ends_with(['/', ':']);
    wild(known) || !whole || names < if *service == "s3" { 1 } else { 2 }
}

fn unknown_action(span: Span, service: &str, operation: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("which action of IAM `{operation}` takes does not follow from its name"),
        "not known",
    )
    .help(format!(
        "say it, as AWS's service authorization reference does: `actions = [\"{service}:{operation}\"]`"
    ))
}

fn no_action(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error(catalogue::AWS_CALL, span, format!("`{text}` is no action of IAM"), "no action")
        .help("write the service's prefix and the action, without `*`: `ssm:GetParameter`")
}

fn on_nothing(span: Span, action: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("nothing says on what `{action}` is taken, and everything is no answer"),
        "on what?",
    )
    .help("add `on = [ … ]` with declarations, places or ARNs; `anywhere = true` only where AWS has no resource-level permission for it")
}

fn can_be_limited(span: Span, action: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("`{action}` can be limited to resources"),
        "not everywhere",
    )
    .help("leave `anywhere` out, and say on which: `on = [ … ]`")
}

fn too_wide(span: Span, arn: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("`{arn}` stands for more than one thing and what is below it"),
        "too wide",
    )
    .help("name it; `*` may stand at the end only, behind the name of what it is below: `log-group:shop:*`")
}

fn without_arn(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_CALL,
        span,
        format!("what `{name}` is called in AWS is not known before it is made"),
        "has no ARN",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help("write its ARN as text")
}
