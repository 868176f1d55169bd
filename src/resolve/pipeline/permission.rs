//! What a call needs to be allowed, as the standard library says: `allow(on, service.Action, …)` for the pipeline's own role, with
//! capabilities of buckets too, `allow_object(place, capability, …)` for one object, `allow_role(role, place, capability, …)` for a role that a service takes on for it.

use super::{
    Builder, fault,
    template::{Fault, Item, Template},
};
use crate::{
    library::{Integration, KindId},
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
        let mut all = Vec::new();
        let declared = template.declared.iter().flat_map(|function| &function.allowed);
        // In another account the end is asked for again and again, and no rule tells of it.
        let names: &[&str] = match (awaited, who) {
            (true, _) => &["permissions"],
            (false, User::Pipeline) => &["permissions", "sync_permissions", "rule_permissions"],
            (false, _) => &["permissions", "sync_permissions"],
        };
        let mut items = Vec::new();
        for list in names.iter().filter_map(|name| integration.properties.get(*name)) {
            let ExprKind::List(listed) = &list.kind else { return Err(misread(list.span)) };
            items.extend(listed);
        }
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
                        let capability = match (&action.value.kind, &target) {
                            (ExprKind::Name(_), Some(UseTarget::Resource(id))) => {
                                let kind = self.context.platform.resource(*id).kind;
                                self.capability_of(kind, &action.value)?
                            }
                            (ExprKind::Name(_), _) => self.capability(&action.value)?,
                            _ => self.action(&action.value)?,
                        };
                        all.push(self.permission(who, capability, target.clone(), template.span));
                    }
                }
                (ExprKind::Name(word), [at, capabilities @ ..]) if word == "allow_object" => {
                    let target = self.object_target(template, &at.value)?;
                    for capability in capabilities {
                        let capability = self.capability(&capability.value)?;
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

    /// One object, as far as its key is known.
    fn object_target(&self, template: &Template<'_>, at: &Expr) -> Result<Option<UseTarget>, Fault> {
        let Some(place) = template.expression(at)? else { return Ok(None) };
        Ok(self
            .known_place(&place)
            .map(|(bucket, key, _)| UseTarget::Prefix(Location { bucket, key: key.into() })))
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

    fn capability(&self, expr: &Expr) -> Result<Capability, Fault> {
        let bucket = self.library.kind_named("bucket");
        let bucket = bucket.ok_or_else(|| Fault { span: expr.span, why: "there are no buckets".into() })?;
        self.capability_of(bucket, expr)
    }

    fn capability_of(&self, kind: KindId, expr: &Expr) -> Result<Capability, Fault> {
        let found = match &expr.kind {
            ExprKind::Name(name) => self.library.capability_named(kind, name),
            _ => None,
        };
        found
            .map(Capability::Named)
            .ok_or_else(|| Fault { span: expr.span, why: "its kind has no such capability".into() })
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
