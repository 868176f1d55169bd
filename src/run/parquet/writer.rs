//! Rows as Parquet.

use super::super::sink::{RowSink, Target};
use super::fault;
use crate::window::{Batch, Column, Data, Type};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type as Node;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a group.
const GROUP: usize = 1 << 17;
/// Bytes of a decimal.
const DECIMAL: i32 = 16;

/// Writes batches in groups of rows, compressed with Snappy. Every column may hold nulls.
pub struct ParquetWriter {
    /// Absent once it has ended.
    output: Option<SerializedFileWriter<Box<dyn Target + Send>>>,
    columns: Vec<Column>,
    rows: usize,
}

impl ParquetWriter {
    /// A writer of records with these fields.
    pub fn new<'a>(
        output: Box<dyn Target + Send>,
        fields: impl IntoIterator<Item = (&'a str, Type)>,
    ) -> io::Result<ParquetWriter> {
        let (mut nodes, mut columns) = (Vec::new(), Vec::new());
        for (name, ty) in fields {
            nodes.push(Arc::new(node(name, ty)?));
            columns.push(Column::new(ty.class()));
        }
        let schema = Node::group_type_builder("row").with_fields(nodes).build().map_err(fault)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let output = SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties));
        Ok(ParquetWriter { output: Some(output.map_err(fault)?), columns, rows: 0 })
    }

    fn end_group(&mut self) -> io::Result<()> {
        let Some(output) = self.output.as_mut().filter(|_| self.rows > 0) else { return Ok(()) };
        let mut group = output.next_row_group().map_err(fault)?;
        for column in &mut self.columns {
            if let Some(mut writer) = group.next_column().map_err(fault)? {
                write_column(&mut writer, column)?;
                writer.close().map_err(fault)?;
            }
            column.clear();
        }
        group.close().map_err(fault)?;
        self.rows = 0;
        Ok(())
    }
}

fn node(name: &str, ty: Type) -> io::Result<Node> {
    let time = |zoned, precision| {
        let unit = if precision <= 3 { TimeUnit::MILLIS } else { TimeUnit::MICROS };
        (Physical::INT64, Some(LogicalType::timestamp(zoned, unit)))
    };
    let (physical, logical) = match ty {
        Type::Boolean => (Physical::BOOLEAN, None),
        Type::Int => (Physical::INT32, None),
        Type::BigInt => (Physical::INT64, None),
        Type::Double => (Physical::DOUBLE, None),
        Type::Decimal { precision, scale } => {
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(scale.into(), precision.into())))
        }
        Type::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Type::Bytes => (Physical::BYTE_ARRAY, None),
        Type::Date => (Physical::INT32, Some(LogicalType::Date)),
        // Microseconds, whatever the precision: so are the values.
        Type::Timestamp(_) => time(false, 6),
        Type::TimestampLtz(_) => time(true, 6),
    };
    let node = Node::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    let node = match ty {
        Type::Decimal { precision, scale } => {
            node.with_length(DECIMAL).with_precision(precision.into()).with_scale(scale.into())
        }
        _ => node,
    };
    node.build().map_err(fault)
}

fn write_column(writer: &mut SerializedColumnWriter<'_>, column: &Column) -> io::Result<()> {
    fn there<T: Clone>(values: &[T], column: &Column) -> Vec<T> {
        let values = values.iter().enumerate().filter(|(row, _)| !column.is_null(*row));
        values.map(|(_, value)| value.clone()).collect()
    }
    let levels: Vec<i16> = (0..column.len()).map(|row| i16::from(!column.is_null(row))).collect();
    let levels = Some(levels.as_slice());
    let written = match &column.data {
        Data::Bool(v) => writer.typed::<BoolType>().write_batch(&there(v, column), levels, None),
        Data::I32(v) => writer.typed::<Int32Type>().write_batch(&there(v, column), levels, None),
        Data::I64(v) => writer.typed::<Int64Type>().write_batch(&there(v, column), levels, None),
        Data::F64(v) => writer.typed::<DoubleType>().write_batch(&there(v, column), levels, None),
        Data::I128(v) => {
            let values = there(v, column).into_iter().map(|x| x.to_be_bytes().to_vec());
            let values: Vec<_> = values.map(FixedLenByteArray::from).collect();
            writer.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)
        }
        Data::Text(v) => {
            let rows = (0..column.len()).filter(|row| !column.is_null(*row));
            let values: Vec<_> = rows.map(|row| ByteArray::from(v.get(row).to_vec())).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, levels, None)
        }
    };
    written.map_err(fault).map(|_| ())
}

impl RowSink for ParquetWriter {
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()> {
        let mut each: Box<dyn Iterator<Item = u32>> = match rows {
            Some(rows) => Box::new(rows.iter().copied()),
            None => Box::new(0..batch.len as u32),
        };
        each.try_for_each(|row| {
            for (to, from) in self.columns.iter_mut().zip(&batch.columns) {
                to.push(&from.get(row as usize));
            }
            self.rows += 1;
            if self.rows >= GROUP { self.end_group() } else { Ok(()) }
        })
    }

    /// Nothing is readable before the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A file without its footer can't be gone on with.
    fn seal(&mut self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.end_group()?;
        let Some(mut output) = self.output.take() else { return Ok(()) };
        output.finish().map_err(fault)?;
        output.inner_mut().flush()?;
        output.inner_mut().finish()
    }
}
