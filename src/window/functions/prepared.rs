//! Functions that are made for a constant: a regular expression, a form of times, a path in JSON.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::column::{Column, Value};
use super::super::types::Type;
use super::form::Form;
use super::json::Path;
use super::regular::Regular;
use super::{Fault, calendar, formatter, simple, text, timestamp};

/// A function of one row's values, and the constant that it is made for. Each is null where an argument is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Prepared {
    /// `REGEXP(s, pattern)`
    Regexp(Regular),
    /// `s SIMILAR TO pattern`
    Similar(Regular),
    /// `REGEXP_EXTRACT(s, pattern, group)`
    RegexpExtract(Regular),
    /// `REGEXP_REPLACE(s, pattern, by)`
    RegexpReplace(Regular),
    /// `JSON_VALUE(s, path)`
    JsonValue(Path),
    /// `JSON_QUERY(s, path)`
    JsonQuery(Path),
    /// `JSON_EXISTS(s, path)`
    JsonExists(Path),
    /// `DATE_FORMAT(t, form)`
    DateFormat(Form),
    /// `TO_TIMESTAMP(s, form)`
    ToTimestamp(Form),
    /// `TO_DATE(s, form)`
    ToDate(Form),
    /// `FROM_UNIXTIME(seconds, form)`
    FromUnixtime(Form),
}

impl Prepared {
    /// Its name in SQL.
    pub(in super::super) fn name(&self) -> &'static str {
        match self {
            Prepared::Regexp(_) => "REGEXP",
            Prepared::Similar(_) => "SIMILAR TO",
            Prepared::RegexpExtract(_) => "REGEXP_EXTRACT",
            Prepared::RegexpReplace(_) => "REGEXP_REPLACE",
            Prepared::JsonValue(_) => "JSON_VALUE",
            Prepared::JsonQuery(_) => "JSON_QUERY",
            Prepared::JsonExists(_) => "JSON_EXISTS",
            Prepared::DateFormat(_) => "DATE_FORMAT",
            Prepared::ToTimestamp(_) => "TO_TIMESTAMP",
            Prepared::ToDate(_) => "TO_DATE",
            Prepared::FromUnixtime(_) => "FROM_UNIXTIME",
        }
    }

    /// The type of its result; `None` where it is not defined on such arguments.
    pub(in super::super) fn result(&self, args: &[Type]) -> Option<Type> {
        use Type::{BigInt, Boolean, Date, Int, String};
        match (self, args) {
            (Prepared::Regexp(_) | Prepared::Similar(_) | Prepared::JsonExists(_), [String]) => Some(Boolean),
            (Prepared::RegexpExtract(_), [String, Int])
            | (Prepared::RegexpReplace(_), [String, String])
            | (Prepared::JsonValue(_) | Prepared::JsonQuery(_), [String])
            | (Prepared::FromUnixtime(_), [BigInt]) => Some(String),
            (Prepared::DateFormat(_), [time]) => time.is_timestamp().then_some(String),
            (Prepared::ToTimestamp(_), [String]) => Some(Type::Timestamp(3)),
            (Prepared::ToDate(_), [String]) => Some(Date),
            _ => None,
        }
    }

    /// Its value for each row.
    pub(in super::super) fn eval(&self, args: &[Cow<'_, Column>], ty: Type) -> Result<Column, Fault> {
        super::by_row(args, ty, false, |values| self.value(values))
    }

    fn value(&self, args: &[Value]) -> Result<Option<Value>, ()> {
        if let (Prepared::DateFormat(form), [time]) = (self, args) {
            return Ok(calendar::micros(time).map(|micros| Value::text(&formatter::format(micros, form))));
        }
        if let (Prepared::FromUnixtime(form), [Value::I64(seconds)]) = (self, args) {
            return Ok(Some(Value::text(&simple::format(*seconds, form))));
        }
        let Some(text) = args.first().and_then(text::text_of) else { return Ok(None) };
        Ok(match (self, args) {
            (Prepared::Regexp(pattern) | Prepared::Similar(pattern), _) => {
                Some(Value::Bool(pattern.is_found(&text)))
            }
            (Prepared::RegexpExtract(pattern), [_, Value::I32(group)]) => {
                pattern.extract(&text, *group).map(Value::text)
            }
            (Prepared::RegexpReplace(pattern), [_, by]) => {
                text::text_of(by).map(|by| Value::text(&pattern.replace(&text, &by)))
            }
            (Prepared::JsonValue(path), _) => path.scalar(&text).as_deref().map(Value::text),
            (Prepared::JsonQuery(path), _) => path.query(&text).as_deref().map(Value::text),
            (Prepared::JsonExists(path), _) => Some(Value::Bool(path.exists(&text))),
            (Prepared::ToTimestamp(form), _) => timestamp(formatter::parse(&text, form))?,
            (Prepared::ToDate(form), _) => Some(Value::I32(simple::parse(&text, form))),
            _ => None,
        })
    }
}
