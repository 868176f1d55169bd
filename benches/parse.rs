//! How fast a text becomes its tree, and how much memory the tree takes: acme's files repeated to ten megabytes, one thread.
//! `cargo bench --bench parse [-- MEGABYTES]` prints the best of five runs. Memory is the growth of the process's peak (Linux only).

use std::time::Instant;

use dpl::diagnostic::Diagnostics;
use dpl::source::SourceMap;
use dpl::syntax;

const ACME: [&str; 7] = [
    include_str!("../examples/acme/accounts.dpl"),
    include_str!("../examples/acme/etl.dpl"),
    include_str!("../examples/acme/hybrid.dpl"),
    include_str!("../examples/acme/lake.dpl"),
    include_str!("../examples/acme/mesh.dpl"),
    include_str!("../examples/acme/proofs.dpl"),
    include_str!("../examples/acme/streaming.dpl"),
];

fn main() {
    let megabytes =
        std::env::args().filter_map(|argument| argument.parse::<usize>().ok()).next().unwrap_or(10);
    let once = ACME.concat();
    let text = once.repeat(megabytes * 1_000_000 / once.len() + 1);
    let size = text.len() as f64;
    let mut sources = SourceMap::default();
    let id = sources.add("acme.dpl", "acme", text, false);
    let Some(file) = sources.file(id) else { return };
    let before = peak_bytes();
    let mut best = f64::INFINITY;
    let mut after = before;
    for _ in 0..5 {
        let mut diagnostics = Diagnostics::default();
        let start = Instant::now();
        let module = syntax::parse(id, file, &mut diagnostics);
        best = best.min(start.elapsed().as_secs_f64());
        after = after.max(peak_bytes());
        assert!(!diagnostics.has_errors() && module.items.len() > 50, "acme can be read");
    }
    println!("{:.1} MB in {:.3} s: {:.1} MB/s", size / 1e6, best, size / 1e6 / best);
    match (before, after) {
        (Some(before), Some(after)) => {
            println!(
                "{:.1} bytes of memory for each byte of text",
                after.saturating_sub(before) as f64 / size
            );
        }
        _ => println!("memory: not measured, /proc/self/status can't be read"),
    }
}

/// The most memory that the process has had so far.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}
