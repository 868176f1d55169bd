//! Sources and sinks around the window operator.

mod ahead;
mod blocks;
mod buffered;
mod csv_layout;
mod csv_source;
mod csv_writer;
mod engine;
mod json;
mod json_source;
mod layout;
mod parallel;
mod pipeline;
mod rows;
pub mod scan;
mod schema;
mod sink;
mod walk;
mod writer;

pub use ahead::Ahead;
pub use csv_source::CsvSource;
pub use json_source::{JsonSource, Scanner, Unknown};
pub use parallel::ParallelJson;
pub use pipeline::{Diverted, Input, Job, OnInvalid, Progress, RunError, Sinks, Summary, run};
pub use rows::{Reject, RowBatch, Source};
pub use schema::{Field, Rule, Schema, SchemaError};
pub use writer::JsonWriter;
