//! What values an expression can have where conditions hold: sets of numbers as intervals, exact on decimal constants. A set is never smaller
//! than the truth, so what it rules out can't happen.

use crate::platform::{Base, Refinement};

use super::plan::{AggregateCall, AggregateFunction, Comparison, Expr, ExprKind, Literal};

/// A decimal number, exactly: unscaled value and digits behind the point.
#[derive(Clone, Copy, Debug)]
pub struct Number(i128, u32);

impl Number {
    /// A number as it is written; `None` with an exponent, or with more digits than are worth it.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= 15)?;
        let value: i128 = digits.parse().ok()?;
        (value.unsigned_abs() < 10_u128.pow(20)).then_some(Self(value, scale))
    }

    fn at_scale(self, scale: u32) -> i128 {
        self.0.saturating_mul(10_i128.saturating_pow(scale.saturating_sub(self.1)))
    }

    fn compare(self, other: Self) -> std::cmp::Ordering {
        let scale = self.1.max(other.1);
        self.at_scale(scale).cmp(&other.at_scale(scale))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other).is_eq()
    }
}

/// A place between numbers: just before or just behind one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Lowest,
    Before(Number),
    Behind(Number),
    Highest,
}

impl Cut {
    fn compare(self, other: Self) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        match (self, other) {
            (Self::Lowest, Self::Lowest) | (Self::Highest, Self::Highest) => Ordering::Equal,
            (Self::Lowest, _) | (_, Self::Highest) => Ordering::Less,
            (_, Self::Lowest) | (Self::Highest, _) => Ordering::Greater,
            (Self::Before(a), Self::Before(b)) | (Self::Behind(a), Self::Behind(b)) => a.compare(b),
            (Self::Before(a), Self::Behind(b)) => a.compare(b).then(Ordering::Less),
            (Self::Behind(a), Self::Before(b)) => a.compare(b).then(Ordering::Greater),
        }
    }

    fn below(self, other: Self) -> bool {
        self.compare(other).is_lt()
    }
}

/// The values that an expression can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// Intervals from cut to cut, apart and ascending.
    intervals: Vec<(Cut, Cut)>,
    /// Whether it can be null.
    null: bool,
    /// Whether it can be no number.
    nan: bool,
}

impl Set {
    /// Every value, null and NaN included.
    pub fn everything() -> Self {
        Self { intervals: vec![(Cut::Lowest, Cut::Highest)], null: true, nan: true }
    }

    /// Every number that a type's conditions allow.
    pub fn of_type(base: &Base, nullable: bool, refinement: &Refinement) -> Self {
        let low = refinement
            .min
            .as_deref()
            .map_or(Some(Cut::Lowest), |text| Number::parse(text).map(Cut::Before))
            .unwrap_or(Cut::Lowest);
        let high = refinement
            .max
            .as_deref()
            .map_or(Some(Cut::Highest), |text| Number::parse(text).map(Cut::Behind))
            .unwrap_or(Cut::Highest);
        let bounded = refinement.min.is_some() || refinement.max.is_some();
        Self { intervals: vec![(low, high)], null: nullable, nan: *base == Base::Double && !bounded }
    }

    fn compared(op: Comparison, with: Number) -> Self {
        let (before, behind) = (Cut::Before(with), Cut::Behind(with));
        let intervals = match op {
            Comparison::Equal => vec![(before, behind)],
            Comparison::NotEqual => vec![(Cut::Lowest, before), (behind, Cut::Highest)],
            Comparison::Less => vec![(Cut::Lowest, before)],
            Comparison::LessOrEqual => vec![(Cut::Lowest, behind)],
            Comparison::Greater => vec![(behind, Cut::Highest)],
            Comparison::GreaterOrEqual => vec![(before, Cut::Highest)],
        };
        // A comparison with NaN is false, but for `<>`.
        Self { intervals, null: false, nan: op == Comparison::NotEqual }
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty() && !self.null && !self.nan
    }

    /// The values in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut intervals = Vec::new();
        for (a, b) in &self.intervals {
            for (c, d) in &other.intervals {
                let low = if a.below(*c) { *c } else { *a };
                let high = if b.below(*d) { *b } else { *d };
                if low.below(high) {
                    intervals.push((low, high));
                }
            }
        }
        Self { intervals, null: self.null && other.null, nan: self.nan && other.nan }
    }

    /// The values in any of them.
    pub fn any(sets: impl IntoIterator<Item = Self>) -> Self {
        let mut union = Self { intervals: Vec::new(), null: false, nan: false };
        let mut all: Vec<(Cut, Cut)> = Vec::new();
        for set in sets {
            all.extend(set.intervals);
            union.null |= set.null;
            union.nan |= set.nan;
        }
        all.sort_by(|a, b| a.0.compare(b.0));
        for (low, high) in all {
            match union.intervals.last_mut() {
                Some(last) if !last.1.below(low) => {
                    if last.1.below(high) {
                        last.1 = high;
                    }
                }
                _ => union.intervals.push((low, high)),
            }
        }
        union
    }

    /// The values in this one alone.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut gaps = Vec::new();
        let mut low = Cut::Lowest;
        for (start, end) in &other.intervals {
            if low.below(*start) {
                gaps.push((low, *start));
            }
            low = *end;
        }
        if low.below(Cut::Highest) {
            gaps.push((low, Cut::Highest));
        }
        self.and(&Self { intervals: gaps, null: !other.null, nan: !other.nan })
    }
}

/// The values of `of` for which a condition can be true.
pub fn where_true(condition: &Expr, of: &Expr) -> Set {
    match &condition.kind {
        ExprKind::And(list) => {
            list.iter().fold(Set::everything(), |set, part| set.and(&where_true(part, of)))
        }
        ExprKind::Or(list) => Set::any(list.iter().map(|part| where_true(part, of))),
        ExprKind::Not(inner) => where_not_true(inner, of),
        ExprKind::IsNull(inner) if inner.same(of) => Set { intervals: Vec::new(), null: true, nan: false },
        ExprKind::Compare(..) => {
            comparison(condition, of).map_or_else(Set::everything, |(op, with)| Set::compared(op, with))
        }
        ExprKind::Literal(Literal::Boolean(false)) => Set { intervals: Vec::new(), null: false, nan: false },
        _ => Set::everything(),
    }
}

/// The values for which the negation of a condition can be true.
fn where_not_true(condition: &Expr, of: &Expr) -> Set {
    match &condition.kind {
        ExprKind::IsNull(inner) if inner.same(of) => Set { null: false, ..Set::everything() },
        ExprKind::Compare(..) => match comparison(condition, of) {
            Some((op, with)) => Set::compared(op.negated(), with),
            None => Set::everything(),
        },
        ExprKind::Not(inner) => where_true(inner, of),
        _ => Set::everything(),
    }
}

/// Whether a condition says something about one expression and nothing else, so that where it is not true is exactly the rest.
pub fn only_about(condition: &Expr, of: &Expr) -> bool {
    match &condition.kind {
        ExprKind::And(list) | ExprKind::Or(list) => list.iter().all(|part| only_about(part, of)),
        ExprKind::IsNull(inner) => inner.same(of),
        ExprKind::Compare(..) => comparison(condition, of).is_some(),
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::IsNull(_) | ExprKind::Compare(..) => only_about(inner, of),
            _ => false,
        },
        _ => false,
    }
}

/// The expressions that a condition compares with constants.
pub fn subjects(condition: &Expr) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = Vec::new();
    condition.walk(&mut |part| {
        let subject = match &part.kind {
            ExprKind::Compare(_, a, b) if number(b).is_some() => a,
            ExprKind::Compare(_, a, b) if number(a).is_some() => b,
            ExprKind::IsNull(a) => a,
            _ => return,
        };
        if !found.iter().any(|known| known.same(subject)) {
            found.push(subject);
        }
    });
    found
}

/// A comparison of an expression with a constant, the expression on the left.
pub fn comparison(condition: &Expr, of: &Expr) -> Option<(Comparison, Number)> {
    let ExprKind::Compare(op, a, b) = &condition.kind else { return None };
    match (number(a), number(b)) {
        (None, Some(with)) if a.same(of) => Some((*op, with)),
        (Some(with), None) if b.same(of) => Some((op.mirrored(), with)),
        _ => None,
    }
}

/// A constant, as a number.
pub fn number(expr: &Expr) -> Option<Number> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(text)) => Number::parse(text),
        _ => None,
    }
}

/// What an aggregate can be, from what its argument's type says.
pub fn of_aggregate(call: &AggregateCall) -> Set {
    let whole = Set::of_type(&call.ty.base, call.ty.nullable, &Refinement::default());
    match (call.function, &call.argument) {
        (AggregateFunction::Count, _) => {
            let least =
                if call.argument.is_none() && call.filter.is_none() { Number(1, 0) } else { Number(0, 0) };
            Set { intervals: vec![(Cut::Before(least), Cut::Highest)], null: false, nan: false }
        }
        (AggregateFunction::Min | AggregateFunction::Max, Some(argument)) => {
            Set::of_type(&call.ty.base, call.ty.nullable, &argument.ty.refinement)
        }
        (AggregateFunction::Avg, Some(argument)) => {
            let refinement = widened(&argument.ty.refinement);
            Set::of_type(&call.ty.base, call.ty.nullable, &refinement)
        }
        _ => whole,
    }
}

/// Bounds a little wider: an average of DOUBLE values can pass theirs in the last bits.
fn widened(refinement: &Refinement) -> Refinement {
    let moved = |bound: &Option<smol_str::SmolStr>, by: i128| {
        let number = bound.as_deref().and_then(Number::parse)?;
        let whole = number.0.checked_div(10_i128.checked_pow(number.1)?)?;
        Some(smol_str::SmolStr::new((whole + by * (1 + whole.abs() / 1_000)).to_string()))
    };
    Refinement { min: moved(&refinement.min, -1), max: moved(&refinement.max, 1), ..Refinement::default() }
}
