//! Conditions of grants.

use smol_str::SmolStr;

use super::{Reader, doc, index, list, name_of, path_text, services::is_true, setting, template, word};
use crate::{
    library::{
        FieldDecl, FieldType, ServiceId,
        condition::{AskedOf, Condition, Measure},
        types::refinement,
    },
    platform::Base,
    syntax::ast::{Decl, Expr, ExprKind, TypeExpr},
};

/// Whether something holds that a declaration says only where it does not.
fn is_not_denied(expr: Option<&Expr>) -> bool {
    expr.is_none() || is_true(expr)
}

impl Reader<'_> {
    pub(super) fn condition(&mut self, decl: &Decl) {
        let (Some(ty), Some(key)) = (&decl.ty, setting(decl, "key").and_then(template)) else {
            self.fault(
                decl.span,
                "a condition has a type and a key",
                "write `condition name : string { key = \"aws:Key\" }`",
            );
            return;
        };
        let (measure, value) = self.measured(ty);
        let value = FieldDecl {
            name: name_of(decl),
            doc: None,
            ty: value,
            nullable: false,
            refinement: refinement(&ty.refinements, self.diagnostics),
            default: None,
            promise: false,
            lowers_to: None,
            span: decl.span,
        };
        let params: Vec<FieldDecl> =
            decl.params.iter().flatten().map(|param| self.field(param, &[])).collect();
        let condition = Condition {
            name: name_of(decl),
            doc: doc(decl.doc.as_deref()),
            key,
            param: params.into_iter().next(),
            value,
            measure,
            asked_of: match word(setting(decl, "asked_of")).as_deref() {
                Some("callers") => AskedOf::Callers,
                Some("services") => AskedOf::Services,
                _ => AskedOf::Anybody,
            },
            carried: is_true(setting(decl, "carried")),
            sessions: is_not_denied(setting(decl, "sessions")),
            federated: is_not_denied(setting(decl, "federated")),
            several: is_true(setting(decl, "several")),
            types: self.type_list(setting(decl, "types")),
            actions: self.action_list(setting(decl, "actions")),
            span: decl.span,
        };
        self.library.conditions.push(condition);
    }

    /// How a type of a condition compares, and as what its values are read.
    fn measured(&mut self, ty: &TypeExpr) -> (Measure, FieldType) {
        let text = FieldType::Data(Base::String);
        match path_text(&ty.path).as_str() {
            "instant" => (Measure::Instant, text),
            "ip_range" => (Measure::Address, text),
            _ => match self.field_type(ty) {
                FieldType::Data(Base::Boolean) => (Measure::Flag, FieldType::Data(Base::Boolean)),
                FieldType::Duration => (Measure::Seconds, FieldType::Duration),
                FieldType::Arn(prefix) => (Measure::Arn, FieldType::Arn(prefix)),
                FieldType::Resource(kind) => (Measure::Id(kind), FieldType::Resource(kind)),
                other => (Measure::Text, other),
            },
        }
    }

    /// `[kms.key, sqs.queue]`: types of resources of services.
    fn type_list(&mut self, expr: Option<&Expr>) -> Vec<(ServiceId, u32)> {
        let mut types = Vec::new();
        for item in list(expr) {
            match self.type_of(item) {
                Some(found) => types.push(found),
                None => self.fault(item.span, "no resource type of that name", "declare it in its service"),
            }
        }
        types
    }

    fn type_of(&self, expr: &Expr) -> Option<(ServiceId, u32)> {
        let ExprKind::Field(service, wanted) = &expr.kind else { return None };
        let service = self.library.service_named(&word(Some(service))?)?;
        let is_wanted = |(name, _): &(SmolStr, SmolStr)| *name == wanted.name;
        let at = self.library.service(service).types.iter().position(is_wanted)?;
        Some((service, index(at)))
    }
}
