//! What Flink printed, and what we wrote, as comparable rows: doubles by their bits, timestamps in microseconds.

use dpl::window::{Type, time};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A line that `tests/oracles/flink/run` prints: a row, or how a script ended.
#[derive(Deserialize)]
struct Line<'a> {
    script: String,
    #[serde(borrow)]
    row: Option<Vec<&'a RawValue>>,
    ok: Option<bool>,
    error: Option<String>,
}

/// What became of one case.
#[derive(Default)]
pub struct Answer<'a> {
    rows: Vec<Vec<&'a RawValue>>,
    ended: Option<Result<(), String>>,
}

/// The answer to each `case-N.sql`.
pub fn answers(printed: &str) -> BTreeMap<usize, Answer<'_>> {
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    for line in printed.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let number =
            line.script.rsplit_once("case-").and_then(|(_, name)| name.strip_suffix(".sql")?.parse().ok());
        let Some(index) = number else { continue };
        let answer = answers.entry(index).or_default();
        answer.rows.extend(line.row);
        if let Some(ok) = line.ok {
            answer.ended = Some(if ok { Ok(()) } else { Err(line.error.unwrap_or_default()) });
        }
    }
    answers
}

/// Flink's rows, sorted.
pub fn rows(answer: &Answer, types: &[Type]) -> Result<Vec<String>, String> {
    answer.ended.clone().unwrap_or_else(|| Err("the script did not end".to_string()))?;
    let mut rows = Vec::new();
    for row in &answer.rows {
        let (kind, cells) = row.split_first().ok_or("an empty row")?;
        if kind.get() != "\"+I\"" || cells.len() != types.len() {
            return Err(format!("an odd row of {} cells, {kind}", cells.len()));
        }
        let cells: Vec<String> = cells.iter().zip(types).map(|(c, ty)| canonical(c.get(), *ty)).collect();
        rows.push(cells.join(" | "));
    }
    rows.sort();
    Ok(rows)
}

/// The rows that we wrote, unsorted.
pub fn our_rows(written: &[u8], types: &[Type]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(written).map_err(|e| e.to_string())?;
    text.lines()
        .map(|line| {
            let object: BTreeMap<String, &RawValue> =
                serde_json::from_str(line).map_err(|e| e.to_string())?;
            let cell = |(i, ty): (usize, &Type)| {
                object.get(&format!("c{i}")).map_or(String::new(), |c| canonical(c.get(), *ty))
            };
            Ok(types.iter().enumerate().map(cell).collect::<Vec<_>>().join(" | "))
        })
        .collect()
}

fn canonical(raw: &str, ty: Type) -> String {
    let text = raw.trim_matches('"');
    match ty {
        _ if raw == "null" => raw.to_string(),
        Type::Double => {
            let value: f64 = text.parse().unwrap_or(f64::NAN);
            if value.is_nan() { "NaN".to_string() } else { format!("{value:?}") }
        }
        Type::Timestamp(_) => {
            let iso = text.replace(' ', "T");
            time::parse_timestamp(iso.as_bytes(), time::Style::Iso)
                .map_or(raw.to_string(), |(t, _)| t.to_string())
        }
        Type::String => serde_json::from_str::<String>(raw).map_or(raw.to_string(), |s| format!("{s:?}")),
        _ => text.to_string(),
    }
}

/// What differs, row by row.
pub fn report(
    index: usize,
    sql: &str,
    ours: &Result<Vec<String>, String>,
    theirs: &Result<Vec<String>, String>,
) -> String {
    let mut text = format!("case {index}: {sql}\n");
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            let only = |a: &[String], b: &[String]| {
                a.iter().filter(|r| !b.contains(r)).take(3).cloned().collect::<Vec<_>>()
            };
            text.push_str(&format!("  rows: ours {} Flink {}\n", ours.len(), theirs.len()));
            only(ours, theirs).iter().for_each(|r| text.push_str(&format!("  ours  {r}\n")));
            only(theirs, ours).iter().for_each(|r| text.push_str(&format!("  Flink {r}\n")));
        }
        _ => text.push_str(&format!("  ours  {}\n  Flink {}\n", outcome(ours), outcome(theirs))),
    }
    text
}

fn outcome(rows: &Result<Vec<String>, String>) -> String {
    rows.as_ref().map_or_else(Clone::clone, |rows| format!("{} rows", rows.len()))
}
