//! Data types as Hive and Iceberg spell them.

use serde_json::{Value as Json, json};

use crate::platform::{Base, DataType, Platform};

/// A type in Hive's words, which Glue takes.
pub fn hive(platform: &Platform, ty: &DataType) -> String {
    match &ty.base {
        Base::Boolean => "boolean".into(),
        Base::Int => "int".into(),
        Base::BigInt => "bigint".into(),
        Base::Double => "double".into(),
        Base::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        Base::Date => "date".into(),
        // Hive has one timestamp; what zone it is in is for the reader to know.
        Base::Timestamp(_) | Base::TimestampLtz(_) => "timestamp".into(),
        Base::Bytes => "binary".into(),
        Base::List(item) => format!("array<{}>", hive(platform, item)),
        Base::Map(key, value) => format!("map<{},{}>", hive(platform, key), hive(platform, value)),
        Base::Record(schema) => {
            let columns = platform.schema(*schema).columns.iter();
            let fields: Vec<String> = columns
                .map(|column| format!("{}:{}", column.name.to_lowercase(), hive(platform, &column.ty)))
                .collect();
            format!("struct<{}>", fields.join(","))
        }
        Base::String | Base::Location | Base::Json | Base::Unknown => "string".into(),
    }
}

/// Gives out the ids of Iceberg's fields, which are unique in a whole schema.
pub struct FieldIds(pub i32);

impl FieldIds {
    /// The next one.
    pub fn take(&mut self) -> i32 {
        self.0 += 1;
        self.0
    }
}

/// A type as Iceberg's table metadata spells it.
pub fn iceberg(platform: &Platform, ty: &DataType, ids: &mut FieldIds) -> Json {
    match &ty.base {
        Base::Boolean => "boolean".into(),
        Base::Int => "int".into(),
        Base::BigInt => "long".into(),
        Base::Double => "double".into(),
        Base::Decimal(precision, scale) => format!("decimal({precision}, {scale})").into(),
        Base::Date => "date".into(),
        Base::Timestamp(0..=6) => "timestamp".into(),
        Base::Timestamp(_) => "timestamp_ns".into(),
        Base::TimestampLtz(0..=6) => "timestamptz".into(),
        Base::TimestampLtz(_) => "timestamptz_ns".into(),
        Base::Bytes => "binary".into(),
        Base::List(item) => {
            let id = ids.take();
            json!({
                "type": "list",
                "element-id": id,
                "element": iceberg(platform, item, ids),
                "element-required": !item.nullable,
            })
        }
        Base::Map(key, value) => {
            let (key_id, value_id) = (ids.take(), ids.take());
            json!({
                "type": "map",
                "key-id": key_id,
                "key": iceberg(platform, key, ids),
                "value-id": value_id,
                "value": iceberg(platform, value, ids),
                "value-required": !value.nullable,
            })
        }
        Base::Record(schema) => record(platform, *schema, ids),
        Base::String | Base::Location | Base::Json | Base::Unknown => "string".into(),
    }
}

fn record(platform: &Platform, schema: crate::platform::SchemaId, ids: &mut FieldIds) -> Json {
    let columns = &platform.schema(schema).columns;
    let numbered: Vec<i32> = columns.iter().map(|_| ids.take()).collect();
    let fields: Vec<Json> = columns
        .iter()
        .zip(numbered)
        .map(|(column, id)| {
            json!({
                "id": id,
                "name": column.name.to_lowercase(),
                "required": !column.ty.nullable,
                "type": iceberg(platform, &column.ty, ids),
            })
        })
        .collect();
    json!({ "type": "struct", "fields": fields })
}
