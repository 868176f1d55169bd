//! The streams that the query reads, each with the code for its rows.

use crate::run::{JsonSource, Schema, Source};
use crate::window::time::Style;
use std::io::Read;
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

/// JSON lines of a stream, of which these fields are kept.
pub fn json(
    stream: usize,
    input: Box<dyn Read + Send>,
    schema: Schema,
    stored: Vec<bool>,
    time: usize,
) -> Box<dyn Source + Send> {
    match stream {
{%- for (at, _) in streams %}
        {{ at }} => {
            let rows = row_{{ at }}::Rows::new(schema.clone());
            Box::new(JsonSource::with_scanner(input, schema, stored, time, row_{{ at }}::STYLE, rows))
        }
{%- endfor %}
        _ => Box::new(JsonSource::new(input, schema, stored, time, Style::Iso)),
    }
}
