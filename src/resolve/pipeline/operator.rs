//! Operators: what each takes and gives.

use smol_str::SmolStr;

use super::{Builder, fault, fit, names, statement::is_constant};
use crate::{
    platform::{
        Base, DataType,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{BinaryOp, Expr},
};

impl Builder<'_, '_> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOp,
        at: Span,
        a: &Expr,
        b: &Expr,
        span: Span,
    ) -> Option<Expression> {
        match operator {
            BinaryOp::Coalesce => self.coalesce(a, b, span),
            BinaryOp::And | BinaryOp::Or => {
                let boolean = DataType::plain(Base::Boolean);
                let left = self.expected(a, &boolean, "`and` and `or`");
                self.names.open();
                if let Some(left) = &left {
                    self.names.assume(names::present_when(left, operator == BinaryOp::And));
                }
                let right = self.expected(b, &boolean, "`and` and `or`");
                self.names.close();
                Some(operation(operator, left?, right?, Base::Boolean, span))
            }
            BinaryOp::Equal | BinaryOp::NotEqual => self.equality(operator, a, b, span),
            BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
                self.order(operator, a, b, span)
            }
            _ => {
                let left = self.expression(a)?;
                if operator == BinaryOp::Divide && left.ty.base == Base::Location && !left.ty.nullable {
                    return self.below(left, b, span);
                }
                self.arithmetic(operator, at, left, b, span)
            }
        }
    }

    fn coalesce(&mut self, a: &Expr, b: &Expr, span: Span) -> Option<Expression> {
        let left = self.expression(a)?;
        if !left.ty.nullable && !matches!(left.ty.base, Base::Json | Base::Unknown) {
            let name = self.written(left.span);
            self.report(fault::never_none(left.span, &name));
        }
        let wanted = DataType { nullable: true, ..left.ty.clone() };
        let right = self.expected(
            b,
            &DataType { refinement: Default::default(), ..wanted },
            "the value behind `??`",
        )?;
        let mut ty = fit::common(self.context.platform, &left.ty, &right.ty)?;
        ty.nullable = right.ty.nullable;
        if is_constant(&right) && right.kind != ExpressionKind::None {
            let matches = |pattern: &SmolStr, text: &str| self.context.whole_match(pattern, text);
            // A constant that the type allows is one more of its values.
            if fault::broken_condition(&right, &left.ty, matches).is_none() {
                ty.refinement = left.ty.refinement.clone();
            }
        }
        let kind = ExpressionKind::Binary(BinaryOp::Coalesce, Box::new(left), Box::new(right));
        Some(Expression { kind, ty, span })
    }

    fn equality(&mut self, operator: BinaryOp, a: &Expr, b: &Expr, span: Span) -> Option<Expression> {
        let (left, right) = self.sides(a, b)?;
        for (one, other) in [(&left, &right), (&right, &left)] {
            let known = !matches!(other.ty.base, Base::Json | Base::Unknown);
            if one.kind == ExpressionKind::None && !other.ty.nullable && known {
                let name = self.written(other.span);
                self.report(fault::never_none(other.span, &name));
            }
        }
        let comparable = fit::is_scalar(&left.ty.base) && fit::is_scalar(&right.ty.base);
        let with_none = left.kind == ExpressionKind::None || right.kind == ExpressionKind::None;
        let common = fit::common(self.context.platform, &left.ty, &right.ty);
        if !with_none && (!comparable || common.is_none()) {
            self.report_incomparable(&left, &right, span);
            return None;
        }
        self.report_foregone(operator, &left, &right, span);
        Some(operation(operator, left, right, Base::Boolean, span))
    }

    fn order(&mut self, operator: BinaryOp, a: &Expr, b: &Expr, span: Span) -> Option<Expression> {
        let (left, right) = self.sides(a, b)?;
        let (left, right) = (self.as_text(left)?, self.as_text(right)?);
        let numbers = fit::is_number(&left.ty.base) && fit::is_number(&right.ty.base);
        let ordered =
            matches!(left.ty.base, Base::String | Base::Date | Base::Timestamp(_) | Base::TimestampLtz(_));
        let texts = ordered && left.ty.base == right.ty.base;
        if !numbers && !texts {
            self.report_incomparable(&left, &right, span);
            return None;
        }
        self.report_foregone(operator, &left, &right, span);
        Some(operation(operator, left, right, Base::Boolean, span))
    }

    fn report_incomparable(&mut self, left: &Expression, right: &Expression, span: Span) {
        let (a, b) = (
            fit::described(self.context.platform, &left.ty),
            fit::described(self.context.platform, &right.ty),
        );
        self.report(fault::incomparable(span, &a, &b));
    }

    /// Warns of a comparison with a constant whose outcome follows from the type's conditions.
    fn report_foregone(&mut self, operator: BinaryOp, left: &Expression, right: &Expression, span: Span) {
        if let Some((outcome, because)) = super::foregone::outcome(operator, left, right) {
            let value = if super::foregone::is_constant(right) { left } else { right };
            let name = self.written(value.span);
            self.report(fault::foregone(span, &name, outcome, &because));
        }
    }

    pub(super) fn number(&mut self, expr: &Expr, what: &str) -> Option<Expression> {
        let value = self.expression(expr)?;
        self.must_be_number(value, what)
    }

    fn must_be_number(&mut self, value: Expression, what: &str) -> Option<Expression> {
        let value = self.as_text(value)?;
        if !fit::is_number(&value.ty.base) {
            let ty = fit::described(self.context.platform, &value.ty);
            self.report(fault::no_number(value.span, what, &ty));
            return None;
        }
        Some(value)
    }

    fn arithmetic(
        &mut self,
        operator: BinaryOp,
        at: Span,
        left: Expression,
        b: &Expr,
        span: Span,
    ) -> Option<Expression> {
        let sign = format!("`{}`", self.context.sources.text(at));
        let (left, right) = (self.must_be_number(left, &sign), self.number(b, &sign));
        let (left, right) = (left?, right?);
        let common = fit::common(self.context.platform, &left.ty, &right.ty)?;
        let exact = matches!(common.base, Base::Decimal(..));
        let base = if operator == BinaryOp::Divide && !exact { Base::Double } else { common.base };
        Some(operation(operator, left, right, base, span))
    }
}

fn operation(operator: BinaryOp, left: Expression, right: Expression, base: Base, span: Span) -> Expression {
    Expression::new(ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), base, span)
}
