//! What a sentence demands of requests: `when` and `until`. One statement of a policy says all of it, so what it can't say is refused.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{Context, scope::as_path, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{Condition as Declared, ConditionId, condition::Measure},
    platform::{Comparison, Condition, ValueKind},
    source::{FileId, Span},
    syntax::ast::{self, BinaryOp, Expr, ExprKind, UnaryOp},
};

/// The condition that `until` is short for.
const TIME: &str = "time";

impl Context<'_> {
    /// The conditions of a sentence, sorted. One that can't be read is reported.
    pub(super) fn when(&mut self, file: FileId, grant: &ast::Grant) -> Vec<Condition> {
        let until = grant.until.as_ref().and_then(|until| self.until(file, until));
        self.together(file, &grant.conditions, until)
    }

    /// The conditions of a field.
    pub(super) fn demanded(&mut self, file: FileId, written: &[Expr]) -> Vec<Condition> {
        self.together(file, written, None)
    }

    fn together(&mut self, file: FileId, written: &[Expr], until: Option<Condition>) -> Vec<Condition> {
        let mut all = Vec::from_iter(until);
        for condition in written {
            self.demands(file, condition, true, &mut all);
        }
        all.sort();
        all.dedup();
        self.reject_contradictions(&all);
        all
    }

    /// `until 2027-01-31`: the sentence ends when that day begins.
    fn until(&mut self, file: FileId, until: &Expr) -> Option<Condition> {
        let library = self.library.clone();
        let (condition, declared) = library.condition_named(TIME)?;
        let values = self.compared_with(file, declared, until)?;
        let key = declared.key.clone();
        Some(Condition { condition, key, comparison: Comparison::Less, values, span: until.span })
    }

    /// Adds what an expression demands, or with `holds` unset what its contrary does.
    fn demands(&mut self, file: FileId, expr: &Expr, holds: bool, all: &mut Vec<Condition>) {
        match &expr.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.demands(file, inner, !holds, all),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), span, left, right) => {
                if holds == (*op == BinaryOp::And) {
                    self.demands(file, left, holds, all);
                    self.demands(file, right, holds, all);
                    return;
                }
                let (mut one, mut other) = (Vec::new(), Vec::new());
                self.demands(file, left, holds, &mut one);
                self.demands(file, right, holds, &mut other);
                match (one.as_slice(), other.as_slice()) {
                    ([one], [other]) if can_be_either(one, other) => {
                        let values = one.values.union(&other.values).cloned().collect();
                        all.push(Condition { values, span: expr.span, ..one.clone() });
                    }
                    ([], _) | (_, []) => {}
                    _ => self.diagnostics.push(either_or(*span)),
                }
            }
            ExprKind::Error => {}
            _ => all.extend(self.demand(file, expr, holds)),
        }
    }

    /// A comparison, or a condition that is true or false by itself.
    fn demand(&mut self, file: FileId, expr: &Expr, holds: bool) -> Option<Condition> {
        let library = self.library.clone();
        let (asked, comparison, with) = match &expr.kind {
            ExprKind::Binary(op, _, left, right) => match comparison(*op) {
                // `1h > mfa_age` is read from its other side.
                Some(comparison) if !self.is_condition(left) && self.is_condition(right) => {
                    (&**right, comparison.turned(), Some(&**left))
                }
                Some(comparison) => (&**left, comparison, Some(&**right)),
                None => {
                    self.diagnostics.push(no_condition(expr.span));
                    return None;
                }
            },
            _ => (expr, Comparison::Equal, None),
        };
        let (condition, key) = self.key_of(file, asked)?;
        let declared = library.condition(condition);
        let written = if holds { comparison } else { comparison.negated() };
        let (comparison, values) = match (declared.measure, with) {
            (Measure::Flag, _) => {
                let value = self.flag(file, declared, written, with, expr.span)?;
                (Comparison::Equal, BTreeSet::from([SmolStr::new(value.to_string())]))
            }
            (_, None) => {
                self.diagnostics.push(compared_with_nothing(expr.span, declared));
                return None;
            }
            (measure, Some(with)) => {
                if !compares(measure, comparison) {
                    self.diagnostics.push(wrong_comparison(expr.span, declared));
                    return None;
                }
                (written, self.compared_with(file, declared, with)?)
            }
        };
        Some(Condition { condition, key, comparison, values, span: expr.span })
    }

    fn is_condition(&self, expr: &Expr) -> bool {
        let name = match &expr.kind {
            ExprKind::Call(name, _) => &name.kind,
            kind => kind,
        };
        matches!(name, ExprKind::Name(name) if self.library.condition_named(name).is_some())
    }

    /// Which condition is named, and its key.
    fn key_of(&mut self, file: FileId, expr: &Expr) -> Option<(ConditionId, SmolStr)> {
        let (named, args) = match &expr.kind {
            ExprKind::Call(named, args) => (&**named, Some(args.as_slice())),
            _ => (expr, None),
        };
        let ExprKind::Name(name) = &named.kind else {
            self.diagnostics.push(no_condition(expr.span));
            return None;
        };
        let library = self.library.clone();
        let Some((id, declared)) = library.condition_named(name) else {
            let names = library.conditions.iter().map(|condition| condition.name.as_str());
            self.diagnostics.push(unknown_condition(named.span, name, names));
            return None;
        };
        let params = declared.param.as_slice();
        if params.is_empty() && args.is_none() {
            return Some((id, declared.key.clone()));
        }
        let values = self.arguments(file, args.unwrap_or_default(), params, expr.span, name)?;
        match values.into_iter().flatten().next().map(|value| value.kind) {
            Some(ValueKind::Text(text)) => Some((id, SmolStr::new(declared.key.replace("{key}", &text)))),
            _ => None,
        }
    }

    /// Whether a condition that is true or false must be true.
    fn flag(
        &mut self,
        file: FileId,
        declared: &Declared,
        comparison: Comparison,
        with: Option<&Expr>,
        span: Span,
    ) -> Option<bool> {
        let wanted = match with {
            None => true,
            Some(with) => match self.value(file, with, &declared.value)?.kind {
                ValueKind::Bool(value) => value,
                _ => return None,
            },
        };
        match comparison {
            Comparison::Equal => Some(wanted),
            Comparison::NotEqual => Some(!wanted),
            _ => {
                self.diagnostics.push(wrong_comparison(span, declared));
                None
            }
        }
    }

    /// Reports conditions of one sentence that no request can meet together.
    fn reject_contradictions(&mut self, all: &[Condition]) {
        for (at, one) in all.iter().enumerate() {
            for other in all.iter().skip(at + 1) {
                let measure = self.library.condition(one.condition).measure;
                if one.key.eq_ignore_ascii_case(&other.key) && exclude(measure, one, other) {
                    self.diagnostics.push(never_both(one.span, other.span));
                }
            }
        }
    }

    /// The declaration that an expression names.
    pub(super) fn names_resource(&self, file: FileId, expr: &Expr) -> Option<crate::platform::ResourceId> {
        match self.peek(file, &as_path(expr)?)? {
            super::Meaning::Resource(id) => Some(id),
            _ => None,
        }
    }
}

/// Whether two conditions are one that has the values of both.
fn can_be_either(one: &Condition, other: &Condition) -> bool {
    one.key == other.key && one.comparison == Comparison::Equal && other.comparison == Comparison::Equal
}

/// Whether one statement can't say both, or nothing can be both.
fn exclude(measure: Measure, one: &Condition, other: &Condition) -> bool {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    match (one.comparison, other.comparison) {
        (NotEqual, NotEqual) => false,
        (Equal, NotEqual) => one.values.is_subset(&other.values),
        (NotEqual, Equal) => other.values.is_subset(&one.values),
        (Less | LessOrEqual, Greater | GreaterOrEqual) => !before(measure, other, one),
        (Greater | GreaterOrEqual, Less | LessOrEqual) => !before(measure, one, other),
        (one, other) => one == other,
    }
}

/// Whether the value of one comes before that of another.
fn before(measure: Measure, low: &Condition, high: &Condition) -> bool {
    match (low.values.first(), high.values.first()) {
        (Some(low), Some(high)) if measure == Measure::Seconds => {
            low.parse::<u64>().unwrap_or_default() < high.parse::<u64>().unwrap_or_default()
        }
        (low, high) => low < high,
    }
}

fn comparison(op: BinaryOp) -> Option<Comparison> {
    Some(match op {
        BinaryOp::Equal => Comparison::Equal,
        BinaryOp::NotEqual => Comparison::NotEqual,
        BinaryOp::Less => Comparison::Less,
        BinaryOp::LessOrEqual => Comparison::LessOrEqual,
        BinaryOp::Greater => Comparison::Greater,
        BinaryOp::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// What is measured is more or less, everything else the same or not.
fn compares(measure: Measure, comparison: Comparison) -> bool {
    let same = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    same != matches!(measure, Measure::Seconds | Measure::Instant)
}

fn no_condition(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::BAD_CONDITION, span, "this is no condition of a request", "asks nothing")
        .help(
            "compare what a request has: `source_ip = \"203.0.113.0/24\"`, `mfa`, `tag(\"team\") = \"data\"`",
        )
}

fn unknown_condition<'a>(span: Span, name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let message = format!("there is no condition `{name}`");
    let diagnostic = Diagnostic::error(catalogue::UNRESOLVED, span, message, "not known");
    match suggest::nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(suggest::there_are(&known)),
    }
}

/// A condition as it is written, with a place for its parameter.
fn spelled(declared: &Declared) -> String {
    if declared.param.is_some() { format!("{}(\"…\")", declared.name) } else { declared.name.to_string() }
}

fn compared_with_nothing(span: Span, declared: &Declared) -> Diagnostic {
    let name = spelled(declared);
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        format!("`{name}` is neither true nor false by itself"),
        "compared with nothing",
    )
    .help(match declared.measure {
        Measure::Seconds | Measure::Instant => format!("compare it: `{name} < …`"),
        _ => format!("compare it: `{name} = …`"),
    })
}

fn wrong_comparison(span: Span, declared: &Declared) -> Diagnostic {
    let name = spelled(declared);
    let (why, help) = match declared.measure {
        Measure::Flag => ("is true or false", format!("write `{name}` or `not {name}`")),
        Measure::Seconds | Measure::Instant => {
            ("is more or less, and hardly ever the same", format!("compare it with `<` or `>`: `{name} < …`"))
        }
        _ => (
            "is the same or not, and neither more nor less",
            format!("compare it with `=` or `!=`: `{name} = …`"),
        ),
    };
    Diagnostic::error(catalogue::BAD_CONDITION, span, format!("`{name}` {why}"), "can't be compared so")
        .help(help)
}

fn either_or(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::EITHER_OR,
        span,
        "one sentence can't demand either of two different things",
        "no policy says this in one statement",
    )
    .help("write two sentences, one for each; several values of the same condition are a list: `tag(\"team\") = [\"a\", \"b\"]`")
}

fn never_both(one: Span, other: Span) -> Diagnostic {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    Diagnostic::error(
        catalogue::NEVER_HOLDS,
        second,
        "no request meets both of these conditions, or one of them says it all",
        "at odds with the other",
    )
    .related(first, "demanded already")
    .help("say it once; where one of several values is enough, list them: `source_ip = [\"…\", \"…\"]`")
}
