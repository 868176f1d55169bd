//! SARIF 2.1.0, which code-scanning services read. The structs are the part of OASIS's schema that is used here.

use serde::Serialize;

use super::place::Place;
use super::severity_name;
use crate::diagnostic::{Diagnostic, Fix, catalogue};
use crate::source::SourceMap;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text<'static>,
    help: Help,
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Mend<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    byte_offset: usize,
    byte_length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mend<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    artifact_changes: [Change<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: ArtifactLocation,
    replacements: [Replacement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Text<'a>,
}

/// The whole log, with every code of the catalogue as a rule.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let driver = Driver { name: "dpl", version: env!("CARGO_PKG_VERSION"), rules: rules() };
    let results = diagnostics.iter().map(|diagnostic| finding(diagnostic, sources)).collect();
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    serde_json::to_string_pretty(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }).unwrap_or_default()
        + "\n"
}

fn rules() -> Vec<Rule> {
    let rule = |(code, page): &(catalogue::Code, &'static str)| Rule {
        id: code.as_str(),
        short_description: Text { text: catalogue::title(*code) },
        help: Help { text: page, markdown: page },
    };
    catalogue::PAGES.iter().map(rule).collect()
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &SourceMap) -> Finding<'a> {
    let help = diagnostic.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let related = diagnostic.related.iter().enumerate().filter_map(|(index, related)| {
        let place = Place::of(sources, related.span)?;
        Some(location(&place, Some(index + 1), &related.label))
    });
    let fix = diagnostic.fix.as_ref().and_then(|fix| mend(diagnostic, fix, sources));
    Finding {
        rule_id: diagnostic.code.as_str(),
        rule_index: catalogue::PAGES.iter().position(|(code, _)| *code == diagnostic.code),
        level: severity_name(diagnostic.severity),
        message: Message { text: format!("{}: {}{help}", diagnostic.message, diagnostic.label) },
        locations: Place::of(sources, diagnostic.span)
            .map(|place| location(&place, None, &diagnostic.label))
            .into_iter()
            .collect(),
        related_locations: related.collect(),
        fixes: fix.into_iter().collect(),
    }
}

fn mend<'a>(diagnostic: &'a Diagnostic, fix: &'a Fix, sources: &SourceMap) -> Option<Mend<'a>> {
    let place = Place::of(sources, fix.span)?;
    let physical = physical(&place);
    let inserted_content = Text { text: &fix.replacement };
    Some(Mend {
        description: diagnostic.help.as_ref().map(|help| Text { text: help }),
        artifact_changes: [Change {
            artifact_location: physical.artifact_location,
            replacements: [Replacement { deleted_region: physical.region, inserted_content }],
        }],
    })
}

fn location<'a>(place: &Place<'_>, id: Option<usize>, label: &'a str) -> Location<'a> {
    Location { id, physical_location: physical(place), message: Some(Text { text: label }) }
}

fn physical(place: &Place<'_>) -> Physical {
    let (start, end) = (place.start, place.end);
    Physical {
        artifact_location: ArtifactLocation { uri: uri(place.file) },
        region: Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
            byte_offset: start.offset,
            byte_length: end.offset - start.offset,
        },
    }
}

/// A path as a URI reference (RFC 3986): what is not unreserved is percent-encoded, an absolute path gets its scheme.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let encoded = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    std::iter::once(scheme.to_owned()).chain(encoded).collect()
}
