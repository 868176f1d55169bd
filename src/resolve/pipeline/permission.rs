//! What a call needs to be allowed, as the standard library says: `allow(on, service.Action, …)` for the pipeline's own role, where a capability
//! of buckets may stand for the action and `object(place)` is the one object there,
//! `allow_role(role, place, capability, …)` for a role that a service takes on for it.

use super::{
    Builder, fault,
    template::{Fault, Item, Template},
};
use crate::{
    library::Integration,
    platform::{
        Base, Capability, Location, ResourceId, Value, ValueKind,
        pipeline::{Expression, ExpressionKind, Use, UseTarget, User},
    },
    source::Span,
    syntax::ast::{Arg, Expr, ExprKind},
};

/// A permission, or a place of which nobody knows where it is.
pub(super) enum Permission {
    Known(Use),
    UnknownPlace,
}

impl Permission {
    /// Has another role take it.
    pub(super) fn taken_by(&mut self, role: User) {
        if let Self::Known(known) = self {
            known.who = role;
        }
    }
}

impl Builder<'_, '_> {
    /// The permissions that an integration's declaration asks for: in any case, where the call is waited for without a callback, and where a rule
    /// of EventBridge tells of its end.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-cross-acct-sync-pattern.html>
    pub(super) fn permissions(
        &self,
        template: &Template<'_>,
        integration: &Integration,
        who: User,
        awaited: bool,
    ) -> Result<Vec<Permission>, Fault> {
        // In another account the end is asked for again and again, and no rule tells of it.
        let names: &[&str] = match (awaited, who) {
            (true, _) => &["permissions"],
            (false, User::Pipeline) => &["permissions", "sync_permissions", "rule_permissions"],
            (false, _) => &["permissions", "sync_permissions"],
        };
        let mut all = Vec::new();
        for name in names.iter().copied() {
            all.extend(self.allowed_by(template, integration.properties.get(name), who)?);
        }
        Ok(all)
    }

    /// The permissions that a list of the library asks for.
    pub(super) fn allowed_by(
        &self,
        template: &Template<'_>,
        list: Option<&Expr>,
        who: User,
    ) -> Result<Vec<Permission>, Fault> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let ExprKind::List(items) = &list.kind else { return Err(misread(list.span)) };
        let declared = template.declared.iter().flat_map(|function| &function.allowed);
        let mut all = Vec::new();
        for item in items {
            if matches!(&item.kind, ExprKind::Name(word) if word == "allow_declared") {
                all.extend(declared.clone().map(|(capability, on)| {
                    self.permission(who, *capability, Some(on.clone()), template.span)
                }));
                continue;
            }
            let ExprKind::Call(callee, args) = &item.kind else { return Err(misread(item.span)) };
            match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(word), [on, actions @ ..]) if word == "allow" => {
                    let Some(target) = self.use_target(template, &on.value)? else { continue };
                    for action in actions {
                        let capability = match action.value.kind {
                            ExprKind::Name(_) => self.capability_on(&target, &action.value)?,
                            _ => self.action(&action.value)?,
                        };
                        all.push(self.permission(who, capability, target.clone(), template.span));
                    }
                }
                (ExprKind::Name(word), [role, on, capabilities @ ..]) if word == "allow_role" => {
                    let Some(role) = role_of(template, role)? else { continue };
                    let Some(target) = self.use_target(template, &on.value)? else { continue };
                    for capability in capabilities {
                        let capability = self.capability(&capability.value)?;
                        all.push(self.permission(
                            User::Role(role),
                            capability,
                            target.clone(),
                            template.span,
                        ));
                    }
                }
                _ => return Err(misread(item.span)),
            }
        }
        Ok(all)
    }

    fn permission(&self, who: User, capability: Capability, on: Option<UseTarget>, span: Span) -> Permission {
        match on {
            Some(on) => Permission::Known(Use { who, capability, on, span }),
            None => Permission::UnknownPlace,
        }
    }

    /// Takes the permissions over, or reports the place that is not known.
    pub(super) fn take(&mut self, permissions: Vec<Permission>, span: Span) {
        // A test makes no calls: it speaks of them.
        if self.testing {
            return;
        }
        let mut unknown = false;
        for permission in permissions {
            match permission {
                Permission::Known(one) => self.uses.push(one),
                Permission::UnknownPlace => unknown = true,
            }
        }
        if unknown {
            self.report(fault::unknown_place(span));
        }
    }

    /// What a permission is on: `None` outside where it comes out as nothing, `None` inside where it is a place that nobody knows.
    #[expect(clippy::option_option, reason = "left out, not known, and known are three answers")]
    fn use_target(&self, template: &Template<'_>, expr: &Expr) -> Result<Option<Option<UseTarget>>, Fault> {
        if matches!(&expr.kind, ExprKind::Name(word) if word == "any") {
            return Ok(Some(Some(UseTarget::Any)));
        }
        if let ExprKind::Call(callee, args) = &expr.kind
            && let (ExprKind::Name(word), [place]) = (&callee.kind, args.as_slice())
            && word == "object"
        {
            let place = template.expression(&place.value)?;
            return Ok(place.map(|place| self.object_target(&place)));
        }
        let item = template.item(expr)?;
        if let Item::Value(Value { kind: ValueKind::Ref(id), .. }) = &item {
            return Ok(Some(Some(UseTarget::Resource(*id))));
        }
        if let Item::Value(Value { kind: ValueKind::Location(location), .. }) = &item {
            return Ok(Some(Some(UseTarget::Location(location.clone()))));
        }
        let Some(expression) = template.data(item, expr.span)? else { return Ok(None) };
        Ok(Some(match (&expression.kind, &expression.ty.base) {
            (ExpressionKind::Text(arn), Base::String) => Some(UseTarget::Arn(arn.clone())),
            _ => self.place_target(&expression),
        }))
    }

    /// A place as far as its key is known: whole folders where it goes on behind a `/`.
    fn place_target(&self, place: &Expression) -> Option<UseTarget> {
        let (bucket, key, whole) = self.known_place(place)?;
        let location = |key: &str| Location { bucket, key: key.into() };
        Some(match key.strip_suffix('/') {
            Some(folder) => UseTarget::Location(location(folder)),
            None if whole || key.is_empty() => UseTarget::Location(location(&key)),
            None => UseTarget::Prefix(location(&key)),
        })
    }

    /// One object, as far as its key is known.
    fn object_target(&self, place: &Expression) -> Option<UseTarget> {
        let (bucket, key, _) = self.known_place(place)?;
        Some(UseTarget::Prefix(Location { bucket, key: key.into() }))
    }

    fn action(&self, expr: &Expr) -> Result<Capability, Fault> {
        let found = match &expr.kind {
            ExprKind::Field(service, action) => match &service.kind {
                ExprKind::Name(service) => self
                    .library
                    .service_named(service)
                    .and_then(|service| self.library.action_named(service, &action.name)),
                _ => None,
            },
            _ => None,
        };
        found
            .map(Capability::Action)
            .ok_or_else(|| Fault { span: expr.span, why: "no service declares this action".into() })
    }

    /// A capability on the kind of what is declared, or on buckets where it is a place.
    fn capability_on(&self, target: &Option<UseTarget>, expr: &Expr) -> Result<Capability, Fault> {
        let (Some(UseTarget::Resource(id)), ExprKind::Name(name)) = (target, &expr.kind) else {
            return self.capability(expr);
        };
        let kind = self.context.platform.resource(*id).kind;
        self.library
            .capability_named(kind, name)
            .map(Capability::Named)
            .ok_or_else(|| Fault { span: expr.span, why: "there is no such capability".into() })
    }

    fn capability(&self, expr: &Expr) -> Result<Capability, Fault> {
        let found = match &expr.kind {
            ExprKind::Name(name) => self
                .library
                .kind_named("bucket")
                .and_then(|bucket| self.library.capability_named(bucket, name)),
            _ => None,
        };
        found
            .map(Capability::Named)
            .ok_or_else(|| Fault { span: expr.span, why: "buckets have no such capability".into() })
    }
}

fn role_of(template: &Template<'_>, arg: &Arg) -> Result<Option<ResourceId>, Fault> {
    match template.item(&arg.value)? {
        Item::Missing => Ok(None),
        Item::Value(Value { kind: ValueKind::Ref(id), .. }) => Ok(Some(id)),
        _ => Err(Fault { span: arg.value.span, why: "this is no role".into() }),
    }
}

fn misread(span: Span) -> Fault {
    Fault {
        span,
        why: "a permission is `allow(on, service.Action)` or `allow_role(role, place, capability)`".into(),
    }
}
