//! Values of tests: events, results, and what is written as it arrives.

use smol_str::{SmolStr, ToSmolStr};

use super::super::{Builder, fault};
use super::Subject;
use crate::{
    platform::{
        Base, DataType,
        pipeline::{Expression, ExpressionKind},
        test::ANY,
    },
    source::Span,
    syntax::ast::{Expr, ExprKind, Field, StringPart},
};

impl Builder<'_, '_> {
    /// An event: the pipeline's one record, or an object keyed by its parameters.
    pub(super) fn event(&mut self, event: &Expr, subject: &Subject) -> Option<Expression> {
        if let ([only], true) = (subject.params.as_slice(), subject.whole_event) {
            return self.expected(event, &only.ty, "the event");
        }
        let ExprKind::Record(fields) = &event.kind else {
            self.report(fault::no_value(event.span, "an event that is no record"));
            return None;
        };
        let name = &subject.name;
        let names: Vec<&str> = subject.params.iter().map(|param| param.name.as_str()).collect();
        let mut members = Vec::with_capacity(fields.len());
        let mut whole = true;
        for field in fields {
            match subject.params.iter().find(|param| param.name == field.name.name) {
                None => {
                    self.report(fault::unknown_argument(&field.name, name, &names));
                    whole = false;
                }
                Some(param) => match self.expected(&field.value, &param.ty, &format!("`{}`", param.name)) {
                    Some(value) => members.push((param.name.clone(), value)),
                    None => whole = false,
                },
            }
        }
        let given = |name: &SmolStr| fields.iter().any(|field| field.name.name == *name);
        for param in subject.params.iter().filter(|param| !param.ty.nullable && !given(&param.name)) {
            self.report(fault::event_without(event.span, &param.name, name));
            whole = false;
        }
        whole.then(|| Expression::new(ExpressionKind::Record(members), Base::Json, event.span))
    }

    /// The values that only tests have: `_`, bytes as text, maps, and JSON without a type.
    pub(in super::super) fn test_value(
        &mut self,
        expr: &Expr,
        wanted: &DataType,
    ) -> Option<Option<Expression>> {
        if !self.testing {
            return None;
        }
        let value = |kind| {
            Some(Some(Expression {
                kind,
                ty: DataType { nullable: false, ..wanted.clone() },
                span: expr.span,
            }))
        };
        match (&expr.kind, &wanted.base) {
            (ExprKind::Name(_), _) if self.wildcards && is_any(expr) => {
                let ty = DataType { nullable: false, ..DataType::plain(wanted.base.clone()) };
                Some(Some(Expression { kind: ExpressionKind::Text(ANY.into()), ty, span: expr.span }))
            }
            (ExprKind::String(parts), Base::Bytes) => match parts.as_slice() {
                [StringPart::Text(text)] if is_base64(text) => value(ExpressionKind::Text(text.to_smolstr())),
                _ => {
                    self.report(fault::does_not_fit(expr.span, "this value", "string", "bytes"));
                    Some(None)
                }
            },
            (ExprKind::Number(text), Base::Decimal(..)) => value(ExpressionKind::Number(text.clone())),
            (ExprKind::Record(fields), Base::Json) => Some(self.members(fields, wanted, wanted, expr.span)),
            (ExprKind::Record(fields), Base::Map(_, inner)) => {
                let inner = inner.as_ref().clone();
                Some(self.members(fields, &inner, wanted, expr.span))
            }
            (ExprKind::List(items), Base::Json) => {
                let items: Option<Vec<_>> =
                    items.iter().map(|item| self.expected(item, wanted, "this value")).collect();
                match items {
                    Some(items) => value(ExpressionKind::List(items)),
                    None => Some(None),
                }
            }
            _ => None,
        }
    }

    fn members(
        &mut self,
        fields: &[Field],
        inner: &DataType,
        whole: &DataType,
        span: Span,
    ) -> Option<Expression> {
        let members: Option<Vec<_>> = fields
            .iter()
            .map(|field| {
                let what = format!("`{}`", field.name.name);
                Some((field.name.name.clone(), self.expected(&field.value, inner, &what)?))
            })
            .collect();
        Some(Expression { kind: ExpressionKind::Record(members?), ty: whole.clone(), span })
    }
}

pub(super) fn is_any(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name == "_")
}

/// Whether a text is written as JSON has bytes.
fn is_base64(text: &str) -> bool {
    text.len().is_multiple_of(4)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}
