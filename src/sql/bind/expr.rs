//! Expressions: names to columns, and types.

use std::ops::Range;

use smol_str::SmolStr;
use sqlparser::ast::{self, BinaryOperator as Op, UnaryOperator};

use super::{Binder, Scope, derived, error, faults, scalar::constant_escape};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        parse::SYMMETRIC,
        plan::{Arithmetic, CaseArm, Comparison, Expr, ExprKind, Literal},
        types,
    },
};

impl Binder<'_> {
    /// A condition: a boolean expression.
    pub(super) fn condition(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Expr {
        let clause = scope.clause;
        let condition = self.expr(expr, scope);
        self.boolean(condition, clause)
    }

    pub(super) fn boolean(&mut self, expr: Expr, what: &str) -> Expr {
        match expr.ty.base {
            Base::Boolean | Base::Unknown => expr,
            _ => {
                self.report(faults::not_boolean(what, &types::spelled(&expr.ty.base), expr.span));
                error(expr.span)
            }
        }
    }

    /// Any expression.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Expr {
        if let Some(key) = self.whole_key(expr, scope) {
            return key;
        }
        let span = match expr {
            ast::Expr::Function(_) => self.places.call(self.span(expr)),
            ast::Expr::Cast { .. } => self.places.enclosing_call(self.span(expr)),
            _ => self.span(expr),
        };
        match expr {
            ast::Expr::Identifier(name) => self.name(name, scope, 0..usize::MAX, span),
            ast::Expr::CompoundIdentifier(names) => self.path(names, scope, span),
            ast::Expr::CompoundFieldAccess { root, access_chain } => {
                self.access(root, access_chain, scope, span)
            }
            ast::Expr::Array(array) => self.list_of(&array.elem, scope, span),
            ast::Expr::Nested(inner) => self.expr(inner, scope),
            ast::Expr::Value(value) => self.literal(&value.value, scope, self.places.span(value.span)),
            ast::Expr::TypedString(typed) => self.typed_literal(typed, span),
            ast::Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope, span),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr, scope, span),
            ast::Expr::IsNull(inner) => self.is_null(inner, scope, span),
            ast::Expr::IsNotNull(inner) => negated(self.is_null(inner, scope, span)),
            ast::Expr::Between { expr, negated: not, low, high } => {
                let between = match symmetric(low) {
                    Some(low) => self.between_any(expr, low, high, scope, span),
                    None => self.between(expr, low, high, scope, span),
                };
                if *not { negated(between) } else { between }
            }
            ast::Expr::In { expr, target: ast::InTarget::List(list), negated: not, .. } => {
                let listed = self.in_list(expr, list, scope, span);
                if *not { negated(listed) } else { listed }
            }
            ast::Expr::ILike { .. } => {
                self.report(faults::no_ilike(span));
                error(span)
            }
            ast::Expr::Like { negated: not, any: false, expr, pattern, escape_char } => {
                let like = self.like(expr, pattern, escape_char.as_deref(), scope, span);
                if *not { negated(like) } else { like }
            }
            ast::Expr::SimilarTo { negated: not, expr, pattern, escape_char } => {
                let similar = self.similar(expr, pattern, escape_char.as_deref(), scope, span);
                if *not { negated(similar) } else { similar }
            }
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope, span)
            }
            ast::Expr::Cast { kind, expr, data_type, format: None } => {
                self.cast(kind, expr, data_type, scope, span)
            }
            ast::Expr::Function(function) => self.function(function, scope, span),
            ast::Expr::Substring { .. }
            | ast::Expr::Trim { .. }
            | ast::Expr::Ceil { .. }
            | ast::Expr::Floor { .. }
            | ast::Expr::Extract { .. }
            | ast::Expr::Position { .. }
            | ast::Expr::Overlay { .. }
            | ast::Expr::IsTrue(_)
            | ast::Expr::IsNotTrue(_)
            | ast::Expr::IsFalse(_)
            | ast::Expr::IsNotFalse(_)
            | ast::Expr::IsUnknown(_)
            | ast::Expr::IsNotUnknown(_)
            | ast::Expr::IsDistinctFrom(..)
            | ast::Expr::IsNotDistinctFrom(..) => self.special_call(expr, scope, span),
            other => {
                self.unsupported(span, &construct(other));
                error(span)
            }
        }
    }

    pub(super) fn name(
        &mut self,
        name: &ast::Ident,
        scope: &mut Scope<'_>,
        among: Range<usize>,
        span: Span,
    ) -> Expr {
        let is_column = scope.fields.iter().any(|field| field.name == name.value.as_str());
        if !is_column && name.quote_style.is_none() && super::call::is_clock(&name.value) {
            self.report(faults::not_deterministic(&name.value, span));
            return error(span);
        }
        let Some(index) = self.column_among(name, scope, among) else { return error(span) };
        let mut ty =
            scope.fields.get(index).map_or_else(|| DataType::plain(Base::Unknown), |field| field.ty.clone());
        self.of_variable(index, &mut ty);
        self.grouped_column(Expr { kind: ExprKind::Column(index), ty, span }, &name.value, scope)
    }

    /// Says that nothing equals NULL.
    fn equal_to_null(&mut self, left: &ast::Expr, op: &Op, right: &ast::Expr, span: Span) {
        let null = |side: &ast::Expr| matches!(side, ast::Expr::Value(value) if matches!(value.value, ast::Value::Null));
        let other = match (null(left), null(right)) {
            (false, true) => left,
            (true, false) => right,
            _ => return,
        };
        let test = if *op == Op::Eq { "IS NULL" } else { "IS NOT NULL" };
        let ours = format!("{} {test}", self.places.text(self.span(other)));
        self.report(faults::equal_to_null(&op.to_string(), ours, test, span));
    }

    fn binary(
        &mut self,
        left: &ast::Expr,
        op: &Op,
        right: &ast::Expr,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        if matches!(op, Op::And | Op::Or) {
            return self.connective(left, op, right, scope, span);
        }
        match (left, op, right) {
            (time, Op::Plus | Op::Minus, interval @ ast::Expr::Interval(_))
            | (interval @ ast::Expr::Interval(_), Op::Plus, time) => {
                let time = self.expr(time, scope);
                let Some(length) = self.interval(interval) else { return error(span) };
                let length = if *op == Op::Minus { length.saturating_neg() } else { length };
                return self.moved(time, length, span);
            }
            (ast::Expr::Interval(_), _, _) | (_, _, ast::Expr::Interval(_)) => {
                self.unsupported(span, "this arithmetic with INTERVAL");
                return error(span);
            }
            _ => {}
        }
        if matches!(op, Op::Eq | Op::NotEq) {
            self.equal_to_null(left, op, right, span);
        }
        let left = self.expr(left, scope);
        let right = self.expr(right, scope);
        match op {
            Op::Plus => self.arithmetic(Arithmetic::Add, left, right, span),
            Op::Minus => self.arithmetic(Arithmetic::Subtract, left, right, span),
            Op::Multiply => self.arithmetic(Arithmetic::Multiply, left, right, span),
            Op::Divide => self.arithmetic(Arithmetic::Divide, left, right, span),
            Op::Modulo => self.arithmetic(Arithmetic::Remainder, left, right, span),
            Op::Eq => self.compare(Comparison::Equal, left, right, span),
            Op::NotEq => self.compare(Comparison::NotEqual, left, right, span),
            Op::Lt => self.compare(Comparison::Less, left, right, span),
            Op::LtEq => self.compare(Comparison::LessOrEqual, left, right, span),
            Op::Gt => self.compare(Comparison::Greater, left, right, span),
            Op::GtEq => self.compare(Comparison::GreaterOrEqual, left, right, span),
            Op::StringConcat => self.concat(vec![left, right], span),
            other => {
                self.unsupported(span, &format!("the operator {other}"));
                error(span)
            }
        }
    }

    fn connective(
        &mut self,
        left: &ast::Expr,
        op: &Op,
        right: &ast::Expr,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let name = if matches!(op, Op::And) { "a side of AND" } else { "a side of OR" };
        let left = self.expr(left, scope);
        let left = self.boolean(left, name);
        let right = self.expr(right, scope);
        let right = self.boolean(right, name);
        let ty = derived(Base::Boolean, [&left, &right]);
        let kind = match (op, left.kind) {
            (Op::And, ExprKind::And(mut list)) => {
                list.push(right);
                ExprKind::And(list)
            }
            (Op::Or, ExprKind::Or(mut list)) => {
                list.push(right);
                ExprKind::Or(list)
            }
            (Op::And, kind) => ExprKind::And(vec![Expr { kind, ty: left.ty, span: left.span }, right]),
            (_, kind) => ExprKind::Or(vec![Expr { kind, ty: left.ty, span: left.span }, right]),
        };
        Expr { kind, ty, span }
    }

    fn unary(&mut self, op: UnaryOperator, inner: &ast::Expr, scope: &mut Scope<'_>, span: Span) -> Expr {
        let inner = self.expr(inner, scope);
        match op {
            UnaryOperator::Not => Expr { span, ..negated(self.boolean(inner, "what NOT negates")) },
            UnaryOperator::Plus if types::numeric(&inner.ty.base) => inner,
            UnaryOperator::Minus if types::numeric(&inner.ty.base) => negative(inner, span),
            UnaryOperator::Plus | UnaryOperator::Minus => {
                self.report(faults::undefined(&op.to_string(), &[types::spelled(&inner.ty.base)], span));
                error(span)
            }
            other => {
                self.unsupported(span, &format!("the operator {other}"));
                error(span)
            }
        }
    }

    pub(super) fn arithmetic(&mut self, op: Arithmetic, left: Expr, right: Expr, span: Span) -> Expr {
        match types::arithmetic(op, &left.ty.base, &right.ty.base) {
            Some(base) => {
                let ty = derived(base, [&left, &right]);
                Expr { kind: ExprKind::Arithmetic(op, Box::new(left), Box::new(right)), ty, span }
            }
            None => {
                let operands = [types::spelled(&left.ty.base), types::spelled(&right.ty.base)];
                self.report(faults::undefined(types::symbol(op), &operands, span));
                error(span)
            }
        }
    }

    /// A comparison. Text beside a date or timestamp is read as one, as Flink does.
    pub(super) fn compare(&mut self, op: Comparison, left: Expr, right: Expr, span: Span) -> Expr {
        let (left, right) = (self.as_time(left, &right.ty.base.clone()), right);
        let right = self.as_time(right, &left.ty.base.clone());
        let comparable =
            types::common(&left.ty.base, &right.ty.base).is_some_and(|base| types::ordered(&base));
        if !comparable {
            let operands = [types::spelled(&left.ty.base), types::spelled(&right.ty.base)];
            self.report(faults::undefined(types::comparison(op), &operands, span));
            return error(span);
        }
        let ty = derived(Base::Boolean, [&left, &right]);
        Expr { kind: ExprKind::Compare(op, Box::new(left), Box::new(right)), ty, span }
    }

    fn as_time(&mut self, expr: Expr, other: &Base) -> Expr {
        match (&expr.kind, other) {
            (ExprKind::Literal(Literal::Text(text)), Base::Date) => self.date(&text.clone(), expr.span),
            (ExprKind::Literal(Literal::Text(text)), Base::Timestamp(_)) => {
                self.timestamp(&text.clone(), expr.span)
            }
            _ => expr,
        }
    }

    fn is_null(&mut self, inner: &ast::Expr, scope: &mut Scope<'_>, span: Span) -> Expr {
        let inner = self.expr(inner, scope);
        let ty = DataType { nullable: false, ..derived(Base::Boolean, [&inner]) };
        Expr { kind: ExprKind::IsNull(Box::new(inner)), ty, span }
    }

    fn between(
        &mut self,
        expr: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(expr, scope);
        let low = self.expr(low, scope);
        let high = self.expr(high, scope);
        self.within(value, low, high, span)
    }

    /// `a BETWEEN SYMMETRIC b AND c`, which Calcite takes apart in the same way (`StandardConvertletTable.convertBetween`).
    fn between_any(
        &mut self,
        expr: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(expr, scope);
        let low = self.expr(low, scope);
        let high = self.expr(high, scope);
        let upwards = self.within(value.clone(), low.clone(), high.clone(), span);
        // Of types that don't go together once is told.
        if upwards.parts().iter().any(|part| matches!(part.kind, ExprKind::Error)) {
            return error(span);
        }
        let downwards = self.within(value, high, low, span);
        let ty = derived(Base::Boolean, [&upwards, &downwards]);
        Expr { kind: ExprKind::Or(vec![upwards, downwards]), ty, span }
    }

    fn within(&mut self, value: Expr, low: Expr, high: Expr, span: Span) -> Expr {
        let least = self.compare(Comparison::GreaterOrEqual, value.clone(), low, span);
        let most = self.compare(Comparison::LessOrEqual, value, high, span);
        let ty = derived(Base::Boolean, [&least, &most]);
        Expr { kind: ExprKind::And(vec![least, most]), ty, span }
    }

    fn in_list(&mut self, expr: &ast::Expr, list: &[ast::Expr], scope: &mut Scope<'_>, span: Span) -> Expr {
        let value = self.expr(expr, scope);
        let mut equal = Vec::new();
        for item in list {
            let item = self.expr(item, scope);
            let place = item.span;
            equal.push(self.compare(Comparison::Equal, value.clone(), item, place));
        }
        let ty = derived(Base::Boolean, &equal);
        Expr { kind: ExprKind::Or(equal), ty, span }
    }

    fn like(
        &mut self,
        expr: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(expr, scope);
        let pattern = self.expr(pattern, scope);
        let escape = escape.map(|escape| self.expr(escape, scope));
        let constant = constant_escape(escape.as_ref());
        let (ExprKind::Literal(Literal::Text(pattern)), Some(escape)) = (&pattern.kind, constant) else {
            return self.text_test("LIKE", [Some(value), Some(pattern), escape], span);
        };
        if !matches!(value.ty.base, Base::String | Base::Unknown) {
            self.report(faults::undefined("LIKE", &[types::spelled(&value.ty.base)], span));
            return error(span);
        }
        let ty = derived(Base::Boolean, [&value]);
        Expr { kind: ExprKind::Like(Box::new(value), pattern.clone(), escape), ty, span }
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let operand = operand.map(|operand| self.expr(operand, scope));
        let mut arms = Vec::new();
        for when in conditions {
            let condition = self.expr(&when.condition, scope);
            let place = condition.span;
            let condition = match &operand {
                Some(operand) => self.compare(Comparison::Equal, operand.clone(), condition, place),
                None => self.boolean(condition, "a condition of CASE"),
            };
            arms.push(CaseArm { condition, value: self.expr(&when.result, scope) });
        }
        let otherwise = otherwise.map(|otherwise| Box::new(self.expr(otherwise, scope)));
        let Some(base) = self.branch_type(&arms, otherwise.as_deref()) else { return error(span) };
        let values = arms.iter().map(|arm| &arm.value).chain(otherwise.as_deref());
        let mut ty = derived(base, values);
        ty.nullable |= otherwise.is_none();
        ty.labels = derived(Base::Boolean, arms.iter().map(|arm| &arm.condition))
            .labels
            .into_iter()
            .chain(ty.labels)
            .collect();
        ty.labels.sort();
        ty.labels.dedup();
        Expr { kind: ExprKind::Case(arms, otherwise), ty, span }
    }

    /// The type of CASE's branches; NULL is of any type.
    fn branch_type(&mut self, arms: &[CaseArm], otherwise: Option<&Expr>) -> Option<Base> {
        let values = arms.iter().map(|arm| &arm.value).chain(otherwise);
        self.common_type(values.collect())
    }

    /// The type that all of these can be brought to; reports where there is none.
    pub(super) fn common_type(&mut self, values: Vec<&Expr>) -> Option<Base> {
        let mut common: Option<Base> = None;
        for value in
            values.into_iter().filter(|value| !matches!(value.kind, ExprKind::Literal(Literal::Null)))
        {
            let merged = match &common {
                None => Some(value.ty.base.clone()),
                Some(base) => types::common(base, &value.ty.base),
            };
            let Some(merged) = merged else {
                let first = common.as_ref().map(types::spelled).unwrap_or_default();
                self.report(faults::branches(&first, &types::spelled(&value.ty.base), value.span));
                return None;
            };
            common = Some(merged);
        }
        Some(common.unwrap_or(Base::Unknown))
    }

    fn cast(
        &mut self,
        kind: &ast::CastKind,
        expr: &ast::Expr,
        to: &ast::DataType,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(expr, scope);
        let Some(base) = cast_target(to) else {
            self.unsupported(span, &format!("CAST to {to}"));
            return error(span);
        };
        if !types::casts(&value.ty.base, &base) {
            self.report(faults::no_cast(&types::spelled(&value.ty.base), &types::spelled(&base), span));
            return error(span);
        }
        let ty = derived(base, [&value]);
        match kind {
            ast::CastKind::Cast => Expr { kind: ExprKind::Cast(Box::new(value)), ty, span },
            ast::CastKind::TryCast => {
                Expr { kind: ExprKind::TryCast(Box::new(value)), ty: ty.or_null(), span }
            }
            _ => {
                self.unsupported(span, "this form of CAST");
                error(span)
            }
        }
    }
}

/// The first bound of a BETWEEN whose bounds may come in any order.
fn symmetric(low: &ast::Expr) -> Option<&ast::Expr> {
    match low {
        ast::Expr::BinaryOp { left, op: Op::BitwiseOr, right } => match left.as_ref() {
            ast::Expr::Identifier(name) if name.value == SYMMETRIC => Some(right),
            _ => None,
        },
        _ => None,
    }
}

/// `NOT x`.
fn negated(expr: Expr) -> Expr {
    let (ty, span) = (DataType { refinement: Default::default(), ..expr.ty.clone() }, expr.span);
    Expr { kind: ExprKind::Not(Box::new(expr)), ty, span }
}

/// `-x`; a negative number is one constant.
fn negative(inner: Expr, span: Span) -> Expr {
    let ty = derived(inner.ty.base.clone(), [&inner]);
    let kind = match inner.kind {
        ExprKind::Literal(Literal::Number(text)) => {
            let text = text.strip_prefix('-').map_or_else(|| SmolStr::new(format!("-{text}")), SmolStr::new);
            ExprKind::Literal(Literal::Number(text))
        }
        kind => ExprKind::Negate(Box::new(Expr { kind, ty: inner.ty, span: inner.span })),
    };
    Expr { kind, ty, span }
}

fn cast_target(ty: &ast::DataType) -> Option<Base> {
    use ast::{CharacterLength, DataType as Sql, ExactNumberInfo, TimezoneInfo};
    let digits = |given: &Option<u64>| u8::try_from(given.unwrap_or(6)).ok().filter(|digits| *digits <= 9);
    match ty {
        Sql::String(None) => Some(Base::String),
        Sql::Varchar(Some(CharacterLength::IntegerLength { length: 2_147_483_647, .. })) => {
            Some(Base::String)
        }
        Sql::Boolean => Some(Base::Boolean),
        Sql::Int(None) | Sql::Integer(None) => Some(Base::Int),
        Sql::BigInt(None) => Some(Base::BigInt),
        Sql::Double(ExactNumberInfo::None) | Sql::DoublePrecision => Some(Base::Double),
        Sql::Decimal(info) | Sql::Numeric(info) | Sql::Dec(info) => decimal_target(info),
        Sql::Date => Some(Base::Date),
        Sql::Timestamp(given, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            digits(given).map(Base::Timestamp)
        }
        Sql::Custom(name, modifiers) if name.to_string().eq_ignore_ascii_case("TIMESTAMP_LTZ") => {
            match modifiers.as_slice() {
                [] => Some(Base::TimestampLtz(6)),
                [one] => {
                    one.to_string().parse().ok().filter(|digits: &u8| *digits <= 9).map(Base::TimestampLtz)
                }
                _ => None,
            }
        }
        Sql::Bytes(None) => Some(Base::Bytes),
        _ => None,
    }
}

fn decimal_target(info: &ast::ExactNumberInfo) -> Option<Base> {
    let (precision, scale) = match info {
        ast::ExactNumberInfo::None => (10, 0),
        ast::ExactNumberInfo::Precision(precision) => (u8::try_from(*precision).ok()?, 0),
        ast::ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            (u8::try_from(*precision).ok()?, u8::try_from(*scale).ok()?)
        }
    };
    ((1..=38).contains(&precision) && scale <= precision).then_some(Base::Decimal(precision, scale))
}

/// What an expression that is not supported is called.
fn construct(expr: &ast::Expr) -> String {
    match expr {
        ast::Expr::In { negated: true, .. } => "NOT IN (SELECT …)".into(),
        ast::Expr::Exists { .. } | ast::Expr::In { .. } => "EXISTS or IN (SELECT …) here".into(),
        ast::Expr::Subquery(_) => "a subquery".into(),
        ast::Expr::Interval(_) => "an interval here".into(),
        ast::Expr::GroupingSets(_) | ast::Expr::Cube(_) | ast::Expr::Rollup(_) => "GROUPING SETS".into(),
        ast::Expr::AtTimeZone { .. } => "AT TIME ZONE".into(),
        _ => "this expression".into(),
    }
}
