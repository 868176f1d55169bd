//! Streams.

use smol_str::SmolStr;

use super::{Platform, resource::ResourceId, schema::SchemaId, types::Base, value::Construct};

/// A typed stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its declaration.
    pub resource: ResourceId,
    /// Its rows.
    pub schema: SchemaId,
    /// `kinesis(…)`, `kafka(…)`, `file(…)`.
    pub connector: Construct,
    /// `json`, `csv`, … with its options.
    pub format: Construct,
    /// The event-time column and the watermark's delay in milliseconds.
    pub watermark: Option<(SmolStr, u64)>,
    /// How long, in milliseconds, a silent partition holds the watermark back.
    pub idle: Option<u64>,
    /// `drop`, or `divert(stream)`: what becomes of late rows.
    pub late: Option<Rows>,
    /// What becomes of rows that break the schema.
    pub on_invalid: Rows,
}

impl Stream {
    /// The streams that take its late and invalid rows.
    pub fn diverts(&self) -> Vec<ResourceId> {
        let rows = self.late.into_iter().chain([self.on_invalid]);
        rows.filter_map(|rows| match rows {
            Rows::Divert(to) => Some(to),
            Rows::Drop | Rows::Fail => None,
        })
        .collect()
    }

    /// Whether each row is a line of text that can be decoded value by value, so that the text of one that can't be read can be kept: the format
    /// has one row a line, and no column is made of others.
    pub fn is_lines(&self, platform: &Platform) -> bool {
        let format = platform.library.constructor(self.format.constructor);
        let plain = |base: &Base| {
            !matches!(
                base,
                Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Json | Base::Location | Base::Bytes
            )
        };
        let columns = &platform.schema(self.schema).columns;
        format.properties.contains_key("lines") && columns.iter().all(|column| plain(&column.ty.base))
    }
}

/// What becomes of rows that can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// They are counted and left out.
    Drop,
    /// The query stops.
    Fail,
    /// They go to another stream.
    Divert(ResourceId),
}
