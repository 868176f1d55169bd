//! Services with their resource types and actions, and capabilities.

use smol_str::SmolStr;

use super::{Reader, doc, index, list, name_of, path_text, setting, template, word};
use crate::{
    library::{Action, ActionId, Capability, CapabilityId, Service, ServiceId, types::constant_text},
    syntax::ast::{Decl, Expr, ExprKind, Member},
};

impl Reader<'_> {
    pub(super) fn service(&mut self, decl: &Decl, name: SmolStr) {
        let id = ServiceId(index(self.library.services.len()));
        if self.library.names.services.insert(name.clone(), id).is_some() {
            self.fault(
                decl.span,
                "a service of that name is declared already",
                "write its actions in one place",
            );
        }
        let mut types = Vec::new();
        for inner in inner_decls(decl, "type") {
            match inner.value.as_ref().and_then(template) {
                Some(format) => types.push((name_of(inner), format)),
                None => self.fault(
                    inner.span,
                    "a resource type has an ARN format",
                    "write `type object = \"arn:…\"`",
                ),
            }
        }
        let prefix = setting(decl, "prefix").and_then(constant_text).unwrap_or_else(|| name.clone());
        let principal = setting(decl, "principal").and_then(constant_text);
        let source_account = is_true(setting(decl, "source_account"));
        let source_in_calls = source_account || is_true(setting(decl, "source_in_calls"));
        let source_arn = setting(decl, "source_arn").and_then(template);
        let resource_policy = is_true(setting(decl, "resource_policy"));
        let resource_control = is_true(setting(decl, "resource_control"));
        self.library.services.push(Service {
            name,
            prefix,
            principal,
            source_account,
            source_in_calls,
            source_arn,
            resource_policy,
            resource_control,
            types,
        });
    }

    /// The actions of a service, once all services have their ids.
    pub(super) fn actions(&mut self, decl: &Decl) {
        if decl.kind.name != "service" {
            return;
        }
        let Some(service) = self.library.service_named(&name_of(decl)) else { return };
        for inner in inner_decls(decl, "action") {
            let mut types = Vec::new();
            for path in &inner.on {
                let wanted = path_text(path);
                let known = self.library.service(service).types.iter().position(|(name, _)| *name == wanted);
                match known {
                    Some(at) => types.push(index(at)),
                    None => self.fault(
                        path.span,
                        "this service has no resource type of that name",
                        "declare it with `type`",
                    ),
                }
            }
            let name = name_of(inner);
            let id = ActionId(index(self.library.actions.len()));
            self.library.names.actions.insert((service, name.clone()), id);
            let prefix_key = setting(inner, "prefix_key").and_then(constant_text);
            let prefix = &self.library.service(service).prefix;
            let spelling = SmolStr::from(format!("{prefix}:{name}"));
            self.library.actions.push(Action {
                service,
                name,
                spelling,
                types,
                prefix_key,
                rewrites: word(setting(inner, "rewrites")),
                passes_role: is_true(setting(inner, "passes_role")),
                takes_role: is_true(setting(inner, "takes_role")),
                directs: is_true(setting(inner, "directs")),
                reads: word(setting(inner, "reads")),
            });
        }
    }

    pub(super) fn capability(&mut self, decl: &Decl) {
        for path in &decl.on {
            let Some(kind) = self.library.kind_named(&path_text(path)) else {
                self.fault(path.span, "no kind of that name", "declare the kind first");
                continue;
            };
            let capability = Capability {
                name: name_of(decl),
                doc: doc(decl.doc.as_deref()),
                kind,
                actions: self.action_list(setting(decl, "actions")),
                key_actions: self.action_list(setting(decl, "key_actions")),
                permission: word(setting(decl, "permission")),
                columns: is_true(setting(decl, "columns")),
                beside: self.action_list(setting(decl, "beside")),
            };
            let id = CapabilityId(index(self.library.capabilities.len()));
            self.library.names.capabilities.insert((kind, capability.name.clone()), id);
            self.library.capabilities.push(capability);
        }
    }

    pub(super) fn action_list(&mut self, expr: Option<&Expr>) -> Vec<ActionId> {
        let mut actions = Vec::new();
        for item in list(expr) {
            match self.action_of(item) {
                Some(action) => actions.push(action),
                None => self.fault(item.span, "no action of that name", "declare it in its service"),
            }
        }
        actions
    }

    fn action_of(&self, expr: &Expr) -> Option<ActionId> {
        let ExprKind::Field(service, action) = &expr.kind else { return None };
        let service = self.library.service_named(&word(Some(service))?)?;
        self.library.action_named(service, &action.name)
    }
}

pub(super) fn is_true(expr: Option<&Expr>) -> bool {
    matches!(expr.map(|expr| &expr.kind), Some(ExprKind::Bool(true)))
}

fn inner_decls<'a>(decl: &'a Decl, kind: &'static str) -> impl Iterator<Item = &'a Decl> {
    decl.body.iter().flatten().filter_map(move |member| match member {
        Member::Decl(inner) if inner.kind.name == kind => Some(inner.as_ref()),
        _ => None,
    })
}
