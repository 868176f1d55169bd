//! The streams that the query reads, each with the code for its rows.

use crate::run::{JsonSource, Scanner, Schema, Source, Unknown};
use crate::window::time::Style;
use std::io::{self, Read};
{% for (at, file) in streams %}
#[path = "{{ file }}"]
mod row_{{ at }};
{%- endfor %}

/// How a stream writes timestamps.
pub fn style(stream: usize) -> Style {
    match stream {
{%- for (at, _) in streams %}
        {{ at }} => row_{{ at }}::STYLE,
{%- endfor %}
        _ => Style::Iso,
    }
}

/// What JSON lines are read from, and which of their fields are kept.
pub struct Lines {
    pub input: Box<dyn Read + Send>,
    pub schema: Schema,
    pub stored: Vec<bool>,
    pub time: usize,
}

/// JSON lines of a stream, parsed on so many threads; where there are none, by whoever asks for them.
pub fn json(stream: usize, lines: Lines, threads: usize) -> io::Result<Box<dyn Source + Send>> {
    match stream {
{%- for (at, _) in streams %}
        {{ at }} => {
            let rows = row_{{ at }}::Rows::new(lines.schema.clone());
            parsed(lines, row_{{ at }}::STYLE, rows, threads)
        }
{%- endfor %}
        _ => parsed(lines, Style::Iso, Unknown, threads),
    }
}

fn parsed(
    lines: Lines,
    style: Style,
    rows: impl Scanner + Clone + Send + 'static,
    threads: usize,
) -> io::Result<Box<dyn Source + Send>> {
    let Lines { input, schema, stored, time } = lines;
    let source = JsonSource::with_scanner(input, schema, stored, time, style, rows);
    Ok(if threads > 0 { Box::new(source.parallel(threads)?) } else { Box::new(source) })
}
