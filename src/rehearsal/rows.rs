//! Tests of queries: rows go through the native operator, and what comes out is held against what the test expects. Rows are written with ISO
//! 8601 times, whatever the stream's own format is.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::{
    compare::{agrees, differences, readable},
    mismatch::{Mismatch, shortened, shown},
    trial::constant,
};
use crate::{
    native::{Native, Read, Style, native},
    platform::{
        Platform, ResourceId, Test,
        test::{ExpectedRows, QueryTest, Row},
    },
    run::{Diverted, Job, JsonSource, Place, RowBatch, Sinks, Source, run as run_job},
    source::Span,
};

pub(super) fn run(platform: &Platform, test: &Test, tried: &QueryTest) -> Vec<Mismatch> {
    let Some(query) = platform.queries.get(tried.query as usize) else { return Vec::new() };
    let native = match native(platform, query) {
        Ok(native) => native,
        Err(refusal) => {
            let why = format!("the query can't be run here: {}", refusal.message);
            let refused = Mismatch::new(test.span, why, "this test can't be run");
            return vec![match refusal.help {
                Some(help) => refused.note(help),
                None => refused,
            }];
        }
    };
    match execute(platform, &native, &tried.given) {
        Ok(written) => tried
            .expected
            .iter()
            .filter_map(|(stream, expected, span)| {
                let seen: Vec<Json> = written
                    .iter()
                    .filter(|(to, _)| to == stream)
                    .flat_map(|(_, rows)| rows.clone())
                    .collect();
                held(platform, *stream, expected, &seen, *span)
            })
            .collect(),
        Err(why) => vec![Mismatch::new(test.span, format!("the query fails: {why}"), "expects rows")],
    }
}

/// The rows that are written, by stream.
type Written = Vec<(ResourceId, Vec<Json>)>;

fn execute(
    platform: &Platform,
    native: &Native,
    given: &[(ResourceId, Vec<Row>)],
) -> Result<Written, String> {
    let mut job = native.job.clone();
    job.output_style = Style::Iso;
    for diverted in &mut job.diverted {
        if let Diverted::Late { style, .. } = diverted {
            *style = Style::Iso;
        }
    }
    let input = |source: &Read| {
        let rows = given.iter().filter(|(stream, _)| *stream == source.stream).flat_map(|(_, rows)| rows);
        rows.map(|row| object(platform, row).to_string() + "\n").collect::<String>()
    };
    let inputs: Vec<String> = native.sources.iter().map(input).collect();
    let mut sources: Vec<RowByRow<'_>> =
        inputs.iter().enumerate().map(|(at, input)| RowByRow::new(input, &job, at)).collect();
    let mut sources: Vec<&mut dyn Source> =
        sources.iter_mut().map(|source| source as &mut dyn Source).collect();
    let mut results = Vec::new();
    let mut diverted: Vec<Vec<u8>> = vec![Vec::new(); native.diverted.len()];
    let to = diverted.iter_mut().map(|bytes| bytes as &mut dyn Write).collect();
    let sinks = Sinks { results: &mut results, diverted: to };
    run_job(&job, &mut sources, sinks, &mut |_| {}).map_err(|error| error.to_string())?;
    let mut written = vec![(native.sink, lines(&results))];
    written.extend(native.diverted.iter().zip(&diverted).map(|(stream, rows)| (*stream, lines(rows))));
    Ok(written)
}

/// A stream's rows one at a time, so that those of several streams come in the order of their event times.
struct RowByRow<'a> {
    lines: std::str::Lines<'a>,
    line: u64,
    job: &'a Job,
    input: usize,
}

impl<'a> RowByRow<'a> {
    fn new(text: &'a str, job: &'a Job, input: usize) -> Self {
        Self { lines: text.lines(), line: 0, job, input }
    }
}

impl Source for RowByRow<'_> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        let (Some(line), Some(input)) = (self.lines.next(), self.job.inputs.get(self.input)) else {
            return Ok(false);
        };
        let (schema, stored) = (input.schema.clone(), self.job.stored(self.input));
        let time = self.job.event_time(self.input);
        let mut source = JsonSource::new(line.as_bytes(), schema, stored, time, Style::Iso);
        source.resume(self.place());
        self.line += 1;
        source.read(rows)
    }

    fn place(&self) -> Place {
        Place { bytes: 0, lines: self.line }
    }

    fn resume(&mut self, place: Place) {
        self.line = place.lines;
    }
}

fn lines(bytes: &[u8]) -> Vec<Json> {
    String::from_utf8_lossy(bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn object(platform: &Platform, row: &Row) -> Json {
    Json::Object(row.iter().map(|(name, value)| (name.to_string(), constant(platform, value))).collect())
}

/// What is wrong with the rows of a stream.
fn held(
    platform: &Platform,
    stream: ResourceId,
    expected: &ExpectedRows,
    seen: &[Json],
    span: Span,
) -> Option<Mismatch> {
    let name = &platform.resource(stream).name;
    let mut open: Vec<Json> = seen.iter().map(plain).collect();
    let (rows, exactly) = match expected {
        ExpectedRows::Exactly(rows) => (rows, true),
        ExpectedRows::Among(rows) => (rows, false),
    };
    for row in rows {
        let wanted = plain(&object(platform, row));
        let fits = |row: &Json| agrees(&wanted, &if exactly { row.clone() } else { only(row, &wanted) });
        match open.iter().position(fits) {
            Some(at) => {
                open.remove(at);
            }
            None => {
                let label = format!("expected {}", shortened(&readable(&wanted), 60));
                let missing = Mismatch::new(span, format!("`{name}` has no such row"), label);
                return Some(match nearest(&wanted, &open) {
                    Some(near) if exactly => missing.differing(differences(&wanted, near)).note(all(&open)),
                    Some(near) => {
                        missing.differing(differences(&wanted, &only(near, &wanted))).note(all(&open))
                    }
                    None => missing.note(all(&open)),
                });
            }
        }
    }
    if exactly && !open.is_empty() {
        let message = format!("`{name}` has {} more", rows_of(open.len()));
        let more = Mismatch::new(span, message, format!("expected {}", rows_of(rows.len())));
        return Some(more.note(all(&open)));
    }
    None
}

fn rows_of(count: usize) -> String {
    match count {
        0 => "no row".to_owned(),
        1 => "one row".to_owned(),
        many => format!("{many} rows"),
    }
}

/// The rows that nothing is said of.
fn all(rows: &[Json]) -> String {
    const TOLD: usize = 5;
    let mut told: Vec<String> = rows.iter().take(TOLD).map(shown).collect();
    match rows.len() {
        0 => return "no other row is written".to_owned(),
        many if many > TOLD => told.push(format!("and {} more", many - TOLD)),
        _ => {}
    }
    format!("written are:\n{}", told.join("\n"))
}

/// A row's columns that another has too.
fn only(row: &Json, like: &Json) -> Json {
    let (Json::Object(row), Json::Object(like)) = (row, like) else { return row.clone() };
    Json::Object(row.iter().filter(|(name, _)| like.contains_key(*name)).map(pair).collect())
}

/// The row that has the most columns as expected, if any has one.
fn nearest<'r>(wanted: &Json, rows: &'r [Json]) -> Option<&'r Json> {
    let Json::Object(columns) = wanted else { return None };
    let alike = |row: &Json| {
        let same =
            |(name, value): &(&String, &Json)| row.get(name.as_str()).is_some_and(|seen| agrees(value, seen));
        columns.iter().filter(same).count()
    };
    // Of rows as near as each other the first.
    let best = rows.iter().rev().max_by_key(|row| alike(row))?;
    (alike(best) > 0).then_some(best)
}

fn pair((name, value): (&String, &Json)) -> (String, Json) {
    (name.clone(), value.clone())
}

/// A row with its times in one spelling: without zeros at the end of a second's parts.
fn plain(row: &Json) -> Json {
    let Json::Object(members) = row else { return row.clone() };
    let members: Map<String, Json> = members
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Json::String(text) => Json::String(time(text)),
                other => other.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    Json::Object(members)
}

fn time(text: &str) -> String {
    if text.parse::<chrono::NaiveDateTime>().is_err() && chrono::DateTime::parse_from_rfc3339(text).is_err() {
        return text.to_owned();
    }
    let (bare, zone) = match text.strip_suffix('Z') {
        Some(bare) => (bare, "Z"),
        None => (text, ""),
    };
    match bare.split_once('.') {
        Some((seconds, parts)) => {
            let parts = parts.trim_end_matches('0');
            let point = if parts.is_empty() { "" } else { "." };
            format!("{seconds}{point}{parts}{zone}")
        }
        None => format!("{bare}{zone}"),
    }
}
