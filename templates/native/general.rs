//! The rows that the query reads: their schema has a type for which there is no quicker way than the general reader.

use crate::run::Schema;
use crate::window::time::Style;

/// Knows no layout.
pub type Rows = crate::run::Unknown;

/// How the source writes timestamps.
pub const STYLE: Style = Style::{{ style }};

impl Rows {
    pub fn new(_: Schema) -> Rows {
        crate::run::Unknown
    }
}
