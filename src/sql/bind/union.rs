//! `UNION ALL`.

use super::{Binder, derived, faults};
use crate::{
    source::Span,
    sql::{
        plan::{Expr, ExprKind, Field, Relation, RelationKind},
        types,
    },
};

impl Binder<'_> {
    /// The rows of both, with the names of the first and types that hold both.
    pub(super) fn union(&mut self, left: Relation, right: Relation, span: Span) -> Option<Relation> {
        if left.fields.len() != right.fields.len() {
            self.report(faults::union_columns(left.fields.len(), right.fields.len(), right.span));
            return None;
        }
        let mut fields: Vec<Field> = Vec::new();
        for (a, b) in left.fields.iter().zip(&right.fields) {
            let Some(base) = types::common(&a.ty.base, &b.ty.base) else {
                let (first, other) = (types::spelled(&a.ty.base), types::spelled(&b.ty.base));
                self.report(faults::union_types(&a.name, &first, &other, right.span));
                return None;
            };
            let column = |field: &Field| Expr { kind: ExprKind::Error, ty: field.ty.clone(), span };
            let ty = derived(base, [column(a), column(b)].iter());
            fields.push(Field { name: a.name.clone(), ty });
        }
        let mut parts = parts(left);
        parts.extend(self::parts(right));
        let parts = parts.into_iter().map(|part| as_fields(part, &fields)).collect();
        Some(Relation { kind: RelationKind::Union(parts), fields, span })
    }
}

fn parts(relation: Relation) -> Vec<Relation> {
    match relation.kind {
        RelationKind::Union(parts) => parts,
        _ => vec![relation],
    }
}

/// A query with its columns named and converted.
fn as_fields(relation: Relation, fields: &[Field]) -> Relation {
    let RelationKind::Project { input, exprs } = relation.kind else { return relation };
    let converted = exprs.into_iter().zip(fields).map(|(expr, field)| {
        if expr.ty.base == field.ty.base {
            return expr;
        }
        let ty = crate::platform::DataType { base: field.ty.base.clone(), ..expr.ty.clone() };
        Expr { span: expr.span, kind: ExprKind::Cast(Box::new(expr)), ty }
    });
    let exprs: Vec<Expr> = converted.collect();
    let own = fields
        .iter()
        .zip(&exprs)
        .map(|(field, expr)| Field { name: field.name.clone(), ty: expr.ty.clone() });
    Relation { fields: own.collect(), kind: RelationKind::Project { input, exprs }, span: relation.span }
}
