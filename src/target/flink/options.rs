//! The options of a table: what its connector and its format say in the standard library.

use serde_json::Value;

use crate::{
    lower,
    platform::{Construct, Platform, Stream},
    sql::print,
};

/// `WITH ( … )` of a table that is read.
pub fn of_source(platform: &Platform, stream: &Stream, format: Vec<(String, String)>) -> String {
    let mut options = listed(platform, stream, &stream.connector, "flink");
    options.extend(listed(platform, stream, &stream.connector, "flink_source"));
    options.extend(format);
    written(options)
}

/// `WITH ( … )` of a table that is written.
pub fn of_sink(platform: &Platform, stream: &Stream) -> String {
    let mut options = listed(platform, stream, &stream.connector, "flink");
    options.extend(of_format(platform, stream));
    written(options)
}

/// What a stream's format says.
pub fn of_format(platform: &Platform, stream: &Stream) -> Vec<(String, String)> {
    listed(platform, stream, &stream.format, "flink")
}

/// The option that makes a format read on after a row that it can't read.
pub fn lenient(platform: &Platform, stream: &Stream) -> Option<(String, String)> {
    match lower::property(platform, stream.resource, &stream.format, "lenient")? {
        Value::String(key) => Some((key, "true".to_owned())),
        _ => None,
    }
}

/// The members of a property that is a record, those without a value left out.
fn listed(
    platform: &Platform,
    stream: &Stream,
    construct: &Construct,
    property: &str,
) -> Vec<(String, String)> {
    match lower::property(platform, stream.resource, construct, property) {
        Some(Value::Object(members)) => {
            members.into_iter().filter_map(|(key, value)| Some((key, text(&value)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

fn written(options: Vec<(String, String)>) -> String {
    let lines: Vec<String> = options
        .iter()
        .map(|(key, value)| format!("  {} = {}", print::text(key), print::text(value)))
        .collect();
    format!("WITH (\n{}\n)", lines.join(",\n"))
}
