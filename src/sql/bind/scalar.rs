//! Functions with a syntax of their own, and those whose types follow from their arguments by rule. A word of the syntax is part of the
//! call's name in the plan: `EXTRACT YEAR`, `FLOOR DAY`, `TRIM BOTH`.

use smol_str::SmolStr;
use sqlparser::ast::{self, CeilFloorKind, DateTimeField, TrimWhereField};

use super::{Binder, Scope, derived, error, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{Arithmetic, CaseArm, Expr, ExprKind, Literal},
        types,
    },
    window::similar_to_java,
};

/// Functions whose types follow from their arguments by rule.
pub(super) const BY_RULE: &[&str] = &[
    "CONCAT_WS",
    "GREATEST",
    "IF",
    "IFNULL",
    "LEAST",
    "MOD",
    "ROUND",
    "SIGN",
    "TIMESTAMPADD",
    "TIMESTAMPDIFF",
    "TRUNCATE",
];

/// A call by the name that it has in the plan.
fn call(name: impl Into<SmolStr>, args: Vec<Expr>, ty: DataType, span: Span) -> Expr {
    Expr { kind: ExprKind::Call(name.into(), args), ty, span }
}

impl Binder<'_> {
    /// A call whose type follows by rule; `None` for one that the standard library declares.
    pub(super) fn by_rule(&mut self, name: &str, args: &[Expr], span: Span) -> Option<Expr> {
        match (name, args) {
            ("MOD", [a, b]) => Some(self.arithmetic(Arithmetic::Remainder, a.clone(), b.clone(), span)),
            ("IFNULL", [_, _]) => Some(self.coalesce(args.to_vec(), span)),
            ("IF", [condition, value, other]) => {
                Some(self.conditional(condition.clone(), value.clone(), other.clone(), span))
            }
            ("GREATEST" | "LEAST", [_, ..]) => {
                let Some(base) = self.common_type(args.iter().collect()) else { return Some(error(span)) };
                if !types::ordered(&base) {
                    return Some(self.undefined_on(name, args, span));
                }
                Some(call(name, args.to_vec(), derived(base, args), span))
            }
            ("SIGN", [value]) if types::numeric(&value.ty.base) => {
                Some(call(name, args.to_vec(), derived(value.ty.base.clone(), args), span))
            }
            ("ROUND" | "TRUNCATE", [value, digits @ ..]) if digits.len() <= 1 => {
                let places = match digits.first() {
                    None => Some(0),
                    Some(digits) if digits.ty.base == Base::Int => constant(digits),
                    Some(_) => return Some(self.undefined_on(name, args, span)),
                };
                let Some(base) = types::rounded(&value.ty.base, places.unwrap_or(0)) else {
                    return Some(self.undefined_on(name, args, span));
                };
                Some(call(name, args.to_vec(), derived(base, args), span))
            }
            ("CONCAT_WS", [separator, ..]) => {
                let is_text = |value: &Expr| matches!(value.ty.base, Base::String | Base::Unknown);
                if !args.iter().all(is_text) {
                    return Some(self.undefined_on(name, args, span));
                }
                let nullable = separator.ty.nullable;
                let ty = DataType { nullable, ..derived(Base::String, args) };
                Some(call(name, args.to_vec(), ty, span))
            }
            _ => None,
        }
    }

    fn undefined_on(&mut self, name: &str, args: &[Expr], span: Span) -> Expr {
        let given: Vec<String> = args.iter().map(|argument| types::spelled(&argument.ty.base)).collect();
        self.report(faults::undefined(name, &given, span));
        error(span)
    }

    /// `IF(c, a, b)` is `CASE WHEN c THEN a ELSE b END`.
    fn conditional(&mut self, condition: Expr, value: Expr, other: Expr, span: Span) -> Expr {
        if !matches!(condition.ty.base, Base::Boolean | Base::Unknown) {
            return self.undefined_on("IF", &[condition, value, other], span);
        }
        let Some(base) = self.common_type(vec![&value, &other]) else { return error(span) };
        let nullable = value.ty.nullable || other.ty.nullable;
        let ty = DataType { nullable, ..derived(base, [&condition, &value, &other]) };
        Expr { kind: ExprKind::Case(vec![CaseArm { condition, value }], Some(Box::new(other))), ty, span }
    }

    /// `EXTRACT(unit FROM t)`.
    pub(super) fn extract(&mut self, field: &DateTimeField, value: Expr, span: Span) -> Expr {
        let unit = field.to_string().to_ascii_uppercase();
        let known = matches!(
            unit.as_str(),
            "YEAR"
                | "QUARTER"
                | "MONTH"
                | "WEEK"
                | "DAY"
                | "DOW"
                | "DOY"
                | "HOUR"
                | "MINUTE"
                | "SECOND"
                | "MILLISECOND"
                | "MICROSECOND"
                | "NANOSECOND"
                | "EPOCH"
                | "ISODOW"
                | "ISOYEAR"
                | "DECADE"
                | "CENTURY"
                | "MILLENNIUM"
        );
        if !known {
            self.unsupported(span, &format!("EXTRACT of {unit}"));
            return error(span);
        }
        let of_day = matches!(
            unit.as_str(),
            "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND" | "MICROSECOND" | "NANOSECOND"
        );
        match value.ty.base {
            Base::Unknown | Base::Timestamp(_) | Base::TimestampLtz(_) => {}
            Base::Date if !of_day => {}
            _ => return self.undefined_on("EXTRACT", &[value], span),
        }
        let ty = derived(Base::BigInt, [&value]);
        call(format!("EXTRACT {unit}"), vec![value], ty, span)
    }

    /// `FLOOR(t TO unit)`, `CEIL(t TO unit)`; without a unit, of a number.
    pub(super) fn cut_to(
        &mut self,
        name: &'static str,
        field: &CeilFloorKind,
        value: Expr,
        span: Span,
    ) -> Expr {
        let unit = match field {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
                return self.call(name, vec![value], span);
            }
            CeilFloorKind::DateTimeField(unit) => unit_name(&unit.to_string()),
            CeilFloorKind::Scale(_) => None,
        };
        let Some(unit) = unit else {
            self.unsupported(span, &format!("this form of {name}"));
            return error(span);
        };
        match value.ty.base {
            Base::Unknown | Base::Timestamp(_) | Base::TimestampLtz(_) => {}
            _ => return self.undefined_on(&format!("{name}(… TO {unit})"), &[value], span),
        }
        let ty = derived(value.ty.base.clone(), [&value]);
        call(format!("{name} {unit}"), vec![value], ty, span)
    }

    /// `TRIM(BOTH characters FROM text)`.
    pub(super) fn trim(
        &mut self,
        side: Option<TrimWhereField>,
        characters: Option<Expr>,
        text: Expr,
        span: Span,
    ) -> Expr {
        let characters = match (side, characters) {
            (None, None) => return self.call("TRIM", vec![text], span),
            (_, Some(characters)) => characters,
            (_, None) => {
                let kind = ExprKind::Literal(Literal::Text(SmolStr::new_static(" ")));
                Expr { kind, ty: DataType::plain(Base::String), span }
            }
        };
        let args = vec![characters, text];
        if args.iter().any(|value| !matches!(value.ty.base, Base::String | Base::Unknown)) {
            return self.undefined_on("TRIM", &args, span);
        }
        let name = match side {
            Some(TrimWhereField::Leading) => "TRIM LEADING",
            Some(TrimWhereField::Trailing) => "TRIM TRAILING",
            _ => "TRIM BOTH",
        };
        let ty = derived(Base::String, &args);
        call(name, args, ty, span)
    }

    /// `POSITION(what IN text)`.
    pub(super) fn position(&mut self, what: Expr, text: Expr, span: Span) -> Expr {
        let args = vec![what, text];
        if args.iter().any(|value| !matches!(value.ty.base, Base::String | Base::Unknown)) {
            return self.undefined_on("POSITION", &args, span);
        }
        let ty = derived(Base::Int, &args);
        call("POSITION", args, ty, span)
    }

    /// `OVERLAY(text PLACING other FROM first [FOR count])`.
    pub(super) fn overlay(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        let fits = |(at, value): (usize, &Expr)| match value.ty.base {
            Base::Unknown => true,
            Base::String => at < 2,
            Base::Int => at >= 2,
            _ => false,
        };
        if !args.iter().enumerate().all(fits) {
            return self.undefined_on("OVERLAY", &args, span);
        }
        let ty = derived(Base::String, &args);
        call("OVERLAY", args, ty, span)
    }

    /// `a IS [NOT] TRUE` and the like: never null.
    pub(super) fn truth(
        &mut self,
        test: &'static str,
        inner: &ast::Expr,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let inner = self.expr(inner, scope);
        let inner = self.boolean(inner, &format!("what stands before {test}"));
        if matches!(inner.kind, ExprKind::Error) {
            return error(span);
        }
        let ty = DataType { nullable: false, ..derived(Base::Boolean, [&inner]) };
        call(test, vec![inner], ty, span)
    }

    /// `a SIMILAR TO pattern [ESCAPE escape]`.
    pub(super) fn similar(
        &mut self,
        value: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(value, scope);
        let pattern = self.expr(pattern, scope);
        let escape = escape.map(|escape| self.expr(escape, scope));
        if let (ExprKind::Literal(Literal::Text(text)), Some(escape)) =
            (&pattern.kind, constant_escape(escape.as_ref()))
            && similar_to_java(text, escape).is_none()
        {
            self.report(faults::bad_literal(
                "pattern of SIMILAR TO",
                text,
                "brackets in pairs, and the escape character before a special one or itself",
                pattern.span,
            ));
            return error(span);
        }
        self.text_test("SIMILAR TO", [Some(value), Some(pattern), escape], span)
    }

    /// A test of texts, which is a call in the plan: the text, the pattern, and the escape character.
    pub(super) fn text_test(&mut self, name: &'static str, parts: [Option<Expr>; 3], span: Span) -> Expr {
        let args: Vec<Expr> = parts.into_iter().flatten().collect();
        if args.iter().any(|value| !matches!(value.ty.base, Base::String | Base::Unknown)) {
            return self.undefined_on(name, &args, span);
        }
        let ty = derived(Base::Boolean, &args);
        call(name, args, ty, span)
    }

    /// `a IS [NOT] DISTINCT FROM b`: never null.
    pub(super) fn distinct(&mut self, a: Expr, b: Expr, negated: bool, span: Span) -> Expr {
        if self.common_type(vec![&a, &b]).is_none() {
            return error(span);
        }
        let args = vec![a, b];
        let ty = DataType { nullable: false, ..derived(Base::Boolean, &args) };
        call(if negated { "IS NOT DISTINCT FROM" } else { "IS DISTINCT FROM" }, args, ty, span)
    }

    /// `TIMESTAMPADD(unit, count, t)` and `TIMESTAMPDIFF(unit, from, to)`, whose first argument is a word.
    pub(super) fn of_unit(
        &mut self,
        name: &str,
        list: &[ast::FunctionArg],
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let expr = |argument: &ast::FunctionArg| match argument {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        };
        let args: Option<Vec<ast::Expr>> = list.iter().map(expr).collect();
        let Some([ast::Expr::Identifier(unit), first, second]) = args.as_deref() else {
            self.report(faults::needs_unit(name, span));
            return error(span);
        };
        let Some(unit) = unit_name(&unit.value) else {
            self.report(faults::needs_unit(name, span));
            return error(span);
        };
        let args = vec![self.expr(first, scope), self.expr(second, scope)];
        if args.iter().any(|argument| matches!(argument.kind, ExprKind::Error)) {
            return error(span);
        }
        let is_time = |base: &Base| matches!(base, Base::Timestamp(_) | Base::TimestampLtz(_));
        let bases: Vec<&Base> = args.iter().map(|argument| &argument.ty.base).collect();
        let of_days = !matches!(unit, "SECOND" | "MINUTE" | "HOUR");
        let result = match (name, bases.as_slice()) {
            ("TIMESTAMPADD", [Base::Int, Base::Date]) if of_days => Some(Base::Date),
            ("TIMESTAMPADD", [Base::Int, at]) if is_time(at) => Some((*at).clone()),
            ("TIMESTAMPDIFF", [a, b]) if is_time(a) && is_time(b) && types::common(a, b).is_some() => {
                Some(Base::Int)
            }
            _ => None,
        };
        let Some(base) = result else { return self.undefined_on(name, &args, span) };
        let ty = derived(base, &args);
        call(format!("{name} {unit}"), args, ty, span)
    }

    /// `t + INTERVAL '5' MINUTE`: the time so much later.
    pub(super) fn moved(&mut self, time: Expr, milliseconds: i64, span: Span) -> Expr {
        const UNITS: [(i64, &str); 4] =
            [(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1_000, "SECOND")];
        let fits = |(length, _): &&(i64, &str)| milliseconds % length == 0;
        let Some((length, unit)) = UNITS.iter().find(fits) else {
            self.unsupported(span, "an interval here of parts of a second");
            return error(span);
        };
        match (&time.ty.base, *unit) {
            (Base::Unknown | Base::Timestamp(_) | Base::TimestampLtz(_), _) | (Base::Date, "DAY") => {}
            _ => return self.undefined_on("+ INTERVAL", &[time], span),
        }
        let Ok(count) = i32::try_from(milliseconds / length) else {
            self.report(faults::bad_interval(span, self.places.text(span), false));
            return error(span);
        };
        let ty = derived(time.ty.base.clone(), [&time]);
        let count = Expr {
            kind: ExprKind::Literal(Literal::Number(SmolStr::new(count.to_string()))),
            ty: DataType::plain(Base::Int),
            span,
        };
        call(format!("TIMESTAMPADD {unit}"), vec![count, time], ty, span)
    }
}

/// The escape character that is written; `None` for one that is no constant of one character.
pub(super) fn constant_escape(escape: Option<&Expr>) -> Option<Option<char>> {
    match escape.map(|escape| &escape.kind) {
        None => Some(None),
        Some(ExprKind::Literal(Literal::Text(text))) => {
            let mut letters = text.chars();
            letters.next().filter(|_| letters.next().is_none()).map(Some)
        }
        Some(_) => None,
    }
}

fn constant(expr: &Expr) -> Option<i32> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(text)) => text.parse().ok(),
        _ => None,
    }
}

fn unit_name(word: &str) -> Option<&'static str> {
    const UNITS: [&str; 8] = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];
    UNITS.into_iter().find(|unit| unit.eq_ignore_ascii_case(word))
}
