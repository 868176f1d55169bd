//! Parquet as a source and a sink of rows (feature `parquet`).

mod columns;
mod source;
mod writer;

pub use source::ParquetSource;
pub use writer::ParquetWriter;

use parquet::errors::ParquetError;
use std::io;

/// A fault of a file.
fn fault(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}
