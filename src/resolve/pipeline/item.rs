//! Items of tables: what a statement of the library takes and returns of them, and the expressions that change them.

use smol_str::SmolStr;

use super::{
    Builder, fault, fit,
    query::Asked,
    template::{Fault, Item, Template},
};
use crate::{
    library::{FieldDecl, Integration, RowPart},
    platform::{
        Base, DataType, ItemTable, Refinement, SchemaId, Value, ValueKind,
        pipeline::{Expression, ExpressionKind, Form},
        resource::Noun,
    },
    source::Span,
    syntax::ast::{Arg, Expr, ExprKind},
};

impl Builder<'_, '_> {
    /// The table among the words of a call.
    pub(super) fn item_table(&self, words: &[(SmolStr, Item)]) -> Option<ItemTable> {
        words.iter().find_map(|(_, item)| match item {
            Item::Value(Value { kind: ValueKind::Ref(id), .. }) => {
                let Noun::ItemTable(at) = self.context.platform.resource(*id).noun else { return None };
                self.context.platform.item_tables.get(at as usize).cloned()
            }
            _ => None,
        })
    }

    /// An argument that is an item, or a part of one. What says how it is changed must be written in its place, since its names are part of
    /// the request.
    pub(super) fn row_argument(
        &mut self,
        param: &FieldDecl,
        part: RowPart,
        expr: &Expr,
        words: &[(SmolStr, Item)],
    ) -> Option<Item> {
        let table = self.item_table(words)?;
        if param.nullable && matches!(expr.kind, ExprKind::None) {
            return Some(Item::Missing);
        }
        match part {
            RowPart::Index => return self.index_argument(expr, &table),
            RowPart::Sort | RowPart::SortStart => return self.sort_argument(param, part, expr, words),
            _ => {}
        }
        let index = Asked::of(self.context.platform, words).and_then(|asked| asked.index);
        let schema = match part {
            RowPart::Whole => table.schema,
            RowPart::Key => table.key_schema,
            RowPart::Partition => index.map_or(table.partition_schema, |index| index.partition_schema),
            RowPart::Rest => table.rest_schema,
            RowPart::Sort | RowPart::SortStart | RowPart::Index => return None,
        };
        let wanted = DataType::plain(Base::Record(schema));
        if part == RowPart::Rest {
            self.check_changes(expr, &table)?;
        }
        let given = self.expected(expr, &wanted, &format!("`{}`", param.name))?;
        let given = Expression { ty: wanted, ..given };
        if part == RowPart::Rest && !self.are_changes(&given, param, expr.span) {
            return None;
        }
        Some(Item::Data(given))
    }

    fn check_changes(&mut self, expr: &Expr, table: &ItemTable) -> Option<()> {
        let ExprKind::Record(fields) = &expr.kind else {
            self.report(fault::no_changes(expr.span));
            return None;
        };
        let is_key = |name: &SmolStr| *name == table.key || Some(name) == table.sort.as_ref();
        let key = fields.iter().find(|field| is_key(&field.name.name));
        if let Some(field) = key {
            self.report(fault::changes_key(&field.name));
            return None;
        }
        Some(())
    }

    /// Whether all values are there, and are numbers where they are added.
    fn are_changes(&mut self, given: &Expression, param: &FieldDecl, span: Span) -> bool {
        let ExpressionKind::Record(fields) = &given.kind else { return false };
        if fields.is_empty() {
            self.report(fault::no_changes(span));
            return false;
        }
        let mut whole = true;
        for (name, value) in fields {
            if value.ty.nullable {
                self.report(fault::sets_none(value.span, name));
                whole = false;
            } else if param.name == "add" && !fit::is_number(&value.ty.base) {
                let ty = fit::described(self.context.platform, &value.ty);
                self.report(fault::does_not_fit(value.span, "what is added", &ty, "number"));
                whole = false;
            }
        }
        whole
    }

    /// What `update_item` is told to do at all, and that it takes nothing away that every item has.
    pub(super) fn check_update(
        &mut self,
        integration: &Integration,
        words: &[(SmolStr, Item)],
        span: Span,
    ) -> bool {
        let Some(removed) = integration.params.iter().position(|param| param.name == "remove") else {
            return true;
        };
        let Some(table) = self.item_table(words) else { return true };
        let names = match words.get(removed) {
            Some((_, Item::Value(Value { kind: ValueKind::List(items), .. }))) => items.clone(),
            _ => Vec::new(),
        };
        let mut whole = true;
        for value in &names {
            let ValueKind::Column(name) = &value.kind else { continue };
            let schema = self.context.platform.schema(table.schema);
            let removable = schema.column(name).map(|column| column.ty.nullable);
            if removable != Some(true) {
                let diagnostic = fault::not_removable(value.span, name, removable.is_some());
                self.report(diagnostic);
                whole = false;
            }
        }
        let given =
            |name: &str| words.iter().any(|(word, item)| word == name && !matches!(item, Item::Missing));
        if names.is_empty() && !given("set") && !given("add") {
            self.report(fault::no_changes(span));
            return false;
        }
        whole
    }

    /// What a statement returns of a table: `row` or `rows`.
    pub(super) fn row_result(
        &self,
        integration: &Integration,
        words: &[(SmolStr, Item)],
    ) -> Option<DataType> {
        let ExprKind::Name(word) = &integration.properties.get("returns")?.kind else { return None };
        let row = DataType::plain(Base::Record(self.item_table(words)?.schema));
        match word.as_str() {
            "rows" => Some(DataType {
                refinement: Refinement { max_length: most(words), ..Refinement::default() },
                ..DataType::plain(Base::List(Box::new(row)))
            }),
            _ => Some(row.or_null()),
        }
    }
}

/// The most rows that a statement returns, or a page of it has.
pub(super) fn most(words: &[(SmolStr, Item)]) -> Option<u64> {
    words.iter().find(|(word, _)| word == "most" || word == "page").and_then(|(_, item)| match item {
        Item::Value(Value { kind: ValueKind::Int(most), .. }) => u64::try_from(*most).ok(),
        _ => None,
    })
}

impl Template<'_> {
    /// An item in DynamoDB's spelling.
    pub(super) fn as_item(&self, item: Item, span: Span) -> Result<Item, Fault> {
        Ok(self.data(item, span)?.map_or(Item::Missing, |value| Item::Data(encoded(Form::Item, value))))
    }

    /// What DynamoDB answers, as a table's items.
    pub(super) fn read_items(
        &self,
        table: &Item,
        answer: Expression,
        many: bool,
        span: Span,
    ) -> Result<Item, Fault> {
        let schema = self.schema_of(table).ok_or_else(|| Fault { span, why: "this is no table".into() })?;
        let row = DataType::plain(Base::Record(schema));
        let (form, ty) = if many {
            (Form::SdkItems, DataType::plain(Base::List(Box::new(row))))
        } else {
            (Form::Item, row.or_null())
        };
        let span = answer.span;
        Ok(Item::Data(Expression { kind: ExpressionKind::Decoded(form, Box::new(answer)), ty, span }))
    }

    fn schema_of(&self, table: &Item) -> Option<SchemaId> {
        let Item::Value(Value { kind: ValueKind::Ref(id), .. }) = table else { return None };
        let Noun::ItemTable(at) = self.platform.resource(*id).noun else { return None };
        self.platform.item_tables.get(at as usize).map(|table| table.schema)
    }

    /// `{"#name": "name"}` for columns: none of them can be one of DynamoDB's reserved words then.
    pub(super) fn attribute_names(&self, args: &[Arg]) -> Result<Item, Fault> {
        let mut names: Vec<(SmolStr, Expression)> = Vec::new();
        for arg in args {
            for name in self.columns_of(&arg.value)? {
                let entry = (SmolStr::from(format!("#{name}")), Expression::text(name, self.span));
                if !names.contains(&entry) {
                    names.push(entry);
                }
            }
        }
        Ok(Item::Data(Expression::new(ExpressionKind::Record(names), Base::Json, self.span)))
    }

    /// `{":name": …}` for the values of columns.
    pub(super) fn attribute_values(&self, args: &[Arg]) -> Result<Item, Fault> {
        let mut values = Vec::new();
        for arg in args {
            let Some(Expression { kind, ty, .. }) = self.expression(&arg.value)? else { continue };
            for (name, value) in self.parts(kind, &ty) {
                values.push((SmolStr::from(format!(":{name}")), encoded(Form::Attribute, value)));
            }
        }
        if values.is_empty() {
            return Ok(Item::Missing);
        }
        Ok(Item::Data(Expression::new(ExpressionKind::Record(values), Base::Json, self.span)))
    }

    /// The fields of a record with their own types, where it is written out or a value of the run.
    pub(super) fn parts(&self, kind: ExpressionKind, ty: &DataType) -> Vec<(SmolStr, Expression)> {
        let Base::Record(schema) = ty.base else { return Vec::new() };
        let schema = self.platform.schema(schema);
        let typed = |name: &SmolStr, value: Expression| -> Option<(SmolStr, Expression)> {
            let ty = DataType { nullable: false, ..schema.column(name)?.ty.clone() };
            Some((name.clone(), Expression { ty, ..value }))
        };
        match kind {
            ExpressionKind::Record(fields) => {
                fields.into_iter().filter_map(|(name, value)| typed(&name, value)).collect()
            }
            kind => {
                let whole = Expression { kind, ty: ty.clone(), span: self.span };
                let columns = schema.columns.iter();
                columns
                    .filter_map(|column| {
                        typed(&column.name, whole.clone().field(column.name.clone(), column.ty.clone()))
                    })
                    .collect()
            }
        }
    }

    /// `SET #a = :a ADD #b :b REMOVE #c`.
    pub(super) fn changes(&self, args: &[Arg]) -> Result<Item, Fault> {
        let mut clauses = Vec::new();
        for (arg, (word, between, value)) in
            args.iter().zip([("SET", " = ", true), ("ADD", " ", true), ("REMOVE", "", false)])
        {
            let columns = self.columns_of(&arg.value)?;
            let changes = columns.iter().map(|name| match value {
                true => format!("#{name}{between}:{name}"),
                false => format!("#{name}"),
            });
            let changes: Vec<String> = changes.collect();
            if !changes.is_empty() {
                clauses.push(format!("{word} {}", changes.join(", ")));
            }
        }
        let text = clauses.join(" ");
        Ok(Item::Data(Expression::text(text, self.span)))
    }

    /// The columns that an argument names: one, a list of them, or the fields of a record.
    fn columns_of(&self, expr: &Expr) -> Result<Vec<SmolStr>, Fault> {
        Ok(match self.item(expr)? {
            Item::Value(Value { kind: ValueKind::Column(name), .. }) => vec![name],
            Item::Value(Value { kind: ValueKind::List(items), .. }) => items
                .into_iter()
                .filter_map(|item| match item.kind {
                    ValueKind::Column(name) => Some(name),
                    _ => None,
                })
                .collect(),
            Item::Data(Expression { kind, ty, .. }) => {
                self.parts(kind, &ty).into_iter().map(|(name, _)| name).collect()
            }
            _ => Vec::new(),
        })
    }
}

/// A value as a service spells it.
pub(super) fn encoded(form: Form, value: Expression) -> Expression {
    let (ty, span) = (value.ty.clone(), value.span);
    Expression { kind: ExpressionKind::Encoded(form, Box::new(value)), ty, span }
}
