//! The text of a `dpl.toml` to plain data.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::Manifest;
use crate::diagnostic::catalogue::{CONFIG_SYNTAX, CONFIG_UNKNOWN, CONFIG_VALUE};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{SourceFile, Span};
use crate::suggest::nearest;

const KEYS: &[&str] = &["env", "flink", "name", "out", "params", "partition", "region", "required_tags"];
const PARTITIONS: &[&str] = &["aws", "aws-cn", "aws-us-gov"];
/// The versions that Managed Service for Apache Flink runs and the SQL has been tested on.
const FLINK_VERSIONS: &[&str] = &["1.20", "2.2", "2.3"];

/// A key with its value.
type Entry<'e, 't> = (&'e Spanned<DeString<'t>>, &'e Spanned<DeValue<'t>>);

/// Where a file lies in the offset space, and the sink for its faults.
struct Reader<'a> {
    file: &'a SourceFile,
    diagnostics: &'a mut Diagnostics,
}

/// Reads the whole file.
pub(super) fn manifest(file: &SourceFile, diagnostics: &mut Diagnostics) -> Manifest {
    let mut reader = Reader { file, diagnostics };
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors {
        let place = error.span().unwrap_or_default();
        reader.syntax(place, error.message());
    }
    let mut manifest = Manifest::default();
    for entry in in_order(table.get_ref()) {
        reader.setting(entry, &mut manifest);
    }
    manifest
}

impl Reader<'_> {
    fn setting(&mut self, entry: Entry<'_, '_>, manifest: &mut Manifest) {
        let (key, value) = entry;
        let project = &mut manifest.config.project;
        match key.get_ref().as_ref() {
            "name" => project.name = self.text(value, "the project's name"),
            "region" => project.region = self.text(value, "a region such as `\"eu-central-1\"`"),
            "out" => manifest.config.out = self.text(value, "a folder"),
            "partition" => project.partition = self.choice(value, PARTITIONS).unwrap_or_default(),
            "flink" => project.flink = self.choice(value, FLINK_VERSIONS),
            "required_tags" => project.required_tags = self.texts(value),
            "params" => project.params = self.params(value),
            "env" => manifest.environments = self.environments(value),
            _ => self.unknown(key, KEYS, "dpl.toml"),
        }
    }

    fn environments(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut environments = BTreeMap::new();
        for (name, body) in self.table(value, "a table for each environment, such as `[env.prod.params]`") {
            let mut params = BTreeMap::new();
            for (key, value) in self.table(body, "a table: its parameters stand below `params`") {
                match key.get_ref().as_ref() {
                    "params" => params = self.params(value),
                    _ => self.unknown(key, &["params"], "an environment"),
                }
            }
            environments.insert(name.get_ref().to_string(), params);
        }
        environments
    }

    fn params(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, String> {
        let mut params = BTreeMap::new();
        for (name, value) in self.table(value, "a table of parameters, `name = value`") {
            if let Some(spelled) = self.spelled(value) {
                params.insert(name.get_ref().to_string(), spelled);
            }
        }
        params
    }

    /// A parameter's value as a program would write it, text without its quotes.
    fn spelled(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Array(items) => self.list(items),
            other => self.scalar(other, value.span()),
        }
    }

    fn list(&mut self, items: &DeArray<'_>) -> Option<String> {
        let mut spelled = Vec::new();
        for item in items.iter() {
            spelled.push(match item.get_ref() {
                DeValue::String(text) => quoted(text),
                DeValue::Array(nested) => self.list(nested)?,
                other => self.scalar(other, item.span())?,
            });
        }
        Some(format!("[{}]", spelled.join(", ")))
    }

    fn scalar(&mut self, value: &DeValue<'_>, place: Range<usize>) -> Option<String> {
        match value {
            DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Some(number.to_string()),
                Err(_) => self.wrong(place, "a number of at most 128 bits"),
            },
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(truth) => Some(truth.to_string()),
            DeValue::Datetime(_) => self.wrong(place, "text: put quotes around a date"),
            _ => self.wrong(place, "text, a number, `true`, `false` or a list of these"),
        }
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<String> {
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            _ => self.wrong(value.span(), expected),
        }
    }

    fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong(value.span(), "a list of texts").unwrap_or_default();
        };
        items.iter().filter_map(|item| self.text(item, "a text")).collect()
    }

    fn choice(&mut self, value: &Spanned<DeValue<'_>>, known: &[&str]) -> Option<String> {
        let written = value.get_ref().as_str();
        match written.filter(|text| known.contains(text)) {
            Some(text) => Some(text.to_owned()),
            None => self.wrong(value.span(), &format!("one of {}", quoted_all(known))),
        }
    }

    fn table<'e, 't>(&mut self, value: &'e Spanned<DeValue<'t>>, expected: &str) -> Vec<Entry<'e, 't>> {
        match value.get_ref().as_table() {
            Some(table) => in_order(table),
            None => self.wrong(value.span(), expected).unwrap_or_default(),
        }
    }

    fn syntax(&mut self, place: Range<usize>, message: &str) {
        let message = message.lines().collect::<Vec<_>>().join("; ");
        let fault =
            Diagnostic::error(CONFIG_SYNTAX, self.span(place), "`dpl.toml` can't be read as TOML", message);
        self.diagnostics.push(fault);
    }

    fn unknown(&mut self, key: &Spanned<DeString<'_>>, known: &[&str], owner: &str) {
        let span = self.span(key.span());
        let name = key.get_ref();
        let fault = Diagnostic::error(
            CONFIG_UNKNOWN,
            span,
            format!("`{owner}` has no setting `{name}`"),
            "not known",
        );
        self.diagnostics.push(match nearest(name, known.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")).fix(span, near),
            None => fault.help(format!("the settings are {}", known.join(", "))),
        });
    }

    fn wrong<T>(&mut self, place: Range<usize>, expected: &str) -> Option<T> {
        let span = self.span(place);
        self.diagnostics.push(
            Diagnostic::error(
                CONFIG_VALUE,
                span,
                "a setting of `dpl.toml` has a wrong value",
                "not what is expected",
            )
            .help(format!("expected {expected}")),
        );
        None
    }

    fn span(&self, place: Range<usize>) -> Span {
        let at = |offset: usize| self.file.base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        Span::new(at(place.start), at(place.end))
    }
}

/// The entries in the order of their keys, which is also the order of what is said about them at one place.
fn in_order<'e, 't>(table: &'e DeTable<'t>) -> Vec<Entry<'e, 't>> {
    let mut entries = table.iter().collect::<Vec<_>>();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// A text as a program writes it: the quote, the backslash and the brace that would interpolate are escaped.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "\\{");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
}

fn quoted_all(known: &[&str]) -> String {
    known.iter().map(|one| format!("`\"{one}\"`")).collect::<Vec<_>>().join(", ")
}
