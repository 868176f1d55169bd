//! Streams.

use smol_str::SmolStr;

use super::{resource::ResourceId, schema::SchemaId, value::Construct};

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
