//! Rows as Avro describes them (Apache Avro 1.11's specification, with the logical types of times beyond microseconds that 1.12 has; a reader
//! that does not know one reads its number).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::Promised;
use crate::platform::{Base, Column, DataType, Platform, SchemaId};

/// The schema of a table's rows.
pub fn schema(one: &Promised<'_>) -> Json {
    let database = name(&one.domain.database);
    let table = name(&one.table.name);
    let mut names =
        Names { platform: one.platform, inner: format!("{database}.{table}"), defined: BTreeSet::new() };
    let mut record = json!({ "type": "record", "name": table, "namespace": database });
    set(&mut record, "doc", one.doc().map(Json::from));
    let columns = &one.platform.schema(one.table.schema).columns;
    let fields = columns.iter().map(|column| names.field(column, &column.name)).collect();
    set(&mut record, "fields", Some(fields));
    record
}

fn set(document: &mut Json, member: &str, value: Option<Json>) {
    if let (Json::Object(members), Some(value)) = (document, value) {
        members.insert(member.to_owned(), value);
    }
}

/// A name as Avro takes it: letters, digits and `_`, no digit first.
fn name(text: &str) -> String {
    let plain: String =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    if plain.starts_with(|letter: char| letter.is_ascii_digit()) { format!("_{plain}") } else { plain }
}

/// Avro defines a named type once; later it is named.
struct Names<'a> {
    platform: &'a Platform,
    /// The namespace of types within the row.
    inner: String,
    defined: BTreeSet<String>,
}

impl Names<'_> {
    fn field(&mut self, column: &Column, path: &str) -> Json {
        let ty = self.ty(&column.ty, path);
        let mut field = json!({ "name": column.name.to_lowercase(), "type": ty });
        set(&mut field, "doc", column.doc.as_deref().map(Json::from));
        // A column that may be null may be missing in what an older program wrote.
        set(&mut field, "default", column.ty.nullable.then_some(Json::Null));
        field
    }

    fn ty(&mut self, ty: &DataType, path: &str) -> Json {
        let plain = self.plain(&ty.base, path);
        if ty.nullable { json!(["null", plain]) } else { plain }
    }

    fn plain(&mut self, base: &Base, path: &str) -> Json {
        let logical = |ty: &str, logical: &str| json!({ "type": ty, "logicalType": logical });
        match base {
            Base::Boolean => "boolean".into(),
            Base::Int => "int".into(),
            Base::BigInt => "long".into(),
            Base::Double => "double".into(),
            Base::Decimal(precision, scale) => {
                json!({ "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale })
            }
            Base::Date => logical("int", "date"),
            Base::Timestamp(digits) => logical("long", &format!("local-timestamp-{}", unit(*digits))),
            Base::TimestampLtz(digits) => logical("long", &format!("timestamp-{}", unit(*digits))),
            Base::Bytes => "bytes".into(),
            Base::List(item) => json!({ "type": "array", "items": self.ty(item, path) }),
            Base::Map(key, value) if key.base == Base::String => {
                json!({ "type": "map", "values": self.ty(value, path) })
            }
            Base::Map(key, value) => self.entries(key, value, path),
            Base::Record(schema) => self.record(*schema),
            Base::String | Base::Location | Base::Json | Base::Unknown => "string".into(),
        }
    }

    /// Avro's maps have text for keys; others are lists of pairs.
    fn entries(&mut self, key: &DataType, value: &DataType, path: &str) -> Json {
        let entry = self.fresh(&format!("{path}_entry"));
        let fields = json!([
            { "name": "key", "type": self.ty(key, &format!("{path}_key")) },
            { "name": "value", "type": self.ty(value, &format!("{path}_value")) },
        ]);
        json!({ "type": "array", "items": { "type": "record", "name": entry, "namespace": self.inner, "fields": fields } })
    }

    fn record(&mut self, id: SchemaId) -> Json {
        let schema = self.platform.schema(id);
        let record = name(&schema.name);
        if !self.defined.insert(record.clone()) {
            return format!("{}.{record}", self.inner).into();
        }
        let fields: Vec<Json> = schema
            .columns
            .iter()
            .map(|column| self.field(column, &format!("{record}_{}", column.name)))
            .collect();
        let mut document = json!({ "type": "record", "name": record, "namespace": self.inner });
        set(&mut document, "doc", schema.doc.as_deref().map(Json::from));
        set(&mut document, "fields", Some(fields.into()));
        document
    }

    /// A name that no type within the row has.
    fn fresh(&mut self, wanted: &str) -> String {
        let mut name = name(wanted);
        while !self.defined.insert(name.clone()) {
            name.push('_');
        }
        name
    }
}

fn unit(digits: u8) -> &'static str {
    match digits {
        0..=3 => "millis",
        4..=6 => "micros",
        _ => "nanos",
    }
}
