//! Flink SQL: for each query one script that declares its streams, guards its source and writes its results, printed from the typed plan.

mod decode;
mod guard;
mod options;
mod select;
mod sink;
mod source;

use crate::{
    artifact::{Artifact, Artifacts},
    platform::{Platform, Query, Stream, stream::Rows},
    sql::{
        over::Frame,
        plan::{Relation, RelationKind},
    },
    target::{Program, Target},
};

/// The family.
pub struct Flink;

impl Target for Flink {
    fn name(&self) -> &'static str {
        "flink"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, .. } = *program;
        for query in &platform.queries {
            let resource = platform.resource(query.resource);
            let account = platform.account(query.account);
            out.files.push(Artifact {
                path: format!("{}/flink/{}.sql", account.name, platform.file_stem(query.resource)),
                account: account.name.to_string(),
                family: "flink",
                declaration: resource.name.to_string(),
                source: resource.span,
                text: script(platform, query),
                notes: Vec::new(),
                statements: Vec::new(),
            });
        }
    }
}

/// The whole script of a query.
pub fn script(platform: &Platform, query: &Query) -> String {
    let mut parts = vec![head(platform, query)];
    let sources: Vec<&Stream> = query.sources().into_iter().filter_map(|id| platform.stream(id)).collect();
    for stream in &sources {
        parts.push(source::declare(platform, stream));
    }
    parts.extend(select::versions(platform, query));
    let mut inserts = vec![select::insert(platform, query)];
    let mut sinks = vec![query.sink];
    for stream in &sources {
        if let Rows::Divert(to) = stream.on_invalid {
            inserts.push(guard::divert_invalid(platform, stream, to));
            sinks.push(to);
        }
        if let Some(Rows::Divert(to)) = stream.late
            && let Some(insert) = select::divert_late(platform, query, stream, to)
        {
            inserts.push(insert);
            sinks.push(to);
        }
    }
    sinks.sort_unstable();
    sinks.dedup();
    parts.extend(sinks.into_iter().filter_map(|sink| Some(sink::declare(platform, platform.stream(sink)?))));
    parts.push(together(&inserts));
    parts.join("\n")
}

/// What the query is for, and the settings that its results depend on.
fn head(platform: &Platform, query: &Query) -> String {
    let resource = platform.resource(query.resource);
    let mut lines = vec![format!("-- {}", resource.name)];
    lines
        .extend(resource.doc.iter().flat_map(|doc| doc.lines()).map(|line| format!("-- {}", one_line(line))));
    if query.plan.chain().any(|relation| matches!(relation.kind, RelationKind::Aggregate { .. })) {
        lines.push(String::new());
        lines.push("-- One phase: DOUBLE values are added in the order in which they come, so that sums and averages are the same".into());
        lines.push(
            "-- to the last bit in each run. Two phases add them in chunks whose borders depend on timing."
                .into(),
        );
        lines.push(set("table.optimizer.agg-phase-strategy", "ONE_PHASE"));
    }
    let leaves = |relation: &Relation| matches!(&relation.kind, RelationKind::Over { over, .. } if matches!(over.frame, Frame::Range(Some(_))));
    if query.plan.chain().any(leaves) {
        lines.push(String::new());
        lines.push("-- State in RocksDB: rows leave an OVER in the order of their times, so that sums of DOUBLE are the same to the".into());
        lines.push("-- last bit in each run. State on the heap has the order of a hash table.".into());
        lines.push(set("state.backend.type", "rocksdb"));
    }
    lines.push(String::new());
    lines.push("-- Windows lie in UTC, whatever zone the cluster is in.".into());
    lines.push(set("table.local-time-zone", "UTC"));
    let idle = query.sources().into_iter().filter_map(|id| platform.stream(id)?.idle).min();
    if let Some(milliseconds) = idle {
        lines.push(String::new());
        lines.push("-- A partition that is silent for so long does not hold the watermark back.".into());
        lines.push(set("table.exec.source.idle-timeout", &format!("{milliseconds} ms")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Text of a comment without characters that could end its line.
fn one_line(text: &str) -> String {
    text.trim().replace(|letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'), " ")
}

fn set(key: &str, value: &str) -> String {
    format!("SET '{key}' = '{value}';")
}

/// One job for all the rows that go anywhere, so that the source is read once.
fn together(inserts: &[String]) -> String {
    match inserts {
        [one] => format!("{one};\n"),
        several => {
            let body: Vec<String> = several.iter().map(|insert| format!("{insert};\n")).collect();
            format!("EXECUTE STATEMENT SET\nBEGIN\n\n{}\nEND;\n", body.join("\n"))
        }
    }
}
