//! Columns as other languages write them: read as what they mean, and reported with the mend.

use pest::iterators::Pair;
use smol_str::SmolStr;

use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{Column, Expr, ExprKind, Field, Ident, Member, Path, TypeArg, TypeExpr};
use crate::syntax::foreign;

impl<'a> Builder<'a, '_> {
    /// `name type` or `type name`, without a colon.
    pub(super) fn foreign_column(
        &mut self,
        pair: Pair<'a, Rule>,
        name_first: bool,
        doc: Option<String>,
    ) -> Option<Member> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let (first, second) = (pairs.next()?, pairs.next()?);
        let (name, ty) = if name_first { (first, second) } else { (second, first) };
        let (name, ty) = (self.ident(&name), self.type_expr(ty));
        // `format json` in a body without columns: a field whose value is called like a type.
        if name_first && !self.columns {
            self.report(foreign::no_equals(name.span, ty.span, &name.name, self.text(ty.span)));
            let kind =
                ty.path.parts.first().map_or(ExprKind::Error, |part| ExprKind::Name(part.name.clone()));
            let value = Expr { kind, span: ty.span };
            return Some(Member::Field(Field { doc, name, at_most: None, value }));
        }
        let text = self.text(ty.span);
        self.report(match name_first {
            true => foreign::no_colon(name.span, ty.span, &name.name, text),
            false => foreign::type_first(ty.span.to(name.span), &name.name, text),
        });
        let mut column = plain_column(doc, name, ty, span);
        self.column_parts(&mut column, pairs);
        Some(Member::Column(Box::new(column)))
    }

    /// `name = type key`: what follows shows that it is a column.
    pub(super) fn set_column(
        &mut self,
        doc: Option<String>,
        name: Ident,
        value: Expr,
        tails: Pair<'a, Rule>,
        span: Span,
    ) -> Column {
        self.report(foreign::set_column(
            Span::new(name.span.end, value.span.start),
            &name.name,
            self.text(value.span),
        ));
        let mut column = plain_column(doc, name, type_of(value), span);
        self.column_parts(&mut column, tails.into_inner());
        column
    }

    /// `optional type`, `required type`.
    pub(super) fn foreign_before(&mut self, column: &mut Column, word: &Pair<'a, Rule>) {
        let (span, text) = (self.span(word), word.as_str().trim_end());
        let word = Span::new(span.start, span.start + super::offset(text.len()));
        if text.eq_ignore_ascii_case("required") {
            self.report(foreign::never_none(word, text, span));
        } else {
            let ty = self.text(column.ty.span);
            self.report(foreign::may_be_none(word, text, ty, span.to(column.ty.span)));
            column.ty.nullable = true;
        }
    }

    /// `not null`, `primary key`, `between 1 and 9` behind a type.
    pub(super) fn foreign_word(&mut self, column: &mut Column, part: &Pair<'a, Rule>) {
        let (span, text) = (self.span(part), part.as_str());
        let before = self.behind(column);
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let said = match words.as_slice() {
            ["not", _] | ["required"] => foreign::never_none(span, text, Span::new(before, span.end)),
            ["null" | "nullable" | "optional"] => {
                column.ty.nullable = true;
                let ty = self.text(column.ty.span);
                let whole = Span::new(column.ty.span.start, span.end);
                let behind_type = before == column.ty.span.end;
                foreign::may_be_none(span, text, ty, if behind_type { whole } else { column.ty.span })
            }
            ["[]"] => {
                let ty = self.text(column.ty.span);
                foreign::list(column.ty.span.to(span), ty)
            }
            ["primary_key"] | ["primary", _] => {
                column.key.get_or_insert(span);
                foreign::word(span, text, "key", "what a row is known by is its `key`")
            }
            ["unique"] => foreign::unique(span),
            ["between", low, "and", high] => foreign::range(span, text, low, high),
            ["min", low] => foreign::range(span, text, low, ""),
            ["max", high] => foreign::range(span, text, "", high),
            _ => comparison(span, text, &lower),
        };
        self.report(said);
    }

    /// Where what stands behind a column's type so far ends.
    fn behind(&self, column: &Column) -> u32 {
        let refinements = column.ty.refinements.iter().map(|refinement| refinement.span.end);
        let labels = column.labels.iter().map(|label| label.span.end);
        let key = column.key.iter().map(|key| key.end);
        refinements.chain(labels).chain(key).max().unwrap_or_default().max(column.ty.span.end)
    }

    /// The text of a span.
    fn text(&self, span: Span) -> &'a str {
        let at = |offset: u32| offset.saturating_sub(self.reader.span(0..0).start) as usize;
        self.reader.text.get(at(span.start)..at(span.end)).unwrap_or_default()
    }
}

fn comparison(span: Span, text: &str, lower: &str) -> crate::diagnostic::Diagnostic {
    let number = lower.trim_start_matches(['<', '>', '=']).trim();
    match lower.get(..2) {
        Some(">=") => foreign::range(span, text, number, ""),
        Some("<=") => foreign::range(span, text, "", number),
        _ => foreign::open_range(span, text, number, lower.starts_with('>')),
    }
}

/// A column of which only name and type are known.
pub(super) fn plain_column(doc: Option<String>, name: Ident, ty: TypeExpr, span: Span) -> Column {
    Column { doc, name, ty, key: None, labels: Vec::new(), default: None, lowers_to: None, span }
}

/// The type that a value spells.
fn type_of(value: Expr) -> TypeExpr {
    let span = value.span;
    let named = |name: SmolStr, args| TypeExpr {
        path: Path { parts: vec![Ident { name, span }], span },
        args,
        nullable: false,
        refinements: Vec::new(),
        span,
    };
    match value.kind {
        ExprKind::Name(name) => named(name, Vec::new()),
        ExprKind::Call(called, args) => match called.kind {
            ExprKind::Name(name) => {
                named(name, args.into_iter().map(|arg| TypeArg::Number(arg.value)).collect())
            }
            _ => named(SmolStr::default(), Vec::new()),
        },
        _ => named(SmolStr::default(), Vec::new()),
    }
}
