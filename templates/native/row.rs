//! The rows that the query reads, in the layout that their schema has: the columns in order, without spaces. Rows of other layouts are
//! taken by the general reader.

use crate::run::scan::{self, TimestampScanner};
use crate::run::{Scanner, Schema};
use crate::window::time::Style;
use crate::window::{Column, Data};

/// One row. What the query does not read is checked all the same.
struct Row<'a> {
{%- for field in fields %}
{%- if field.stored %}
    c{{ field.index }}: {{ field.rust_type }},
{%- if field.data == "Text" %}
    /// The same with what follows it.
    t{{ field.index }}: &'a [u8],
{%- endif %}
{%- endif %}
{%- endfor %}
    rest: &'a [u8],
}

/// Reads them.
#[derive(Clone)]
pub struct Rows {
    clock: TimestampScanner,
    schema: Schema,
}

impl Rows {
    pub fn new(schema: Schema) -> Rows {
        Rows { clock: TimestampScanner::default(), schema }
    }

    #[inline(always)]
    fn row<'a>(&mut self, text: &'a [u8]) -> Option<Row<'a>> {
        let rest = text;
{%- for field in fields %}
        let rest = scan::expect(rest, b"{{ field.before|safe }}")?;
{%- if field.stored && field.data == "Text" %}
        let t{{ field.index }} = rest;
{%- endif %}
        let (c{{ field.index }}, rest) = {{ field.read|safe }}?;
{%- if !field.check.is_empty() %}
        ({{ field.check|safe }}).then_some(())?;
{%- endif %}
{%- if !field.stored %}
        let _ = c{{ field.index }};
{%- endif %}
{%- endfor %}
        let rest = scan::expect(rest, b"{{ tail|safe }}")?;
        Some(Row {
{%- for field in fields %}{% if field.stored %} c{{ field.index }},{% if field.data == "Text" %} t{{ field.index }},{% endif %}{% endif %}{% endfor %} rest })
    }
}

impl Scanner for Rows {
    fn scan<'a>(&mut self, text: &'a [u8], columns: &mut [Column]) -> (usize, &'a [u8]) {
        let _ = &self.schema;
        let [{% for field in fields %}{% if field.stored %}c{{ field.index }}{% else %}_{% endif %}, {% endfor %}] = columns else { return (0, text) };
        let (mut count, mut rest) = (0, text);
        if let ({% for field in fields %}{% if field.stored %}Data::{{ field.data }}(v{{ field.index }}), {% endif %}{% endfor %}) =
            ({% for field in fields %}{% if field.stored %}&mut c{{ field.index }}.data, {% endif %}{% endfor %})
        {
            while let Some(row) = self.row(rest) {
{%- for field in fields %}
{%- if field.stored %}
{%- if field.data == "Text" %}
                v{{ field.index }}.push_start(row.t{{ field.index }}, row.c{{ field.index }}.len());
{%- else %}
                v{{ field.index }}.push(row.c{{ field.index }});
{%- endif %}
{%- endif %}
{%- endfor %}
                count += 1;
                rest = row.rest;
            }
        }
        for column in [{% for field in fields %}{% if field.stored %}c{{ field.index }}, {% endif %}{% endfor %}] {
            if let Some(nulls) = &mut column.nulls {
                nulls.resize(nulls.len() + count, false);
            }
        }
        (count, rest)
    }
}

/// How the source writes timestamps.
pub const STYLE: Style = Style::{{ style }};
