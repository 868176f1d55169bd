//! Types, their refinements, and where the standard library's fields go.

use pest::iterators::{Pair, Pairs};

use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{Expr, Lowering, Path, Refinement, RefinementKind, TypeArg, TypeExpr};
use crate::syntax::foreign;

impl<'a> Builder<'a, '_> {
    /// A type with its refinements.
    pub(super) fn type_expr(&mut self, pair: Pair<'a, Rule>) -> TypeExpr {
        let span = self.span(&pair);
        let mut ty = TypeExpr {
            path: self.no_path(span),
            args: Vec::new(),
            nullable: false,
            refinements: Vec::new(),
            span,
        };
        for part in pair.into_inner() {
            let part_span = self.span(&part);
            match part.as_rule() {
                Rule::path => {
                    ty.path = self.path(&part);
                    ty.span = part_span;
                }
                Rule::type_args => {
                    ty.args = self.type_args(part);
                    ty.span = ty.span.to(part_span);
                }
                Rule::nullable => {
                    ty.nullable = true;
                    ty.span = ty.span.to(part_span);
                }
                _ => ty.refinements.extend(self.refinement(part)),
            }
        }
        ty
    }

    fn type_args(&mut self, pair: Pair<'a, Rule>) -> Vec<TypeArg> {
        let mut args = Vec::new();
        let mut pairs = pair.into_inner();
        while let Some(part) = pairs.peek() {
            if part.as_rule() == Rule::type_expr {
                pairs.next();
                args.push(TypeArg::Type(self.type_expr(part)));
            } else {
                args.push(TypeArg::Number(self.expr(&mut pairs)));
            }
        }
        args
    }

    /// A condition on a type's values.
    pub(super) fn refinement(&mut self, pair: Pair<'a, Rule>) -> Option<Refinement> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut pairs = pair.into_inner();
        let kind = match rule {
            Rule::in_range => {
                let (low, high) = self.range(pairs);
                RefinementKind::In(low, high)
            }
            Rule::length => {
                let (low, high) = self.range(pairs);
                RefinementKind::Length(low, high)
            }
            Rule::matching => RefinementKind::Matching(self.expr(&mut pairs)),
            Rule::one_of => RefinementKind::OneOf(self.list(pairs.next()?)),
            _ => return None,
        };
        Some(Refinement { kind, span })
    }

    fn range(&mut self, mut pairs: Pairs<'a, Rule>) -> (Option<Expr>, Option<Expr>) {
        let mut bounds = [None, None];
        let [low, high] = &mut bounds;
        let mut bound = low;
        while let Some(part) = pairs.peek() {
            if part.as_rule() == Rule::dots {
                let span = self.span(&part);
                if part.into_inner().next().is_some() {
                    self.report(foreign::dots(span));
                }
                pairs.next();
                bound = &mut *high;
            } else {
                *bound = Some(self.unary(&mut pairs, 0));
            }
        }
        let [low, high] = bounds;
        (low, high)
    }

    /// `-> Options.VerifyMode as seconds`.
    pub(super) fn lowering(&mut self, mut pairs: Pairs<'a, Rule>) -> Option<Lowering> {
        let path = self.path(&pairs.next()?);
        Some(Lowering { path, encoding: pairs.next().map(|name| self.ident(&name)) })
    }

    /// Stands in until the path is read, which the grammar promises.
    pub(super) fn no_path(&self, span: Span) -> Path {
        Path { parts: Vec::new(), span }
    }
}
