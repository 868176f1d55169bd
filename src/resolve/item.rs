//! Tables of items.

use smol_str::SmolStr;

use super::{Context, Declared, index};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{
        Base, Column, Construct, DataType, ItemIndex, ItemTable, Schema, SchemaId, Value, ValueKind,
        item::attribute_type, resource::Noun,
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
        let field = |name: &str| self.platform.field(declared.id, name).cloned();
        let (key, sort, indexes) = (field("key"), field("sort"), field("indexes"));
        let Some(key) = key.and_then(|key| self.key_column(&key, schema, true)) else { return };
        let sort = match sort {
            Some(value @ Value { kind: ValueKind::Column(_), .. }) => {
                match self.key_column(&value, schema, true) {
                    Some(sort) => Some(sort),
                    None => return,
                }
            }
            _ => None,
        };
        let Some(indexes) = self.indexes(indexes.as_ref(), schema, ty.span) else { return };
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
            indexes,
        };
        let noun = Noun::ItemTable(index(self.platform.item_tables.len()));
        self.platform.item_tables.push(table);
        self.set_noun(declared, noun);
    }

    /// What the items are looked up by beside their key. Nothing where one of them is at fault.
    fn indexes(&mut self, written: Option<&Value>, schema: SchemaId, used: Span) -> Option<Vec<ItemIndex>> {
        let Some(Value { kind: ValueKind::List(items), .. }) = written else { return Some(Vec::new()) };
        let mut indexes: Vec<ItemIndex> = Vec::with_capacity(items.len());
        let mut spans: Vec<Span> = Vec::with_capacity(items.len());
        let mut whole = true;
        for item in items {
            let ValueKind::Construct(construct) = &item.kind else { continue };
            match self.index(construct, schema, used) {
                Some(made) => {
                    if let Some(at) = indexes.iter().position(|known| known.name == made.name) {
                        let first = spans.get(at).copied().unwrap_or(item.span);
                        self.diagnostics.push(index_twice(item.span, &made.name, first));
                        whole = false;
                    }
                    indexes.push(made);
                    spans.push(item.span);
                }
                None => whole = false,
            }
        }
        whole.then_some(indexes)
    }

    fn index(&mut self, construct: &Construct, schema: SchemaId, used: Span) -> Option<ItemIndex> {
        let library = std::sync::Arc::clone(&self.library);
        let fields = &library.constructor(construct.constructor).fields;
        let field = |name: &str| {
            let at = fields.iter().position(|field| field.name == name)?;
            construct.fields.get(at)?.as_ref()
        };
        let ValueKind::Text(name) = &field("name")?.kind else { return None };
        let key = self.key_column(field("key")?, schema, false)?;
        let sort = match field("sort") {
            Some(value @ Value { kind: ValueKind::Column(_), .. }) => {
                Some(self.key_column(value, schema, false)?)
            }
            _ => None,
        };
        let mut column = self.platform.schema(schema).column(&key)?.clone();
        column.ty.nullable = false;
        let of = SmolStr::from(format!("partition of {name}"));
        let partition_schema =
            self.add_schema(Schema { name: of, columns: vec![column], doc: None, span: used });
        Some(ItemIndex { name: name.clone(), key, sort, partition_schema })
    }

    /// The column that a value names: one that DynamoDB can find items by, and that every item has where it is the table's own key.
    fn key_column(&mut self, value: &Value, schema: SchemaId, always: bool) -> Option<SmolStr> {
        let ValueKind::Column(name) = &value.kind else { return None };
        let schema = self.platform.schema(schema);
        let Some(column) = schema.column(name) else {
            let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
            let diagnostic = unknown_column(value.span, name, &schema.name, &names);
            self.diagnostics.push(diagnostic);
            return None;
        };
        if always && column.ty.nullable || attribute_type(&column.ty).is_none() {
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

fn index_twice(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        span,
        format!("the table has an index `{name}` already"),
        "named like another",
    )
    .related(first, "the first of that name")
    .help("give each index a name of its own")
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
