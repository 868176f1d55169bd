//! What Flink wrote, and what we wrote, as comparable rows: doubles by their bits, timestamps in microseconds, decimals exactly.

use dpl::window::{Type, time};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A line that `tests/oracles/flink/run` prints when a script has ended.
#[derive(Deserialize)]
struct Line {
    script: String,
    ok: Option<bool>,
    error: Option<String>,
}

/// How each script ended, by its path.
pub fn endings(printed: &str) -> BTreeMap<String, Result<(), String>> {
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    lines
        .filter_map(|line| {
            let ended = if line.ok? { Ok(()) } else { Err(line.error.unwrap_or_default()) };
            Some((line.script, ended))
        })
        .collect()
}

/// JSON lines with the columns c0, c1, … as rows, sorted.
pub fn rows(written: &[u8], types: &[Type]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(written).map_err(|e| e.to_string())?;
    let mut rows = text
        .lines()
        .map(|line| {
            let object: BTreeMap<String, &RawValue> =
                serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
            let cell = |(i, ty): (usize, &Type)| {
                object.get(&format!("c{i}")).map_or(String::new(), |c| canonical(c.get(), *ty))
            };
            Ok(types.iter().enumerate().map(cell).collect::<Vec<_>>().join(" | "))
        })
        .collect::<Result<Vec<_>, String>>()?;
    rows.sort();
    Ok(rows)
}

fn canonical(raw: &str, ty: Type) -> String {
    let text = raw.trim_matches('"');
    match ty {
        _ if raw == "null" => raw.to_string(),
        Type::Double => {
            let value: f64 = text.parse().unwrap_or(f64::NAN);
            if value.is_nan() { "NaN".to_string() } else { format!("{value:?}") }
        }
        Type::Decimal { .. } => exact(raw),
        Type::Timestamp(_) => {
            let iso = text.replace(' ', "T");
            time::parse_timestamp(iso.as_bytes(), time::Style::Iso)
                .map_or(raw.to_string(), |(t, _)| t.to_string())
        }
        Type::String => serde_json::from_str::<String>(raw).map_or(raw.to_string(), |s| format!("{s:?}")),
        _ => text.to_string(),
    }
}

/// A number's digits without zeros around them, and the power of ten that they are multiplied by.
pub fn exact(raw: &str) -> String {
    let lower = raw.to_ascii_lowercase();
    let (number, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let kept = digits.trim_end_matches('0');
    let zeros = digits.len() - kept.len();
    let power = exponent.parse::<i64>().unwrap() - fraction.len() as i64 + zeros as i64;
    match kept.trim_start_matches('0') {
        "" => "0".to_owned(),
        kept => format!("{sign}{kept}e{power}"),
    }
}

/// What differs, row by row.
pub fn report(sql: &str, ours: &Result<Vec<String>, String>, theirs: &Result<Vec<String>, String>) -> String {
    let mut text = format!("{sql}\n");
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
