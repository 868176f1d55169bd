//! A contract in the Open Data Contract Standard, version 3.1.0 (bitol-io/open-data-contract-standard; its JSON schema is asked in the tests).

use serde_json::{Map, Value as Json, json};

use super::{Promised, constant, whole, yaml};
use crate::platform::{Base, Column, Platform, Principal, Refinement};

/// The document's text.
pub fn text(one: &Promised<'_>) -> String {
    yaml::document(&document(one))
}

fn document(one: &Promised<'_>) -> Json {
    let platform = one.platform;
    let domain = &platform.resource(one.domain.resource).name;
    let mut document = Map::new();
    let mut set = |member: &str, value: Json| document.insert(member.to_owned(), value);
    set("apiVersion", "v3.1.0".into());
    set("kind", "DataContract".into());
    set("id", format!("{}.{domain}.{}", one.account.name, one.table.name).into());
    set("name", one.table.name.as_str().into());
    set("version", one.text("version").unwrap_or_default().into());
    set("status", "active".into());
    set("domain", domain.as_str().into());
    if let Some(doc) = one.doc() {
        set("description", json!({ "purpose": doc }));
    }
    set("servers", json!([server(one)]));
    set("schema", json!([table(one)]));
    if let Some(seconds) = one.number("freshness_seconds") {
        let element = one
            .fresh_by()
            .map_or_else(|| one.table.name.to_string(), |column| format!("{}.{column}", one.table.name));
        set(
            "slaProperties",
            json!([{ "property": "freshness", "value": seconds, "unit": "s", "element": element }]),
        );
    }
    set("team", json!({ "name": owner(one) }));
    if let Some(compatible) = one.text("compatible") {
        set("customProperties", json!([{ "property": "compatibility", "value": compatible }]));
    }
    document.into()
}

fn server(one: &Promised<'_>) -> Json {
    json!({
        "server": one.account.name.as_str(),
        "type": "glue",
        "account": one.account.id.as_str(),
        "database": one.domain.database.as_str(),
    })
}

fn owner(one: &Promised<'_>) -> String {
    match &one.domain.owner {
        Principal::Resource(id) => one.platform.resource(*id).name.to_string(),
        Principal::Account(id) => one.platform.account(*id).name.to_string(),
        Principal::ForeignAccount(id) => id.to_string(),
        Principal::Service(id) => one.platform.library.service(*id).name.to_string(),
    }
}

fn table(one: &Promised<'_>) -> Json {
    let columns = &one.platform.schema(one.table.schema).columns;
    let keys: Vec<&str> =
        columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    let properties = columns.iter().map(|column| {
        let mut property = property(one.platform, column);
        if let Some(at) = keys.iter().position(|name| *name == column.name) {
            property.insert("primaryKey".into(), true.into());
            property.insert("primaryKeyPosition".into(), (at + 1).into());
        }
        if let Some(at) = one.table.partition.iter().position(|name| *name == column.name) {
            property.insert("partitioned".into(), true.into());
            property.insert("partitionKeyPosition".into(), (at + 1).into());
        }
        Json::from(property)
    });
    let mut table = Map::from_iter([
        ("name".to_owned(), Json::from(one.table.name.as_str())),
        ("logicalType".to_owned(), "object".into()),
        ("physicalType".to_owned(), "table".into()),
        ("properties".to_owned(), properties.collect()),
    ]);
    if let Some(rows) = one.number("volume_rows") {
        table.insert(
            "quality".into(),
            json!([{ "type": "library", "metric": "rowCount", "mustBeGreaterOrEqualTo": rows }]),
        );
    }
    table.into()
}

fn property(platform: &Platform, column: &Column) -> Map<String, Json> {
    let ty = &column.ty;
    let mut property = typed(platform, &ty.base);
    property.insert("name".into(), column.name.to_lowercase().into());
    property.insert("required".into(), (!ty.nullable).into());
    if let Some(doc) = &column.doc {
        property.insert("description".into(), doc.as_str().into());
    }
    if !ty.labels.is_empty() {
        property.insert("classification".into(), ty.labels.join(",").into());
        property.insert("tags".into(), ty.labels.iter().map(|label| Json::from(label.as_str())).collect());
    }
    let options = options(&ty.base, &ty.refinement);
    if !options.is_empty() {
        property.insert("logicalTypeOptions".into(), options.into());
    }
    if !ty.refinement.one_of.is_empty() {
        let values: Vec<Json> = ty.refinement.one_of.iter().map(|one| constant(&ty.base, one)).collect();
        property.insert(
            "quality".into(),
            json!([{
                "type": "library",
                "metric": "invalidValues",
                "arguments": { "validValues": values },
                "mustBe": 0,
            }]),
        );
    }
    property
}

fn typed(platform: &Platform, base: &Base) -> Map<String, Json> {
    let ty = match base {
        Base::Boolean => "boolean",
        Base::Int | Base::BigInt => "integer",
        Base::Double | Base::Decimal(..) => "number",
        Base::Date => "date",
        Base::Timestamp(_) | Base::TimestampLtz(_) => "timestamp",
        Base::List(_) => "array",
        Base::Map(..) | Base::Record(_) | Base::Json => "object",
        Base::String | Base::Location | Base::Bytes | Base::Unknown => "string",
    };
    let mut members = Map::from_iter([("logicalType".to_owned(), Json::from(ty))]);
    match base {
        Base::List(item) => {
            members.insert("items".into(), typed(platform, &item.base).into());
        }
        Base::Record(schema) => {
            let columns = platform.schema(*schema).columns.iter();
            let properties = columns.map(|column| Json::from(property(platform, column))).collect();
            members.insert("properties".into(), properties);
        }
        _ => {}
    }
    members
}

/// The standard has a list's length by other names than a text's.
fn options(base: &Base, refinement: &Refinement) -> Map<String, Json> {
    let (least, most) =
        if matches!(base, Base::List(_)) { ("minItems", "maxItems") } else { ("minLength", "maxLength") };
    let conditions = [
        ("minimum", refinement.min.as_ref().map(|min| constant(base, min))),
        ("maximum", refinement.max.as_ref().map(|max| constant(base, max))),
        (least, refinement.min_length.map(Json::from)),
        (most, refinement.max_length.map(Json::from)),
        ("pattern", refinement.matching.as_ref().map(|pattern| whole(pattern).into())),
    ];
    conditions.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
