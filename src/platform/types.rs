//! The types of data: columns, parameters, values of a pipeline.

use smol_str::SmolStr;

use super::schema::SchemaId;

/// A type with what is known about its values.
#[derive(Clone, Debug, PartialEq)]
pub struct DataType {
    /// What kind of value.
    pub base: Base,
    /// Whether it may be null.
    pub nullable: bool,
    /// Conditions on its values.
    pub refinement: Refinement,
    /// `pii` and others, sorted.
    pub labels: Vec<SmolStr>,
}

impl DataType {
    /// A type that is never null, without conditions or labels.
    pub fn plain(base: Base) -> Self {
        Self { base, nullable: false, refinement: Refinement::default(), labels: Vec::new() }
    }

    /// The same type, possibly null.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// The kinds of data.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// Text of Unicode characters.
    String,
    /// True or false.
    Boolean,
    /// 32 bits, signed.
    Int,
    /// 64 bits, signed.
    BigInt,
    /// 64-bit binary floating point.
    Double,
    /// Exact number: digits in all (1 to 38), digits behind the point.
    Decimal(u8, u8),
    /// A day.
    Date,
    /// A local date and time, with so many digits of a second (0 to 9).
    Timestamp(u8),
    /// An instant, with so many digits of a second (0 to 9).
    TimestampLtz(u8),
    /// Octets.
    Bytes,
    /// A sequence.
    List(Box<DataType>),
    /// Keys to values.
    Map(Box<DataType>, Box<DataType>),
    /// A declared record.
    Record(SchemaId),
    /// A place in a bucket; as text its `s3://` URI.
    Location,
    /// Any JSON value: what an external call returns without a declared type.
    Json,
    /// A type that could not be read; the fault is reported already, and everything fits it.
    Unknown,
}

/// Conditions on values, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinement {
    /// Smallest number allowed, as written.
    pub min: Option<SmolStr>,
    /// Largest number allowed, as written.
    pub max: Option<SmolStr>,
    /// Smallest length: characters of text, elements of a list.
    pub min_length: Option<u64>,
    /// Largest length.
    pub max_length: Option<u64>,
    /// The whole text matches.
    pub matching: Option<SmolStr>,
    /// It is one of these; empty means no such condition.
    pub one_of: Vec<SmolStr>,
}

impl Refinement {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
