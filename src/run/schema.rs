//! The records of a stream and what is demanded of their fields.

use super::rows::Cell;
use crate::window::cast::parse_text;
use crate::window::{Type, Value};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A record type.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Schema {
    pub(super) fields: Vec<Field>,
}

/// A field of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its name, as it stands in the data.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether it may be null or missing.
    pub nullable: bool,
    /// What is demanded of values that are there.
    pub rules: Vec<Rule>,
}

/// A demand on the values of a field.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// Both bounds belong to the range; a bound that is absent is none. NaN is in no range.
    Range {
        /// The least value.
        low: Option<Value>,
        /// The greatest value.
        high: Option<Value>,
        /// As it was written, `-90..150`.
        text: String,
    },
    /// The pattern is found in the string (anchor it to match the whole).
    Matching(#[serde(with = "pattern")] regex::Regex),
    /// The value is one of these.
    OneOf(Vec<Value>),
    /// How many code points a string, or bytes a byte string, may have: at least and at most.
    Length(u64, u64),
}

/// A pattern as its text.
mod pattern {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &regex::Regex, to: S) -> Result<S::Ok, S::Error> {
        value.as_str().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<regex::Regex, D::Error> {
        let text = String::deserialize(from)?;
        regex::Regex::new(&text).map_err(D::Error::custom)
    }
}

/// Why a schema makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaError {
    /// Two fields of one name.
    Duplicate(String),
    /// A rule that a field of this type can't have.
    Rule(String, Type),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaError::Duplicate(name) => write!(f, "two fields are named `{name}`"),
            SchemaError::Rule(name, ty) => write!(f, "`{name}` has a rule that does not apply to {ty}"),
        }
    }
}

impl std::error::Error for SchemaError {}

impl Schema {
    /// A record of these fields.
    pub fn new(fields: Vec<Field>) -> Result<Schema, SchemaError> {
        for (i, field) in fields.iter().enumerate() {
            if fields.iter().take(i).any(|f| f.name == field.name) {
                return Err(SchemaError::Duplicate(field.name.clone()));
            }
            if !field.rules.iter().all(|r| r.applies_to(field.ty)) {
                return Err(SchemaError::Rule(field.name.clone(), field.ty));
            }
        }
        Ok(Schema { fields })
    }

    /// Its fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether a field may have a value that is not null.
    pub fn allows(&self, field: usize, value: Value) -> bool {
        self.keeps_rules(field, &Cell::from_value(value))
    }

    /// Whether a field may have a text.
    pub fn allows_text(&self, field: usize, text: &[u8]) -> bool {
        self.keeps_rules(field, &Cell::Text(Cow::Borrowed(text)))
    }

    fn keeps_rules(&self, field: usize, cell: &Cell<'_>) -> bool {
        self.fields.get(field).is_some_and(|field| field.rules.iter().all(|rule| rule.holds(cell)))
    }

    /// The types of its fields.
    pub fn types(&self) -> Vec<Type> {
        self.fields.iter().map(|f| f.ty).collect()
    }
}

impl Rule {
    /// The range `low..high` of a type, from the bounds' text; `None` where a bound is no value of the type.
    pub fn range(ty: Type, low: Option<&str>, high: Option<&str>) -> Option<Rule> {
        let bound = |text: Option<&str>| {
            text.map(|t| parse_text(t.as_bytes(), ty)).map_or(Some(None), |v| v.map(Some))
        };
        let text = format!("{}..{}", low.unwrap_or_default(), high.unwrap_or_default());
        Some(Rule::Range { low: bound(low)?, high: bound(high)?, text })
    }

    fn applies_to(&self, ty: Type) -> bool {
        match self {
            Rule::Range { low, high, .. } => {
                let fits = |b: &Option<Value>| b.as_ref().is_none_or(|v| *v != Value::Null && v.fits(ty));
                (ty.is_numeric() || ty.is_timestamp() || ty == Type::Date) && fits(low) && fits(high)
            }
            Rule::Matching(_) => ty == Type::String,
            Rule::OneOf(values) => values.iter().all(|v| v.fits(ty)),
            Rule::Length(..) => matches!(ty, Type::String | Type::Bytes),
        }
    }

    /// Whether a value that is not null satisfies it.
    pub(super) fn holds(&self, value: &Cell<'_>) -> bool {
        match self {
            Rule::Range { low, high, .. } => {
                let above = low.as_ref().is_none_or(|l| value.at_least(l));
                above && high.as_ref().is_none_or(|h| value.at_most(h))
            }
            Rule::Matching(pattern) => {
                value.text().is_some_and(|t| pattern.is_match(&String::from_utf8_lossy(t)))
            }
            Rule::OneOf(values) => values.iter().any(|v| value.at_least(v) && value.at_most(v)),
            Rule::Length(least, most) => value.length().is_some_and(|n| n >= *least && n <= *most),
        }
    }

    /// What a value that breaks it is: `outside -90..150`.
    pub(super) fn complaint(&self) -> String {
        match self {
            Rule::Range { text, .. } => format!("outside {text}"),
            Rule::Matching(pattern) => format!("not matching \"{}\"", pattern.as_str()),
            Rule::OneOf(_) => "none of the values allowed".to_string(),
            Rule::Length(least, most) => format!("not {least}..{most} long"),
        }
    }
}
