//! `JOIN … ON`.

use std::ops::Range;

use smol_str::SmolStr;
use sqlparser::ast::{self, JoinConstraint, JoinOperator};

use super::{Binder, Scope, as_of, from::From, unnest};
use crate::{
    platform::DataType,
    sql::plan::{Field, JoinKind, Relation, RelationKind},
};

/// What may stand before a column's name, and the columns that it means.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: SmolStr,
    pub(super) fields: Range<usize>,
}

impl Named {
    /// The name of all there is.
    pub(super) fn whole(name: SmolStr) -> Self {
        Self { name, fields: 0..usize::MAX }
    }

    /// The same columns where others stand before them.
    pub(super) fn within(self, before: usize, count: usize) -> Self {
        let Range { start, end } = self.fields;
        Self { name: self.name, fields: start + before..end.min(count) + before }
    }
}

impl Binder<'_> {
    /// A relation with those that are joined to it, one after the other.
    pub(super) fn joined(&mut self, tables: &ast::TableWithJoins) -> Option<From> {
        let mut left = self.factor(&tables.relation)?;
        for join in &tables.joins {
            if let Some((time, plain)) = as_of::versioned(&join.relation) {
                left = self.joined_as_of(left, join, time, &plain)?;
                continue;
            }
            if let Some(unnest) = unnest::unnest(&join.relation) {
                let keeps_empty = self.keeps_empty(join)?;
                let span = self.places.call(self.span(&join.relation));
                left = self.unnested(left, &unnest, keeps_empty, span)?;
                continue;
            }
            let right = self.factor(&join.relation)?;
            let span = self.span(&join.relation);
            let (kind, constraint) = match &join.join_operator {
                JoinOperator::Join(on) | JoinOperator::Inner(on) => (JoinKind::Inner, on),
                JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (JoinKind::Left, on),
                JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (JoinKind::Right, on),
                JoinOperator::FullOuter(on) => (JoinKind::Full, on),
                _ => {
                    self.unsupported(span, "this form of JOIN");
                    return None;
                }
            };
            let JoinConstraint::On(on) = constraint else {
                self.unsupported(span, "JOIN without ON");
                return None;
            };
            left = self.joined_on(left, right, kind, on);
        }
        Some(left)
    }

    pub(super) fn joined_on(&mut self, left: From, right: From, kind: JoinKind, on: &ast::Expr) -> From {
        let (width, other) = (left.relation.fields.len(), right.relation.fields.len());
        let names: Vec<Named> = left
            .names
            .into_iter()
            .map(|named| named.within(0, width))
            .chain(right.names.into_iter().map(|named| named.within(width, other)))
            .collect();
        let side = |fields: &[Field], missing: bool| -> Vec<Field> {
            let field = |field: &Field| Field {
                name: field.name.clone(),
                ty: DataType { nullable: field.ty.nullable || missing, ..field.ty.clone() },
            };
            fields.iter().map(field).collect()
        };
        let both = [side(&left.relation.fields, false), side(&right.relation.fields, false)].concat();
        let mut scope = Scope { fields: &both, names: names.clone(), groups: None, clause: "ON" };
        let condition = self.condition(on, &mut scope);
        let fields = [
            side(&left.relation.fields, matches!(kind, JoinKind::Right | JoinKind::Full)),
            side(&right.relation.fields, matches!(kind, JoinKind::Left | JoinKind::Full)),
        ]
        .concat();
        let span = left.relation.span.to(right.relation.span);
        let kind = RelationKind::Join {
            left: Box::new(left.relation),
            right: Box::new(right.relation),
            kind,
            condition,
        };
        From { relation: Relation { kind, fields, span }, names }
    }
}
