//! `match`: one arm for each value, and none left out.

use smol_str::{SmolStr, ToSmolStr};

use super::{Builder, fault, names, statement::is_constant};
use crate::{
    platform::{
        Base, DataType,
        pipeline::{Arm, Choice, Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{BinaryOp, Expr, MatchArm},
};

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
        let mut seen: Vec<(SmolStr, Span)> = Vec::new();
        for arm in arms {
            if let Some((_, first)) = seen.iter().find(|(value, _)| value == "else") {
                self.report(fault::arm_again(arm.span, *first));
                break;
            }
            self.names.open();
            let condition = arm
                .pattern
                .as_ref()
                .map(|pattern| self.arm_condition(&subject, pattern, arm.span, &mut seen));
            if let Some(Some(condition)) = &condition {
                self.names.assume(names::present_when(condition, true));
            }
            let block = self.block(&arm.body);
            self.names.close();
            branches.push((block.open, block.bound));
            match condition {
                Some(Some(condition)) => made.push(Arm { condition, body: block.steps }),
                Some(None) => {}
                None => {
                    seen.push(("else".into(), arm.span));
                    otherwise = Some(block.steps);
                }
            }
        }
        if otherwise.is_none() {
            self.check_exhaustive(&subject, &seen);
        }
        let goes_on = branches.iter().any(|(open, _)| *open);
        self.join(branches);
        ((!made.is_empty()).then_some(Choice { by_value: true, arms: made, otherwise }), goes_on)
    }

    fn arm_condition(
        &mut self,
        subject: &Expression,
        pattern: &Expr,
        arm: Span,
        seen: &mut Vec<(SmolStr, Span)>,
    ) -> Option<Expression> {
        let wanted = DataType { nullable: true, ..subject.ty.clone() };
        let value = self.expected(pattern, &wanted, "this `match`")?;
        if !is_constant(&value) {
            self.report(fault::no_pattern(pattern.span));
            return None;
        }
        if value.kind == ExpressionKind::None && !subject.ty.nullable {
            let name = self.written(subject.span);
            self.report(fault::never_none(pattern.span, &name));
        }
        let key = constant_key(&value);
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == key) {
            self.report(fault::arm_again(pattern.span, *first));
            return None;
        }
        seen.push((key, arm));
        let kind = ExpressionKind::Binary(BinaryOp::Equal, Box::new(subject.clone()), Box::new(value));
        Some(Expression::new(kind, Base::Boolean, pattern.span))
    }

    fn check_exhaustive(&mut self, subject: &Expression, seen: &[(SmolStr, Span)]) {
        let mut wanted: Vec<SmolStr> = match &subject.ty.base {
            Base::Boolean => vec!["true".into(), "false".into()],
            Base::Unknown => return,
            _ if !subject.ty.refinement.one_of.is_empty() => {
                subject.ty.refinement.one_of.iter().map(|value| shown(&subject.ty.base, value)).collect()
            }
            _ => {
                self.report(fault::not_exhaustive(subject.span, "all other values"));
                return;
            }
        };
        if subject.ty.nullable {
            wanted.push("none".into());
        }
        wanted.retain(|value| !seen.iter().any(|(known, _)| known == value));
        if !wanted.is_empty() {
            self.report(fault::not_exhaustive(subject.span, &format!("`{}`", wanted.join("`, `"))));
        }
    }
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
