//! Record types.

use smol_str::SmolStr;

use super::{
    Platform,
    grant::LabelRule,
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
    /// Every label of a type, those of what stands inside it included, sorted.
    pub fn labels_of(&self, ty: &DataType) -> Vec<SmolStr> {
        let mut labels = Vec::new();
        let mut seen: Vec<SchemaId> = Vec::new();
        let mut rest = vec![ty];
        while let Some(ty) = rest.pop() {
            labels.extend(ty.labels.iter().cloned());
            match &ty.base {
                Base::List(element) => rest.push(element),
                Base::Map(key, value) => rest.extend([key.as_ref(), value.as_ref()]),
                Base::Record(schema) if !seen.contains(schema) => {
                    seen.push(*schema);
                    rest.extend(self.schema(*schema).columns.iter().map(|column| &column.ty));
                }
                _ => {}
            }
        }
        labels.sort();
        labels.dedup();
        labels
    }

    /// The columns of a record type that meet any of some rules about their labels.
    pub fn labelled_columns<'a>(
        &'a self,
        schema: SchemaId,
        rules: &'a [LabelRule],
    ) -> impl Iterator<Item = &'a Column> {
        let columns = self.schema(schema).columns.iter();
        columns.filter(|column| {
            let labels = self.labels_of(&column.ty);
            rules.iter().any(|rule| rule.holds(&labels))
        })
    }

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
