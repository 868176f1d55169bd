//! Running a query on this machine: sources and sinks around the [window](crate::window) operator.
//!
//! Works over [`Read`](std::io::Read) and [`Write`](std::io::Write): it opens no files and reads no clock.
//! [`run`] does the whole job from one source; an [`Engine`] is fed by whoever has several, or wants to stop and go on.

mod ahead;
mod blocks;
mod buffered;
mod checkpoint;
mod compress;
mod csv_layout;
mod csv_source;
mod csv_writer;
mod engine;
mod json;
mod json_source;
mod layout;
mod metrics;
mod parallel;
#[cfg(feature = "parquet")]
mod parquet;
mod pipeline;
mod rows;
pub mod scan;
mod schema;
mod sink;
mod walk;
mod whole;
mod writer;

#[cfg(feature = "parquet")]
pub use self::parquet::{ParquetSource, ParquetWriter};
pub use crate::window::time::Style;
pub use ahead::Ahead;
pub use checkpoint::{Checkpoint, CheckpointError, InputState, OutputState, Position};
pub use compress::{Codec, Encoder, SIGHT};
pub use csv_source::CsvSource;
pub use csv_writer::CsvWriter;
pub use engine::{Counts, Engine};
pub use json_source::{JsonSource, Scanner, Unknown};
pub use metrics::{Gauges, metrics};
pub use parallel::ParallelJson;
pub use pipeline::{Diverted, Input, Job, OnInvalid, Progress, REJECTED, RunError, Sinks, Summary, run};
pub use rows::{Place, Reject, RowBatch, Source};
pub use schema::{Field, Rule, Schema, SchemaError};
pub use sink::{Nowhere, Outputs, RowSink, Target};
pub use whole::WholeRecords;
pub use writer::JsonWriter;
