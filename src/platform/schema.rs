//! Record types.

use smol_str::SmolStr;

use super::{
    Platform,
    types::{Base, DataType},
};
use crate::source::Span;

/// Index into [`super::Platform::schemas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub u32);

/// A record type.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Its name; `sales.customers` for a table's.
    pub name: SmolStr,
    /// Its columns in the order they were declared, which is part of its meaning.
    pub columns: Vec<Column>,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// The name's place.
    pub span: Span,
}

impl Platform {
    /// A type as a program writes it.
    pub fn spelled(&self, ty: &DataType) -> String {
        let base = match &ty.base {
            Base::Record(id) => self.schema(*id).name.to_string(),
            Base::List(inner) => format!("list<{}>", self.spelled(inner)),
            Base::Map(key, value) => format!("map<{}, {}>", self.spelled(key), self.spelled(value)),
            base => crate::sql::types::spelled(base).to_lowercase(),
        };
        let labels: String = ty.labels.iter().map(|label| format!(" @{label}")).collect();
        format!("{base}{}{labels}", if ty.nullable { "?" } else { "" })
    }
}

impl Schema {
    /// The column with that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column, a field of a record, or a parameter.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: DataType,
    /// Whether it is part of the key.
    pub key: bool,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// The name's place.
    pub span: Span,
}
