//! Tables of items.

use smol_str::SmolStr;

use super::{Context, Declared, index};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{
        Base, Column, DataType, ItemTable, Schema, SchemaId, ValueKind, item::attribute_type, resource::Noun,
    },
    source::Span,
    suggest,
};

impl Context<'_> {
    pub(super) fn item_tables(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "item_table" {
                self.item_table(declared);
            }
        }
    }

    fn item_table(&mut self, declared: &Declared<'_>) {
        let Some(ty) = &declared.decl.ty else {
            self.diagnostics.push(without_items(self.platform.resource(declared.id).span));
            return;
        };
        let item = self.data_type(declared.file, ty);
        let Base::Record(schema) = item.base else {
            if item.base != Base::Unknown {
                self.diagnostics.push(no_items(ty.span));
            }
            return;
        };
        let Some(key) = self.key_column(declared, schema, "key") else { return };
        let sort = match self.platform.field(declared.id, "sort").map(|value| &value.kind) {
            Some(ValueKind::Column(_)) => match self.key_column(declared, schema, "sort") {
                Some(sort) => Some(sort),
                None => return,
            },
            _ => None,
        };
        if !self.can_be_kept(schema, ty.span) {
            return;
        }
        let name = &self.platform.resource(declared.id).name;
        let of = |what: &str| SmolStr::from(format!("{what} of {name}"));
        let (key_name, partition_name, rest_name) = (of("key"), of("partition"), of("rest"));
        let is_key = |column: &Column| column.name == key || Some(&column.name) == sort.as_ref();
        let columns = self.platform.schema(schema).columns.clone();
        let part = |wanted: &dyn Fn(&Column) -> bool| -> Vec<Column> {
            columns.iter().filter(|column| wanted(column)).cloned().collect()
        };
        let partition = part(&|column| column.name == key);
        let keys = part(&is_key);
        let mut rest = part(&|column| !is_key(column));
        rest.iter_mut().for_each(|column| column.ty.nullable = true);
        let span = ty.span;
        let mut add = |name, columns| self.add_schema(Schema { name, columns, doc: None, span });
        let table = ItemTable {
            resource: declared.id,
            schema,
            key_schema: add(key_name, keys),
            partition_schema: add(partition_name, partition),
            rest_schema: add(rest_name, rest),
            key,
            sort,
        };
        let noun = Noun::ItemTable(index(self.platform.item_tables.len()));
        self.platform.item_tables.push(table);
        self.set_noun(declared, noun);
    }

    /// The column that a field names: one that every item has, and that DynamoDB can find items by.
    fn key_column(&mut self, declared: &Declared<'_>, schema: SchemaId, field: &str) -> Option<SmolStr> {
        let value = self.platform.field(declared.id, field)?.clone();
        let ValueKind::Column(name) = &value.kind else { return None };
        let schema = self.platform.schema(schema);
        let Some(column) = schema.column(name) else {
            let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
            let diagnostic = unknown_column(value.span, name, &schema.name, &names);
            self.diagnostics.push(diagnostic);
            return None;
        };
        if column.ty.nullable || attribute_type(&column.ty).is_none() {
            let span = column.span;
            self.diagnostics.push(no_key(value.span, name, span));
            return None;
        }
        Some(name.clone())
    }

    /// Whether every value of a record has a type that DynamoDB knows.
    fn can_be_kept(&mut self, schema: SchemaId, used: Span) -> bool {
        let mut faults = Vec::new();
        let mut open = vec![schema];
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            for column in &self.platform.schema(id).columns {
                if !keepable(&column.ty, &mut open) {
                    faults.push((column.name.clone(), column.span));
                }
            }
        }
        for (name, span) in &faults {
            self.diagnostics.push(not_keepable(used, name, *span));
        }
        faults.is_empty()
    }
}

fn keepable(ty: &DataType, open: &mut Vec<SchemaId>) -> bool {
    match &ty.base {
        Base::Json => false,
        Base::List(inner) => keepable(inner, open),
        Base::Map(key, inner) => key.base == Base::String && keepable(inner, open),
        Base::Record(id) => {
            open.push(*id);
            true
        }
        _ => true,
    }
}

fn without_items(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "a table says what its items are", "items of what?")
        .help("add the schema behind its name: `item_table name : Schema in account`")
}

fn no_items(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::WRONG_TYPE, span, "a table's items are of a record type", "no record")
        .help("declare a `schema` and name it here")
}

fn unknown_column(span: Span, name: &str, schema: &str, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ITEM,
        span,
        format!("`{schema}` has no column `{name}`"),
        "no column of the items",
    );
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!("it has `{}`", names.join("`, `"))),
    }
}

fn no_key(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        span,
        format!(
            "`{name}` can't be a key: DynamoDB finds items by text, numbers and bytes that every item has"
        ),
        "no key",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help("name a column whose type is text, a number or bytes, without a `?`")
}

fn not_keepable(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        span,
        format!("`{name}` has no type that DynamoDB keeps: an attribute says of which type it is"),
        "its items can't be kept",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help("give it a type: a `schema`, a list, a map from text; or keep the JSON as `string`")
}
