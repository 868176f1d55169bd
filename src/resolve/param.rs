//! Parameters: constants whose value the configuration may give.

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::Base,
    source::{FileId, Span},
    syntax::ast::{Decl, Expr, ExprKind, StringPart, UnaryOp},
};

/// `param NAME : type = default`.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: SmolStr,
    /// What it stands for.
    pub value: Expr,
    /// Its file, where its default's names mean something.
    pub file: FileId,
}

impl Context<'_> {
    pub(super) fn params(&mut self, found: &[(FileId, &Decl)]) {
        for (file, decl) in found {
            let name = super::collect::name_of(decl);
            let span = decl.name.as_ref().map_or(decl.span, |name| name.span);
            let base = decl.ty.as_ref().map(|ty| self.data_type(*file, ty).base);
            let given = self.platform.project.params.get(name.as_str()).cloned();
            let value = match given {
                Some(text) => self.given_value(&text, base.as_ref(), &name, span),
                None => decl.value.clone(),
            };
            let value = value.unwrap_or_else(|| {
                self.diagnostics.push(without_value(&name, span));
                Expr { kind: ExprKind::Error, span }
            });
            self.params.push(Param { name, value, file: *file });
        }
    }

    fn given_value(&mut self, text: &str, base: Option<&Base>, name: &str, span: Span) -> Option<Expr> {
        let kind = match base {
            None | Some(Base::String | Base::Unknown) => {
                Some(ExprKind::String(vec![StringPart::Text(text.to_owned())]))
            }
            Some(Base::Boolean) => text.parse().ok().map(ExprKind::Bool),
            Some(Base::Int | Base::BigInt) => text.parse::<i64>().ok().map(|_| number(text, span)),
            Some(Base::Double | Base::Decimal(..)) => {
                text.parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| number(text, span))
            }
            Some(_) => None,
        };
        if kind.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    catalogue::WRONG_TYPE,
                    span,
                    format!("the configuration gives `{name}` the value `{text}`"),
                    "no value of this type",
                )
                .help("mend it in `dpl.toml`, or in `--set`"),
            );
            return Some(Expr { kind: ExprKind::Error, span });
        }
        kind.map(|kind| Expr { kind, span })
    }
}

fn number(text: &str, span: Span) -> ExprKind {
    match text.strip_prefix('-') {
        Some(digits) => {
            let inner = Expr { kind: ExprKind::Number(SmolStr::new(digits)), span };
            ExprKind::Unary(UnaryOp::Negate, Box::new(inner))
        }
        None => ExprKind::Number(SmolStr::new(text)),
    }
}

fn without_value(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::PARAM_WITHOUT_VALUE,
        span,
        format!("the parameter `{name}` has no value"),
        "no default, and none given",
    )
    .help(format!("add a default, set it in `dpl.toml` under `[params]`, or give `--set {name}=VALUE`"))
}
