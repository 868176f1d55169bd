//! Rows as JSON Schema describes them, in its draft 7, the newest that Glue's registry takes (AWS Glue Developer Guide, "AWS Glue Schema
//! registry"). Times are as the compiler's own JSON has them: ISO 8601, with a zone where the type has one.

use serde_json::{Map, Value as Json, json};

use super::{Promised, constant, whole};
use crate::platform::{Base, Column, DataType, Platform, Refinement};

/// The schema of a table's rows.
pub fn schema(one: &Promised<'_>) -> Json {
    let mut document = object(one.platform, &one.platform.schema(one.table.schema).columns);
    document.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    document.insert("title".into(), one.table.name.as_str().into());
    if let Some(doc) = one.doc() {
        document.insert("description".into(), doc.into());
    }
    document.into()
}

fn object(platform: &Platform, columns: &[Column]) -> Map<String, Json> {
    let mut properties = Map::new();
    let mut required: Vec<Json> = Vec::new();
    for column in columns {
        let name = column.name.to_lowercase();
        let mut property = described(platform, &column.ty);
        if let (Json::Object(members), Some(doc)) = (&mut property, &column.doc) {
            members.insert("description".into(), doc.as_str().into());
        }
        if !column.ty.nullable {
            required.push(name.as_str().into());
        }
        properties.insert(name, property);
    }
    let mut object = Map::from_iter([
        ("type".to_owned(), Json::from("object")),
        ("properties".to_owned(), properties.into()),
    ]);
    if !required.is_empty() {
        object.insert("required".into(), required.into());
    }
    object
}

fn described(platform: &Platform, ty: &DataType) -> Json {
    let mut members = plain(platform, &ty.base);
    refine(&mut members, &ty.base, &ty.refinement);
    if ty.nullable { json!({ "anyOf": [members, { "type": "null" }] }) } else { members.into() }
}

fn plain(platform: &Platform, base: &Base) -> Map<String, Json> {
    let members = match base {
        Base::Boolean => json!({ "type": "boolean" }),
        Base::Int => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        Base::BigInt => json!({ "type": "integer" }),
        Base::Double | Base::Decimal(..) => json!({ "type": "number" }),
        Base::Date => json!({ "type": "string", "format": "date" }),
        Base::Timestamp(_) => json!({
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?$",
        }),
        Base::TimestampLtz(_) => json!({ "type": "string", "format": "date-time" }),
        Base::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Base::List(item) => json!({ "type": "array", "items": described(platform, item) }),
        Base::Map(key, value) if key.base == Base::String => {
            json!({ "type": "object", "additionalProperties": described(platform, value) })
        }
        Base::Map(key, value) => json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "key": described(platform, key),
                    "value": described(platform, value),
                },
                "required": ["key", "value"],
            },
        }),
        Base::Record(schema) => return object(platform, &platform.schema(*schema).columns),
        Base::String | Base::Location => json!({ "type": "string" }),
        Base::Json | Base::Unknown => json!({}),
    };
    match members {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

fn refine(members: &mut Map<String, Json>, base: &Base, refinement: &Refinement) {
    let (least, most) =
        if matches!(base, Base::List(_)) { ("minItems", "maxItems") } else { ("minLength", "maxLength") };
    let conditions = [
        ("minimum", refinement.min.as_ref().map(|min| constant(base, min))),
        ("maximum", refinement.max.as_ref().map(|max| constant(base, max))),
        (least, refinement.min_length.map(Json::from)),
        (most, refinement.max_length.map(Json::from)),
        ("pattern", refinement.matching.as_ref().map(|pattern| whole(pattern).into())),
    ];
    for (member, value) in conditions {
        if let Some(value) = value {
            members.insert(member.to_owned(), value);
        }
    }
    if !refinement.one_of.is_empty() {
        let values: Vec<Json> = refinement.one_of.iter().map(|one| constant(base, one)).collect();
        members.insert("enum".into(), values.into());
    }
}
