//! Tables of items, as DynamoDB keeps them.

use smol_str::SmolStr;

use super::{
    resource::ResourceId,
    schema::SchemaId,
    types::{Base, DataType},
};

/// A table of items with a type.
#[derive(Clone, Debug)]
pub struct ItemTable {
    /// Its declaration.
    pub resource: ResourceId,
    /// What its items are.
    pub schema: SchemaId,
    /// The columns of its key alone: by what the items are spread, then by what they are sorted.
    pub key_schema: SchemaId,
    /// The column by which the items are spread, alone.
    pub partition_schema: SchemaId,
    /// The columns beside the key, each of which may be left out.
    pub rest_schema: SchemaId,
    /// The column by which its items are spread.
    pub key: SmolStr,
    /// The column by which those are sorted that have the same.
    pub sort: Option<SmolStr>,
    /// What it is looked up by besides.
    pub indexes: Vec<ItemIndex>,
}

/// An index of a table: the same items, by other columns. Those that lack one of them are not in it.
#[derive(Clone, Debug)]
pub struct ItemIndex {
    /// Its name.
    pub name: SmolStr,
    /// The column by which its items are spread.
    pub key: SmolStr,
    /// The column by which those are sorted that have the same.
    pub sort: Option<SmolStr>,
    /// The column by which its items are spread, alone, and never `none`.
    pub partition_schema: SchemaId,
}

impl ItemTable {
    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&ItemIndex> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The columns of all its keys, each once: the table's own, then those of its indexes.
    pub fn key_columns(&self) -> Vec<&SmolStr> {
        let mut columns: Vec<&SmolStr> = Vec::new();
        let own = std::iter::once(&self.key).chain(&self.sort);
        let others = self.indexes.iter().flat_map(|index| std::iter::once(&index.key).chain(&index.sort));
        for column in own.chain(others) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
    }
}

/// The type of a key's attribute, where a value of this type can be one.
pub fn attribute_type(ty: &DataType) -> Option<&'static str> {
    match ty.base {
        Base::String | Base::Date | Base::Timestamp(_) | Base::TimestampLtz(_) => Some("S"),
        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => Some("N"),
        Base::Bytes => Some("B"),
        _ => None,
    }
}
