//! `match`: one arm for each value, and none left out.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, ToSmolStr};

use super::{Builder, fault, names, statement::is_constant};
use crate::{
    platform::{
        Base, DataType, Refinement,
        pipeline::{Arm, Choice, Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{BinaryOp, Expr, MatchArm},
};

/// The values that have an arm, as they are written, and `else`.
type Seen = FxHashMap<SmolStr, Span>;

impl Builder<'_, '_> {
    /// `match`; the second answer is whether what stands behind it can be reached.
    pub(super) fn match_on(&mut self, subject: &Expr, arms: &[MatchArm]) -> (Option<Choice>, bool) {
        let Some(subject) = self.expression(subject) else {
            let blocks = arms.iter().map(|arm| self.block(&arm.body));
            let branches: Vec<_> = blocks.map(|block| (block.open, block.bound)).collect();
            self.join(branches);
            return (None, true);
        };
        if subject.varies(&self.library) {
            self.report(fault::asked_twice(subject.span));
        }
        let (mut made, mut otherwise, mut branches) = (Vec::new(), None, Vec::new());
        let mut seen = Seen::default();
        let wanted = DataType { nullable: true, ..subject.ty.clone() };
        // Each arm's condition names the subject, whose type may list many values.
        let plain = DataType { refinement: Refinement::default(), ..subject.ty.clone() };
        let compared = Expression { ty: plain, ..subject.clone() };
        let mut behind: Vec<SmolStr> = Vec::new();
        let mut broken = false;
        self.names.open();
        for arm in arms {
            if let Some(first) = seen.get("else") {
                self.report(fault::arm_again(arm.span, *first));
                break;
            }
            self.names.open();
            let condition = arm
                .pattern
                .as_ref()
                .map(|pattern| self.arm_condition(&compared, &wanted, pattern, arm.span, &mut seen));
            if let Some(Some(condition)) = &condition {
                self.names.assume(names::present_when(condition, true));
            }
            let block = self.block(&arm.body);
            self.names.close();
            match condition {
                Some(Some(condition)) => {
                    let not = names::present_when(&condition, false);
                    behind.extend(not.iter().filter(|_| !block.open).cloned());
                    self.names.assume(not);
                    made.push(Arm { condition, body: block.steps });
                }
                Some(None) => broken = true,
                None => {
                    seen.insert("else".into(), arm.span);
                    otherwise = Some(block.steps);
                }
            }
            branches.push((block.open, block.bound));
        }
        self.names.close();
        // An arm that is not understood may be the one that is missing.
        if !broken {
            self.check_exhaustive(&subject, &seen);
        }
        let goes_on = branches.iter().any(|(open, _)| *open);
        self.join(branches);
        self.names.assume(behind);
        ((!made.is_empty()).then_some(Choice { by_value: true, arms: made, otherwise }), goes_on)
    }

    fn arm_condition(
        &mut self,
        subject: &Expression,
        wanted: &DataType,
        pattern: &Expr,
        arm: Span,
        seen: &mut Seen,
    ) -> Option<Expression> {
        let value = self.expected(pattern, wanted, "this `match`")?;
        if !is_constant(&value) {
            self.report(fault::no_pattern(pattern.span));
            return None;
        }
        if value.kind == ExpressionKind::None && !subject.ty.nullable {
            let name = self.written(subject.span);
            self.report(fault::never_none(pattern.span, &name));
        }
        let key = constant_key(&value);
        if let Some(first) = seen.get(&key) {
            self.report(fault::arm_again(pattern.span, *first));
            return None;
        }
        seen.insert(key, arm);
        let kind = ExpressionKind::Binary(BinaryOp::Equal, Box::new(subject.clone()), Box::new(value));
        Some(Expression::new(kind, Base::Boolean, pattern.span))
    }

    /// Reports the values that have no arm; with an `else`, that there are none left for it.
    fn check_exhaustive(&mut self, subject: &Expression, seen: &Seen) {
        let otherwise = seen.get("else").copied();
        let Some(mut wanted) = values_of(&subject.ty) else {
            if otherwise.is_none() && subject.ty.base != Base::Unknown {
                self.report(fault::not_exhaustive(subject.span, "all other values"));
            }
            return;
        };
        wanted.retain(|value| !seen.contains_key(value));
        match otherwise {
            None if !wanted.is_empty() => {
                self.report(fault::not_exhaustive(subject.span, &format!("`{}`", wanted.join("`, `"))));
            }
            Some(span) if wanted.is_empty() => {
                let name = self.written(subject.span);
                self.report(fault::nothing_left(Span::new(span.start, span.start.saturating_add(4)), &name));
            }
            _ => {}
        }
    }
}

/// All values of a type that has only so many, as they are written; nothing for one of endlessly many.
fn values_of(ty: &DataType) -> Option<Vec<SmolStr>> {
    let mut values: Vec<SmolStr> = match &ty.base {
        Base::Boolean => vec!["true".into(), "false".into()],
        _ if ty.refinement.one_of.is_empty() => return None,
        base => ty.refinement.one_of.iter().map(|value| shown(base, value)).collect(),
    };
    if ty.nullable {
        values.push("none".into());
    }
    Some(values)
}

fn shown(base: &Base, value: &SmolStr) -> SmolStr {
    match base {
        Base::String => format!("\"{value}\"").into(),
        _ => value.clone(),
    }
}

fn constant_key(value: &Expression) -> SmolStr {
    match &value.kind {
        ExpressionKind::Text(text) => format!("\"{text}\"").into(),
        ExpressionKind::Bool(value) => value.to_smolstr(),
        ExpressionKind::Number(text) => text.clone(),
        ExpressionKind::Negate(inner) => format!("-{}", constant_key(inner)).into(),
        _ => "none".into(),
    }
}
