//! How a run goes, as text for Prometheus (text format 0.0.4).

use super::engine::{Counts, Engine};
use std::fmt::Write as _;

/// What a run is called, and what only its surroundings know.
#[derive(Clone, Debug, Default)]
pub struct Gauges<'a> {
    /// The query.
    pub query: &'a str,
    /// The streams that are read.
    pub sources: Vec<&'a str>,
    /// The stream of the results.
    pub sink: &'a str,
    /// The files that are read, one a partition, each with the place of its stream.
    pub partitions: Vec<(usize, &'a str)>,
    /// Now, in milliseconds since the epoch.
    pub now: i64,
    /// When the run started, in milliseconds since the epoch.
    pub started: i64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// When the last one was written, in milliseconds since the epoch.
    pub last_checkpoint: Option<i64>,
    /// How long that took, in milliseconds.
    pub checkpoint_millis: u64,
    /// The size of the last one.
    pub checkpoint_bytes: u64,
}

/// A name, what it is, and its values with their labels.
struct Metric<'a> {
    name: &'a str,
    help: &'a str,
    counts: bool,
    values: Vec<(String, f64)>,
}

/// The text.
pub fn metrics(engine: &Engine<'_>, gauges: &Gauges<'_>) -> String {
    let mut text = String::new();
    for metric in
        of_rows(engine, gauges).iter().chain(&of_time(engine, gauges)).chain(&of_state(engine, gauges))
    {
        write(metric, &mut text);
    }
    text
}

fn of_rows<'a>(engine: &Engine<'_>, gauges: &Gauges<'_>) -> Vec<Metric<'a>> {
    let summary = engine.summary();
    let sink = labels(gauges, gauges.sink);
    // A row that is late behind a union or a join is no single stream's.
    let sources = labels(gauges, &gauges.sources.join(","));
    let count = |name, help, values: Vec<(String, u64)>| {
        let values = values.into_iter().map(|(labels, value)| (labels, value as f64)).collect();
        Metric { name, help, counts: true, values }
    };
    let of_each = |value: fn(&Counts) -> u64| {
        let streams = gauges.sources.iter().zip(engine.counts());
        streams.map(|(stream, counts)| (labels(gauges, stream), value(counts))).collect()
    };
    vec![
        count("dpl_rows_in_total", "Rows read, rejected ones included.", of_each(|counts| counts.rows)),
        count("dpl_bytes_in_total", "Bytes read.", of_each(|counts| counts.bytes)),
        count(
            "dpl_rows_late_total",
            "Rows that came after their window had fired.",
            vec![(sources, summary.late)],
        ),
        count(
            "dpl_rows_rejected_total",
            "Rows that could not be read or broke the schema.",
            of_each(|counts| counts.rejected),
        ),
        count("dpl_rows_out_total", "Results written.", vec![(sink.clone(), summary.rows_out)]),
        count("dpl_windows_fired_total", "Windows that fired.", vec![(sink, summary.windows)]),
    ]
}

fn of_time<'a>(engine: &Engine<'_>, gauges: &Gauges<'_>) -> Vec<Metric<'a>> {
    let partitions = gauges.partitions.iter().zip(0_u32..).filter_map(|((stream, file), partition)| {
        let source = labels(gauges, gauges.sources.get(*stream)?);
        let labels = format!("{source},partition=\"{}\"", escaped(file));
        Some((labels, seconds(engine.latest(partition)?)))
    });
    let watermarks = |value: &dyn Fn(i64) -> f64| {
        let streams = gauges.sources.iter().enumerate();
        streams
            .filter_map(|(at, stream)| Some((labels(gauges, stream), value(engine.watermark(at)?))))
            .collect()
    };
    vec![
        Metric {
            name: "dpl_partition_event_time_seconds",
            help: "The latest event time of each partition, since the epoch.",
            counts: false,
            values: partitions.collect(),
        },
        Metric {
            name: "dpl_watermark_seconds",
            help: "The watermark, since the epoch.",
            counts: false,
            values: watermarks(&seconds),
        },
        Metric {
            name: "dpl_watermark_lag_seconds",
            help: "How far the watermark is behind the clock.",
            counts: false,
            values: watermarks(&|watermark| seconds(gauges.now - watermark)),
        },
        Metric {
            name: "dpl_start_time_seconds",
            help: "When this run started, since the epoch.",
            counts: false,
            values: vec![(format!("query=\"{}\"", escaped(gauges.query)), seconds(gauges.started))],
        },
    ]
}

fn of_state<'a>(engine: &Engine<'_>, gauges: &Gauges<'_>) -> Vec<Metric<'a>> {
    let held = engine.held();
    let query = format!("query=\"{}\"", escaped(gauges.query));
    let gauge =
        |name, help, value: f64| Metric { name, help, counts: false, values: vec![(query.clone(), value)] };
    let mut all = vec![
        gauge("dpl_state_windows", "Windows, or slices of windows, that are open.", held.windows as f64),
        gauge("dpl_state_groups", "Open groups: a window and a key.", held.groups as f64),
        gauge("dpl_state_keys", "Keys that are known.", held.keys as f64),
        gauge("dpl_state_bytes", "Bytes of state held in memory.", held.memory as f64),
        Metric {
            name: "dpl_checkpoints_total",
            help: "Checkpoints written by this run.",
            counts: true,
            values: vec![(query.clone(), gauges.checkpoints as f64)],
        },
    ];
    if let Some(last) = gauges.last_checkpoint {
        all.push(gauge(
            "dpl_checkpoint_time_seconds",
            "When the last checkpoint was written, since the epoch.",
            seconds(last),
        ));
        all.push(gauge(
            "dpl_checkpoint_duration_seconds",
            "How long the last checkpoint took.",
            gauges.checkpoint_millis as f64 / 1000.0,
        ));
        all.push(gauge(
            "dpl_checkpoint_bytes",
            "The size of the last checkpoint.",
            gauges.checkpoint_bytes as f64,
        ));
    }
    all
}

fn labels(gauges: &Gauges<'_>, stream: &str) -> String {
    format!("query=\"{}\",stream=\"{}\"", escaped(gauges.query), escaped(stream))
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn write(metric: &Metric<'_>, text: &mut String) {
    if metric.values.is_empty() {
        return;
    }
    let kind = if metric.counts { "counter" } else { "gauge" };
    // Writing to a string does not fail.
    let _ = writeln!(text, "# HELP {0} {1}\n# TYPE {0} {kind}", metric.name, metric.help);
    for (labels, value) in &metric.values {
        let _ = writeln!(text, "{}{{{labels}}} {value}", metric.name);
    }
}
