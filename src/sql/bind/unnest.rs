//! `CROSS JOIN UNNEST(list) AS t (x)`: a row for each item of a list or entry of a map that a row holds.

use smol_str::SmolStr;
use sqlparser::ast::{self, JoinConstraint, JoinOperator, TableFactor};

use super::{Binder, Scope, from::From, join::Named, nested::within, nested_faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{Expr, ExprKind, Field, Relation, RelationKind},
        types,
    },
};

/// What is written as `UNNEST(…) [WITH ORDINALITY] AS name (columns)`.
pub(super) struct Unnest<'a> {
    list: &'a ast::Expr,
    ordinality: bool,
    alias: Option<&'a ast::TableAlias>,
}

/// An item of FROM as UNNEST, where it is one.
pub(super) fn unnest(factor: &TableFactor) -> Option<Unnest<'_>> {
    let TableFactor::Table { name, args: Some(arguments), alias, with_ordinality, .. } = factor else {
        return None;
    };
    let is_unnest = |part: &ast::ObjectNamePart| {
        part.as_ident()
            .is_some_and(|name| name.quote_style.is_none() && name.value.eq_ignore_ascii_case("UNNEST"))
    };
    let ([only], [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(list))]) =
        (name.0.as_slice(), arguments.args.as_slice())
    else {
        return None;
    };
    is_unnest(only).then_some(Unnest { list, ordinality: *with_ordinality, alias: alias.as_ref() })
}

impl Binder<'_> {
    /// Whether a join keeps rows whose list is empty; reports other joins.
    pub(super) fn keeps_empty(&mut self, join: &ast::Join) -> Option<bool> {
        let is_true = |constraint: &JoinConstraint| match constraint {
            JoinConstraint::On(ast::Expr::Value(value)) => matches!(value.value, ast::Value::Boolean(true)),
            _ => false,
        };
        match &join.join_operator {
            JoinOperator::CrossJoin(JoinConstraint::None) => Some(false),
            JoinOperator::Join(on) | JoinOperator::Inner(on) if is_true(on) => Some(false),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) if is_true(on) => Some(true),
            _ => {
                let span = self.span(&join.relation);
                self.report(nested_faults::unnest(
                    "UNNEST is joined to each row alone",
                    "CROSS JOIN UNNEST(…) AS name (column), or LEFT JOIN UNNEST(…) AS name (column) ON TRUE",
                    span,
                ));
                None
            }
        }
    }

    /// Each row beside what its list holds.
    pub(super) fn unnested(
        &mut self,
        left: From,
        written: &Unnest<'_>,
        keeps_empty: bool,
        span: Span,
    ) -> Option<From> {
        let mut scope = Scope {
            fields: &left.relation.fields,
            names: left.names.clone(),
            groups: None,
            clause: "UNNEST",
        };
        let list = self.expr(written.list, &mut scope);
        if matches!(list.kind, ExprKind::Error) {
            return None;
        }
        let Some(mut parts) = self.parts_of(&list) else {
            self.report(nested_faults::unnest(
                &format!("UNNEST takes a list or a map apart, and this is {}", types::spelled(&list.ty.base)),
                "UNNEST(list) of a column that is a list",
                list.span,
            ));
            return None;
        };
        if written.ordinality {
            parts.push(Field { name: SmolStr::new_static("ORDINALITY"), ty: DataType::plain(Base::Int) });
        }
        let alias = self.name_parts(written, &mut parts, &list, span)?;
        for part in parts.iter_mut().filter(|_| keeps_empty) {
            part.ty.nullable = true;
        }
        let (width, count) = (left.relation.fields.len(), parts.len());
        let names = left.names.into_iter().map(|named| named.within(0, width));
        let names = names.chain([Named::whole(alias).within(width, count)]).collect();
        let fields = left.relation.fields.iter().cloned().chain(parts).collect();
        let whole = left.relation.span.to(span);
        let kind = RelationKind::Unnest {
            input: Box::new(left.relation),
            list,
            keeps_empty,
            ordinality: written.ordinality,
        };
        Some(From { relation: Relation { kind, fields, span: whole }, names })
    }

    /// The columns that items become: those of a record, the key and the value of a map's entry, or one.
    fn parts_of(&self, list: &Expr) -> Option<Vec<Field>> {
        let part = |name: &str, ty: &DataType| Field {
            name: SmolStr::new(name),
            ty: DataType { nullable: ty.nullable, ..within(ty, [list]) },
        };
        match &list.ty.base {
            Base::List(item) => match item.base {
                Base::Record(id) => {
                    let columns = self.platform.schema(id).columns.iter();
                    Some(columns.map(|column| part(&column.name, &column.ty)).collect())
                }
                _ => Some(vec![part("", item)]),
            },
            Base::Map(key, value) => Some(vec![part("", key), part("", value)]),
            _ => None,
        }
    }

    /// Gives the columns the names that stand behind the table's; without, a record's columns have their own.
    fn name_parts(
        &mut self,
        written: &Unnest<'_>,
        parts: &mut [Field],
        list: &Expr,
        span: Span,
    ) -> Option<SmolStr> {
        let named = parts.iter().all(|part| !part.name.is_empty());
        let alias = written.alias.filter(|alias| match alias.columns.len() {
            0 => named && !written.ordinality,
            count => count == parts.len(),
        });
        let Some(alias) = alias else {
            let columns =
                ["item", "value", "place"].into_iter().take(parts.len()).collect::<Vec<_>>().join(", ");
            let message = match parts.len() {
                1 => "UNNEST gives one column, which has a name".to_owned(),
                count => format!("UNNEST gives {count} columns, each with a name"),
            };
            let ours = format!("UNNEST({}) AS name ({columns})", self.places.text(list.span));
            self.report(nested_faults::unnest(&message, &ours, span));
            return None;
        };
        for (part, column) in parts.iter_mut().zip(&alias.columns) {
            part.name = SmolStr::new(&column.name.value);
        }
        Some(SmolStr::new(&alias.name.value))
    }
}
