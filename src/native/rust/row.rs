//! The code that reads the rows of one schema.

use askama::Template;

use crate::{
    run::{Field, Job, Rule},
    window::{Type, Value, time::Style},
};

#[derive(Template)]
#[template(path = "native/row.rs", escape = "none")]
struct Scanned {
    fields: Vec<Column>,
    /// What closes a row, escaped.
    tail: String,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "native/general.rs", escape = "none")]
struct General {
    style: &'static str,
}

/// A column as the template wants it: texts of Rust, of which `before` alone holds a name, in escapes.
struct Column {
    index: usize,
    stored: bool,
    before: String,
    read: String,
    quoted: bool,
    check: String,
    rust_type: &'static str,
    data: &'static str,
}

/// The file for one of the job's inputs.
pub(super) fn text(job: &Job, input: usize, style: Style) -> String {
    let name = match style {
        Style::Iso => "Iso",
        Style::Sql => "Sql",
    };
    let stored = job.stored(input);
    let fields_of = job.inputs.get(input).map(|input| input.schema.fields()).unwrap_or_default();
    let mut closes = "{";
    let mut fields = Vec::new();
    for (index, field) in fields_of.iter().enumerate() {
        let Some(mut column) = column(index, field, name) else {
            return General { style: name }.render().unwrap_or_default();
        };
        column.stored = stored.get(index) == Some(&true);
        let opens = if column.quoted { "\"" } else { "" };
        // A string always becomes JSON.
        let member = serde_json::to_string(&field.name).unwrap_or_default();
        column.before = literal(&format!("{closes}{member}:{opens}"));
        closes = if column.quoted { "\"," } else { "," };
        fields.push(column);
    }
    let tail = literal(if closes == "\"," { "\"}\n" } else { "}\n" });
    Scanned { fields, tail, style: name }.render().unwrap_or_default()
}

/// The inside of a byte string literal.
fn literal(text: &str) -> String {
    text.as_bytes().escape_ascii().to_string()
}

/// How a column is read; `None` for types that take the general reader.
fn column(index: usize, field: &Field, style: &str) -> Option<Column> {
    let timestamp =
        |precision: u8, zoned: bool| format!("self.clock.scan(rest, Style::{style}, {precision}, {zoned})");
    let (read, quoted, rust_type, data, value) = match field.ty {
        Type::String => ("scan::string(rest)".to_string(), true, "&'a [u8]", "Text", "Text"),
        Type::Timestamp(precision) => (timestamp(precision, false), true, "i64", "I64", "I64"),
        Type::TimestampLtz(precision) => (timestamp(precision, true), true, "i64", "I64", "I64"),
        Type::Double => ("scan::double(rest)".to_string(), false, "f64", "F64", "F64"),
        Type::Int => ("scan::int(rest)".to_string(), false, "i32", "I32", "I32"),
        Type::BigInt => ("scan::whole(rest)".to_string(), false, "i64", "I64", "I64"),
        Type::Decimal { precision, scale } => {
            (format!("scan::exact(rest, {precision}, {scale})"), false, "i128", "I128", "I128")
        }
        Type::Boolean => ("scan::flag(rest)".to_string(), false, "bool", "Bool", "Bool"),
        Type::Date | Type::Bytes => return None,
    };
    let check = check(index, field, value);
    Some(Column { index, stored: false, before: String::new(), read, quoted, check, rust_type, data })
}

/// Whether a value keeps the rules, as Rust; empty where there are none.
fn check(index: usize, field: &Field, value: &str) -> String {
    match (field.rules.as_slice(), value) {
        ([], _) => String::new(),
        ([Rule::Range { low: Some(Value::F64(low)), high: Some(Value::F64(high)), .. }], _) => {
            let bound = |bound: &f64| format!("f64::from_bits({:#x})", bound.to_bits());
            format!("c{index} >= {} && c{index} <= {}", bound(low), bound(high))
        }
        (_, "Text") => format!("self.schema.allows_text({index}, c{index})"),
        _ => format!("self.schema.allows({index}, crate::window::Value::{value}(c{index}))"),
    }
}
