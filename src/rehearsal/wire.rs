//! Values in the spelling of the service that answers them: what the state machine reads back with JSONata, made here from plain values.

use serde_json::{Map, Value as Json, json};

use crate::platform::{Base, DataType, Platform, pipeline::Form, wire::sdk_member};

/// A value as a service spells it. Nothing where it is not there at all.
pub(super) fn spelled(platform: &Platform, form: Form, value: &Json, ty: &DataType) -> Option<Json> {
    if value.is_null() && !matches!(form, Form::AthenaRows | Form::RedshiftRows) {
        return None;
    }
    match form {
        Form::Attribute => attribute(platform, value, ty, "BOOL"),
        Form::Item => Some(item(platform, value, ty, "BOOL")),
        Form::SdkItems => {
            let Base::List(row) = &ty.base else { return None };
            Some(value.as_array()?.iter().map(|one| item(platform, one, row, "Bool")).collect())
        }
        Form::Members => Some(members(platform, value, ty)),
        Form::AthenaRows => Some(athena(platform, value, ty)),
        Form::RedshiftRows => Some(redshift(platform, value, ty)),
    }
}

fn item(platform: &Platform, value: &Json, ty: &DataType, boolean: &str) -> Json {
    let attributes = fields(platform, value, ty)
        .filter_map(|(name, value, ty)| Some((name, attribute(platform, value, &ty, boolean)?)));
    Json::Object(attributes.collect())
}

/// The fields of a record that have values, with their types.
fn fields<'v>(
    platform: &Platform,
    value: &'v Json,
    ty: &DataType,
) -> impl Iterator<Item = (String, &'v Json, DataType)> {
    let columns = match ty.base {
        Base::Record(id) => platform.schema(id).columns.clone(),
        _ => Vec::new(),
    };
    columns.into_iter().filter_map(move |column| {
        let value = value.get(column.name.as_str())?;
        Some((column.name.to_string(), value, column.ty))
    })
}

fn attribute(platform: &Platform, value: &Json, ty: &DataType, boolean: &str) -> Option<Json> {
    let one = |kind: &str, value: Json| Json::Object(Map::from_iter([(kind.to_owned(), value)]));
    Some(match (&ty.base, value) {
        (_, Json::Null) => return None,
        (Base::Record(_), _) => one("M", item(platform, value, ty, boolean)),
        (Base::List(element), Json::Array(items)) => {
            let null = || one("NULL", Json::Bool(true));
            let items =
                items.iter().map(|item| attribute(platform, item, element, boolean).unwrap_or_else(null));
            one("L", items.collect())
        }
        (Base::Map(_, element), Json::Object(entries)) => {
            let entries = entries.iter().filter_map(|(name, item)| {
                Some((name.clone(), attribute(platform, item, element, boolean)?))
            });
            one("M", Json::Object(entries.collect()))
        }
        (Base::Bytes, _) => one("B", value.clone()),
        (_, Json::Bool(_)) => one(boolean, value.clone()),
        (_, Json::Number(number)) => one("N", Json::from(number.to_string())),
        _ => one("S", value.clone()),
    })
}

fn members(platform: &Platform, value: &Json, ty: &DataType) -> Json {
    match (&ty.base, value) {
        (Base::Record(_), Json::Object(_)) => {
            let fields = fields(platform, value, ty);
            let fields = fields.map(|(name, value, ty)| (sdk_member(&name), members(platform, value, &ty)));
            Json::Object(fields.collect())
        }
        (Base::List(element), Json::Array(items)) => {
            items.iter().map(|item| members(platform, item, element)).collect()
        }
        (Base::Map(_, element), Json::Object(entries)) => {
            let entries = entries.iter();
            Json::Object(
                entries.map(|(name, item)| (name.clone(), members(platform, item, element))).collect(),
            )
        }
        _ => value.clone(),
    }
}

/// The rows that a query returns, its columns' names and types: one row is a list of one, none is an empty one.
fn rows<'v>(platform: &Platform, value: &'v Json, ty: &DataType) -> (Vec<&'v Json>, Vec<(String, DataType)>) {
    let (row, rows) = match (&ty.base, value) {
        (Base::List(row), Json::Array(items)) => (row.as_ref(), items.iter().collect()),
        (_, Json::Null) => (ty, Vec::new()),
        _ => (ty, vec![value]),
    };
    let columns = match row.base {
        Base::Record(id) => platform.schema(id).columns.iter(),
        _ => [].iter(),
    };
    (rows, columns.map(|column| (column.name.to_string(), column.ty.clone())).collect())
}

fn athena(platform: &Platform, value: &Json, ty: &DataType) -> Json {
    let (rows, columns) = rows(platform, value, ty);
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names = columns.iter().map(|(name, _)| json!({ "VarCharValue": name.to_lowercase() }));
    let mut all = vec![json!({ "Data": names.collect::<Vec<_>>() })];
    all.extend(rows.into_iter().map(|row| {
        let cells = columns.iter().map(|(name, _)| match row.get(name) {
            None | Some(Json::Null) => json!({}),
            Some(value) => json!({ "VarCharValue": text(value) }),
        });
        json!({ "Data": cells.collect::<Vec<_>>() })
    }));
    let names: Vec<Json> = columns.iter().map(|(name, _)| json!({ "Name": name.to_lowercase() })).collect();
    json!({ "Rows": all, "ResultSetMetadata": { "ColumnInfo": names } })
}

fn redshift(platform: &Platform, value: &Json, ty: &DataType) -> Json {
    let (rows, columns) = rows(platform, value, ty);
    let records = rows.into_iter().map(|row| {
        let fields = columns.iter().map(|(name, ty)| match row.get(name) {
            None | Some(Json::Null) => json!({ "IsNull": true }),
            Some(Json::Bool(value)) => json!({ "BooleanValue": value }),
            Some(Json::Number(number)) if matches!(ty.base, Base::Decimal(..)) => {
                json!({ "StringValue": number.to_string() })
            }
            Some(Json::Number(number)) if number.is_i64() => json!({ "LongValue": number }),
            Some(Json::Number(number)) => json!({ "DoubleValue": number }),
            Some(value) => json!({ "StringValue": value }),
        });
        fields.collect::<Vec<Json>>()
    });
    let records: Vec<Vec<Json>> = records.collect();
    let names: Vec<Json> = columns.iter().map(|(name, _)| json!({ "Name": name.to_lowercase() })).collect();
    json!({ "Records": records, "ColumnMetadata": names })
}
