//! The table that is read.
//!
//! A stream of JSON lines is read as text and decoded by the script itself: only so the text of a row that can't be read is still there to be
//! diverted, and only so one definition says what a valid row is. Flink's own decoder makes the 28th of February of the 30th, and 60 of 60.7.
//! Other formats, and rows with values that are no scalars, are read by Flink's decoder.

use crate::{
    native,
    platform::{Column, Platform, Stream, stream::Rows},
    sql::{print, types},
};

use super::{decode, guard, options, sink};

/// The column with a line's text. No column of a program has a `$` in its name.
pub const LINE: &str = "$line";
/// The event time of a stream that Flink decodes, guarded against null.
const TIME: &str = "$time";

/// `CREATE TABLE` of a source, and the views that part its valid rows from the others.
pub fn declare(platform: &Platform, stream: &Stream) -> String {
    let lines = stream.is_lines(platform);
    let table = if lines { line_table(platform, stream) } else { format_table(platform, stream) };
    let views =
        if lines { guard::line_views(platform, stream) } else { guard::format_views(platform, stream, TIME) };
    format!("{table}\n{views}")
}

/// The event-time column of a stream.
pub fn event_time<'a>(platform: &'a Platform, stream: &Stream) -> Option<&'a Column> {
    let (name, _) = stream.watermark.as_ref()?;
    platform.schema(stream.schema).column(name)
}

fn line_table(platform: &Platform, stream: &Stream) -> String {
    let mut columns = vec![format!("{} STRING", print::name(LINE))];
    if let Some(column) = event_time(platform, stream) {
        let text = decode::member_text(LINE, &column.name);
        let value = decode::timestamp(&column.ty, &text, native::style(platform, stream));
        columns.extend(guarded(column, &value, &column.name, stream));
    }
    create(platform, stream, &columns, vec![("format".to_owned(), "raw".to_owned())])
}

fn format_table(platform: &Platform, stream: &Stream) -> String {
    let schema = platform.schema(stream.schema);
    let mut columns: Vec<String> = schema
        .columns
        .iter()
        .map(|column| format!("{}{}", sink::typed(platform, column), sink::comment(column.doc.as_deref())))
        .collect();
    if let Some(column) = event_time(platform, stream) {
        columns.extend(guarded(column, &print::name(&column.name), TIME, stream));
    }
    let mut format = options::of_format(platform, stream);
    if stream.on_invalid == Rows::Drop {
        format.extend(options::lenient(platform, stream));
    }
    create(platform, stream, &columns, format)
}

/// The event time as a computed column that is never null, which would end the job. A row without one is left out behind it; 1970 moves no
/// watermark.
fn guarded(column: &Column, value: &str, name: &str, stream: &Stream) -> [String; 2] {
    let delay = stream.watermark.as_ref().map(|(_, delay)| *delay).unwrap_or_default();
    let ty = print::data_type(&column.ty.base).unwrap_or_default();
    let epoch = format!("CAST(TIMESTAMP '1970-01-01 00:00:00' AS {ty})");
    let name = print::name(name);
    [
        format!("{name} AS COALESCE({value}, {epoch}){}", sink::comment(column.doc.as_deref())),
        format!("WATERMARK FOR {name} AS {name} - {}", print::interval(delay)),
    ]
}

fn create(platform: &Platform, stream: &Stream, columns: &[String], format: Vec<(String, String)>) -> String {
    let resource = platform.resource(stream.resource);
    let schema = platform.schema(stream.schema);
    let columns: Vec<String> = columns.iter().map(|column| format!("  {column}")).collect();
    format!(
        "CREATE TABLE {} (\n{}\n){} {};\n",
        print::name(&resource.name),
        columns.join(",\n"),
        sink::comment(resource.doc.as_deref().or(schema.doc.as_deref())),
        options::of_source(platform, stream, format),
    )
}

/// A type as messages of rejected rows name it.
pub fn type_name(column: &Column) -> String {
    types::spelled(&column.ty.base)
}
