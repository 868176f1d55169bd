//! Values within values: fields of records, items of lists and maps, and lists and maps that are made. In the plan a field is the call `FIELD name`
//! and an item the call `ITEM`.

use smol_str::SmolStr;
use sqlparser::ast::{self, AccessExpr, Subscript};

use super::{Binder, Scope, derived, error, faults, nested_faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{Expr, ExprKind, Literal, Relation, RelationKind},
        types,
    },
};

/// The function that a map in brackets is read as.
pub(super) const MAP: &str = crate::sql::parse::MAP;

impl Binder<'_> {
    /// `table.column.field…` or `column.field…`: what stands first is a table's name where there is one.
    pub(super) fn path(&mut self, names: &[ast::Ident], scope: &mut Scope<'_>, span: Span) -> Expr {
        let [first, rest @ ..] = names else { return error(span) };
        let is_table = scope.names.iter().any(|known| known.name == first.value.as_str());
        let is_column = scope.fields.iter().any(|field| field.name == first.value.as_str());
        let (column, fields) = match rest {
            [column, fields @ ..] if is_table || !is_column => {
                let Some(among) = self.qualifier(first, scope) else { return error(span) };
                (self.name(column, scope, among, span), fields)
            }
            _ => (self.name(first, scope, 0..usize::MAX, span), rest),
        };
        fields.iter().fold(column, |record, field| self.field(record, field, span))
    }

    /// Whether names are a table's and a column's, and no field is taken out of a record.
    pub(super) fn is_qualified(&self, names: &[ast::Ident], scope: &Scope<'_>) -> bool {
        let [table, _] = names else { return false };
        scope.names.iter().any(|known| known.name == table.value.as_str())
            || !scope.fields.iter().any(|field| field.name == table.value.as_str())
    }

    /// `a[1].b['k']`: names, then what is taken out.
    pub(super) fn access(
        &mut self,
        root: &ast::Expr,
        chain: &[AccessExpr],
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let name = |part: &AccessExpr| match part {
            AccessExpr::Dot(ast::Expr::Identifier(name)) => Some(name.clone()),
            _ => None,
        };
        let names: Vec<ast::Ident> = chain.iter().map_while(name).collect();
        let (mut value, rest) = match root {
            ast::Expr::Identifier(first) => {
                let path = [vec![first.clone()], names.clone()].concat();
                (self.path(&path, scope, span), chain.get(names.len()..).unwrap_or_default())
            }
            root => (self.expr(root, scope), chain),
        };
        for part in rest {
            value = match part {
                AccessExpr::Dot(ast::Expr::Identifier(name)) => self.field(value, name, span),
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.expr(index, scope);
                    self.item(value, index, span)
                }
                _ => {
                    self.unsupported(span, "this way into a value");
                    return error(span);
                }
            };
        }
        value
    }

    /// `record.field`: null where the record is.
    fn field(&mut self, record: Expr, name: &ast::Ident, span: Span) -> Expr {
        if matches!(record.kind, ExprKind::Error) {
            return record;
        }
        let Base::Record(id) = record.ty.base else {
            let place = self.places.span_or(name.span, span);
            self.report(nested_faults::no_record(&name.value, &types::spelled(&record.ty.base), place));
            return error(span);
        };
        let schema = self.platform.schema(id);
        let Some(column) = schema.column(&name.value) else {
            let fields = schema.columns.iter().map(|column| column.name.as_str());
            let place = self.places.span_or(name.span, span);
            self.report(nested_faults::unknown_field(&name.value, &schema.name, fields, place));
            return error(span);
        };
        let ty = within(&column.ty, [&record]);
        let ty = DataType { nullable: record.ty.nullable || column.ty.nullable, ..ty };
        Expr { kind: ExprKind::Call(SmolStr::new(format!("FIELD {}", name.value)), vec![record]), ty, span }
    }

    /// `list[1]`, `map['k']`: null where there is none.
    fn item(&mut self, of: Expr, index: Expr, span: Span) -> Expr {
        if [&of, &index].iter().any(|part| matches!(part.kind, ExprKind::Error)) {
            return error(span);
        }
        let (item, index) = match &of.ty.base {
            Base::List(item) => {
                if let ExprKind::Literal(Literal::Number(text)) = &index.kind
                    && text.parse::<i64>().is_ok_and(|at| at < 1)
                {
                    self.report(nested_faults::no_item(text, index.span));
                    return error(span);
                }
                (item.as_ref().clone(), (index.ty.base == Base::Int).then_some(index))
            }
            Base::Map(key, value) => (value.as_ref().clone(), fitted(index, key)),
            other => {
                self.report(faults::undefined("[…]", &[types::spelled(other)], span));
                return error(span);
            }
        };
        let Some(index) = index else {
            let wanted =
                if let Base::Map(key, _) = &of.ty.base { types::spelled(&key.base) } else { "int".into() };
            self.report(nested_faults::wrong_index(&wanted, span));
            return error(span);
        };
        let ty = within(&item, [&of, &index]).or_null();
        Expr { kind: ExprKind::Call(SmolStr::new_static("ITEM"), vec![of, index]), ty, span }
    }

    /// `ARRAY[a, b, …]`. Its type is said: Flink takes an item behind the end of a list that has no null for -1.
    pub(super) fn list_of(&mut self, items: &[ast::Expr], scope: &mut Scope<'_>, span: Span) -> Expr {
        let items: Vec<Expr> = items.iter().map(|item| self.expr(item, scope)).collect();
        let Some(item) = self.common_item("ARRAY", items.iter().collect(), span) else { return error(span) };
        let ty = derived(Base::List(Box::new(item.clone())), &items);
        let ty = DataType { nullable: false, ..ty };
        let items = items.into_iter().map(|value| converted(value, &item.base)).collect();
        Expr { kind: ExprKind::Call(SmolStr::new_static("ARRAY"), items), ty, span }
    }

    /// `MAP[key, value, …]`.
    pub(super) fn map_of(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        if args.is_empty() || args.len() % 2 == 1 {
            self.report(nested_faults::half_pair(span));
            return error(span);
        }
        let every = |first: usize| args.iter().skip(first).step_by(2).collect::<Vec<_>>();
        let (Some(key), Some(value)) =
            (self.common_item("MAP", every(0), span), self.common_item("MAP", every(1), span))
        else {
            return error(span);
        };
        let bases = [key.base.clone(), value.base.clone()];
        let ty = derived(Base::Map(Box::new(key), Box::new(value)), &args);
        let ty = DataType { nullable: false, ..ty };
        let args =
            args.into_iter().zip(bases.iter().cycle()).map(|(part, base)| converted(part, base)).collect();
        Expr { kind: ExprKind::Call(SmolStr::new_static("MAP"), args), ty, span }
    }

    /// The type of values that are put together; reports where they have none.
    fn common_item(&mut self, what: &str, items: Vec<&Expr>, span: Span) -> Option<DataType> {
        if items.is_empty() || items.iter().all(|item| matches!(item.kind, ExprKind::Literal(Literal::Null)))
        {
            self.report(nested_faults::no_items(what, span));
            return None;
        }
        if items.iter().any(|item| matches!(item.kind, ExprKind::Error)) {
            return None;
        }
        let nullable = items.iter().any(|item| item.ty.nullable);
        let base = self.common_type(items)?;
        Some(DataType { nullable, ..DataType::plain(base) })
    }
}

/// The function that makes a record.
pub(super) const ROW: &str = "ROW";

/// `ROW(a, b, …)`, a record without a name, whose type is that of the sink's column ([`sink`](crate::sql::sink)).
pub(super) fn row(args: Vec<Expr>, span: Span) -> Expr {
    if args.iter().any(|part| matches!(part.kind, ExprKind::Error)) {
        return error(span);
    }
    let ty = DataType { nullable: false, ..derived(Base::Unknown, &args) };
    Expr { kind: ExprKind::Call(SmolStr::new_static(ROW), args), ty, span }
}

impl Binder<'_> {
    /// Records without a name are columns of the query itself, or fields of such: nothing else knows their types.
    pub(super) fn check_rows(&mut self, plan: &Relation) {
        let outermost: Vec<&Relation> = match &plan.kind {
            RelationKind::Union(parts) => parts.iter().collect(),
            _ => vec![plan],
        };
        for relation in plan.chain() {
            let written = outermost.iter().any(|outer| std::ptr::eq(*outer, relation));
            for expr in relation.exprs() {
                self.check_row(expr, written && matches!(relation.kind, RelationKind::Project { .. }));
            }
        }
    }

    fn check_row(&mut self, expr: &Expr, may_be_row: bool) {
        let is_row = matches!(&expr.kind, ExprKind::Call(name, _) if name == ROW);
        if is_row && !may_be_row {
            self.unsupported(expr.span, "ROW(…) anywhere but as a column that is written");
            return;
        }
        expr.parts().into_iter().for_each(|part| self.check_row(part, is_row));
    }
}

/// The type of what is inside a value: its own labels and those of what it is taken from; its conditions are not checked there.
pub(super) fn within<'a>(inner: &DataType, of: impl IntoIterator<Item = &'a Expr>) -> DataType {
    let mut ty = derived(inner.base.clone(), of);
    ty.nullable |= inner.nullable;
    ty.labels.extend(inner.labels.iter().cloned());
    ty.labels.sort();
    ty.labels.dedup();
    ty
}

/// A value as one of the type that is wanted, where it can be one without a change.
pub(super) fn fitted(value: Expr, wanted: &DataType) -> Option<Expr> {
    types::widens(&value.ty.base, &wanted.base).then(|| converted(value, &wanted.base))
}

fn converted(value: Expr, base: &Base) -> Expr {
    if value.ty.base == *base {
        return value;
    }
    let (span, ty) = (value.span, DataType { base: base.clone(), ..value.ty.clone() });
    let kind = match value.kind {
        kind @ ExprKind::Literal(Literal::Null) => kind,
        kind => ExprKind::Cast(Box::new(Expr { kind, ty: value.ty, span })),
    };
    Expr { kind, ty, span }
}
