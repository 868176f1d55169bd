//! A query as a Rust crate: the plan as data, code for the rows of its schema, and the sources of the operator beside them.
//!
//! Nothing that a program says becomes Rust but through [`row`], where it stands in escaped literals alone.

mod row;

use askama::Template;
use serde::Serialize;

use super::Native;
use crate::{platform::Platform, run::Job};

/// The files of `src/window`, by their paths below it.
const WINDOW: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/window.rs"));

/// The files of `src/run` that read and write files.
const RUN: &[(&str, &str)] = &[
    ("ahead.rs", include_str!("../../run/ahead.rs")),
    ("blocks.rs", include_str!("../../run/blocks.rs")),
    ("buffered.rs", include_str!("../../run/buffered.rs")),
    ("csv_layout.rs", include_str!("../../run/csv_layout.rs")),
    ("csv_source.rs", include_str!("../../run/csv_source.rs")),
    ("csv_writer.rs", include_str!("../../run/csv_writer.rs")),
    ("engine.rs", include_str!("../../run/engine.rs")),
    ("json.rs", include_str!("../../run/json.rs")),
    ("json_source.rs", include_str!("../../run/json_source.rs")),
    ("layout.rs", include_str!("../../run/layout.rs")),
    ("mod.rs", include_str!("../../../templates/native/run.rs")),
    ("parallel.rs", include_str!("../../run/parallel.rs")),
    ("pipeline.rs", include_str!("../../run/pipeline.rs")),
    ("rows.rs", include_str!("../../run/rows.rs")),
    ("scan.rs", include_str!("../../run/scan.rs")),
    ("schema.rs", include_str!("../../run/schema.rs")),
    ("sink.rs", include_str!("../../run/sink.rs")),
    ("walk.rs", include_str!("../../run/walk.rs")),
    ("writer.rs", include_str!("../../run/writer.rs")),
];

/// What cargo is told.
#[derive(Template)]
#[template(path = "native/Cargo.toml", escape = "none")]
struct Manifest<'a> {
    name: &'a str,
}

/// The versions of what the crate needs, tried together.
#[derive(Template)]
#[template(path = "native/Cargo.lock", escape = "none")]
struct Lock<'a> {
    name: &'a str,
}

/// What the crate's `main.rs` reads.
#[derive(Serialize)]
struct Plan<'a> {
    job: &'a Job,
    sources: Vec<Source<'a>>,
    sink: &'a str,
    diverted: Vec<&'a str>,
}

/// A stream that is read, and whether its own format is CSV.
#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    csv: bool,
}

/// The code that knows which stream's rows are read by which file.
#[derive(Template)]
#[template(path = "native/rows.rs", escape = "none")]
struct Rows {
    /// The number of each stream, and its file.
    streams: Vec<(usize, String)>,
}

/// The files of the crate, by their paths below its folder.
pub fn files(platform: &Platform, native: &Native, query: &str) -> Vec<(String, String)> {
    let name = package(query);
    let stream = |id| platform.resource(id).name.as_str();
    let plan = Plan {
        job: &native.job,
        sources: native
            .sources
            .iter()
            .map(|source| Source { name: stream(source.stream), csv: source.csv })
            .collect(),
        sink: stream(native.sink),
        diverted: native.diverted.iter().copied().map(stream).collect(),
    };
    let file = |at: usize| if at == 0 { "row.rs".to_owned() } else { format!("row_{at}.rs") };
    let streams: Vec<_> = (0..native.sources.len()).map(|at| (at, file(at))).collect();
    // Neither templates nor plain data fail to become text.
    let mut files = vec![
        ("Cargo.toml".to_string(), Manifest { name: &name }.render().unwrap_or_default()),
        ("Cargo.lock".to_string(), Lock { name: &name }.render().unwrap_or_default()),
        ("src/main.rs".to_string(), include_str!("../../../templates/native/main.rs").to_string()),
        ("src/plan.json".to_string(), serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n"),
        ("src/rows.rs".to_string(), Rows { streams: streams.clone() }.render().unwrap_or_default()),
    ];
    files.extend(
        native
            .sources
            .iter()
            .zip(streams)
            .map(|(source, (at, file))| (format!("src/{file}"), row::text(&native.job, at, source.style))),
    );
    let library = |folder: &'static str, texts: &'static [(&str, &str)]| {
        texts.iter().map(move |(path, text)| (format!("src/{folder}/{path}"), (*text).to_string()))
    };
    files.extend(library("run", RUN));
    files.extend(library("window", WINDOW));
    files
}

/// A name that cargo takes.
fn package(query: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    format!("query-{}", query.chars().map(plain).collect::<String>())
}
