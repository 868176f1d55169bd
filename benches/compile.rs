//! What the compiler costs: `check` and `build` of N copies of the five-system platform in `examples/acme`, for N = 1, 10, 100, 250, 1,000.
//!
//! `cargo bench --bench compile` writes the copies to a temporary folder, runs the release binary on them, and prints per N the processor time
//! that the process took itself and that the system took for it, its peak memory, the time per copy, and the ratio of both times to what this
//! machine needs to parse and print the same output as JSON with serde_json: a figure that means the same on a slower machine. Under `build`
//! stands `write`: what it takes to make files of the same names and sizes and nothing else, which no compiler can be without. Arguments: the Ns
//! (`-- 1 1000`). `TMPDIR` says on which file system; in memory (`/dev/shm`) `write` is half of what it is on a disk.
//!
//! Each figure is the median of several runs. `ms more` and `KiB more` are what one more copy takes beside those of the N before: where they
//! stay the same, time and memory are in proportion. `--against FILE` measures another `dpl` too, run by run in turn with this one so that both
//! see the same machine, and says what share this one takes of its time and memory: that is how a change is judged.
//!
//! The target: at 250 copies, about 60,000 lines, `check` and `build` each in 0.5 seconds of both times together and in 150 MiB, and in proportion
//! from there. Neither time is there yet, and the memory of `check` alone; a seventh of what `build` takes is `write`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that can't be made stops"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// Everything that acme declares and that must differ between copies of it.
const NAMES: &[&str] = &[
    "acme",
    "management",
    "core",
    "shared",
    "security",
    "data",
    "lake",
    "analytics",
    "workloads",
    "prod",
    "devtest",
    "home_regions",
    "trails_stay_on",
    "sandboxed",
    "Upload",
    "Validated",
    "Geo",
    "Demographic",
    "Quality",
    "validate_input",
    "enrich_geo",
    "enrich_demo",
    "quality_check",
    "handle_error",
    "transform",
    "data_alerts",
    "Loader",
    "analytics_dw",
    "ingest",
    "onprem",
    "sync_landing",
    "onprem_exports",
    "lake_key",
    "data_lake",
    "DataEngineering",
    "SalesDomain",
    "Analytics",
    "sales",
    "mktg_data",
    "marketing",
    "Reading",
    "TemperatureAlert",
    "iot_stream",
    "rejected_readings",
    "alert_sink",
    "temperature_alerts",
];
/// Names in AWS, which are unique too.
const TEXTS: &[&str] = &[
    "data-lake-bucket",
    "data-lake-sync",
    "mktg-data",
    "iot-data-stream",
    "iot-rejected",
    "alert-stream",
    "validate-input",
    "enrich-geo",
    "enrich-demo",
    "quality-check",
    "handle-error",
    "transform-data-job",
    "data-alerts",
    "analytics-cluster",
    "sales_domain_db",
    "marketing_domain_db",
];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq(WRITE).is_some() {
        return write_files(&arguments.next().unwrap(), Path::new(&arguments.next().unwrap()));
    }
    let other = arguments.next_if_eq("--against").map(|_| arguments.next().expect("a `dpl` to compare with"));
    let sizes: Vec<usize> = arguments.filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1, 10, 100, 250, 1000] } else { sizes };
    let acme = read_acme();
    println!(
        "{:>6} {:>6} {:>8} {:>7} {:>8} {:>10} {:>8} {:>9} {:>9} {:>12}",
        "copies",
        "what",
        "lines",
        "user s",
        "system s",
        "ms a copy",
        "ms more",
        "peak MiB",
        "KiB more",
        "of JSON cost"
    );
    // Kept to the end: where much was just deleted, a file system looks for room in what it has not cleared yet.
    let mut folders = Vec::new();
    let mut before: Option<(usize, [Cost; 3])> = None;
    for copies in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = folder.path().join("src");
        let lines: usize = (0..copies).map(|copy| write_copy(&acme, &source, copy)).sum();
        let ours = measure(&source, folder.path(), other.as_deref());
        let yardstick = json_cost(&folder.path().join("out0"));
        for (at, (what, cost)) in ["check", "build", "write"].into_iter().zip(&ours.costs).enumerate() {
            let Cost { user, system, peak_mib } = cost;
            let each = cost.time() * 1000.0 / copies as f64;
            let less = before
                .as_ref()
                .and_then(|(fewer, costs)| Some((copies as f64 - *fewer as f64, costs.get(at)?)));
            let (more_ms, more_kib) = less.map_or((f64::NAN, f64::NAN), |(more, less)| {
                ((cost.time() - less.time()) * 1000.0 / more, (peak_mib - less.peak_mib) * 1024.0 / more)
            });
            let ratio = cost.time() / yardstick;
            println!(
                "{copies:>6} {what:>6} {lines:>8} {user:>7.2} {system:>8.2} {each:>10.3} {more_ms:>8.3} {peak_mib:>9.1} {more_kib:>9.0} {ratio:>11.2}x"
            );
        }
        for (what, ours, theirs) in ours.compared() {
            let (time, memory) = (ours.time() / theirs.time(), ours.peak_mib / theirs.peak_mib);
            println!(
                "{copies:>6} {what:>6} takes {time:.2} of the other's time and {memory:.2} of its memory"
            );
        }
        before = Some((copies, ours.costs));
        folders.push(folder);
    }
}

/// How often everything is run. The median is told.
const RUNS: usize = 5;

/// What `check`, `build` and `write` took, and what the first two took another `dpl`.
struct Measured {
    costs: [Cost; 3],
    others: Option<[Cost; 2]>,
}

impl Measured {
    fn compared(&self) -> Vec<(&'static str, &Cost, &Cost)> {
        let others = self.others.iter().flatten();
        ["check", "build"]
            .into_iter()
            .zip(&self.costs)
            .zip(others)
            .map(|((what, a), b)| (what, a, b))
            .collect()
    }
}

/// Runs everything in turn.
fn measure(source: &Path, within: &Path, other: Option<&str>) -> Measured {
    let mut ours: [Vec<Cost>; 3] = Default::default();
    let mut theirs: [Vec<Cost>; 2] = Default::default();
    for at in 0..RUNS {
        let out = within.join(format!("out{at}"));
        let binary = env!("CARGO_BIN_EXE_dpl");
        ours[0].push(run(binary, &["check", path(source)]));
        ours[1].push(run(binary, &["build", path(source), "-o", path(&out)]));
        if let Some(other) = other {
            let out = within.join(format!("other{at}"));
            theirs[0].push(run(other, &["check", path(source)]));
            theirs[1].push(run(other, &["build", path(source), "-o", path(&out)]));
        }
        ours[2].push(least_write(&out, &within.join(format!("like{at}"))));
    }
    Measured { costs: ours.map(median), others: other.map(|_| theirs.map(median)) }
}

/// The run in the middle by its time.
fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.time().total_cmp(&b.time()));
    costs.swap_remove(costs.len() / 2)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn read_acme() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dpl"));
    files.sort();
    files
        .iter()
        .map(|file| {
            (file.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(file).unwrap())
        })
        .collect()
}

/// Writes one copy with names of its own; returns its lines.
fn write_copy(acme: &[(String, String)], source: &Path, copy: usize) -> usize {
    let folder = source.join(format!("p{copy}"));
    fs::create_dir_all(&folder).unwrap();
    let mut lines = 0;
    for (module, text) in acme {
        let text = renamed(text, copy).replace(
            &format!("account management_{copy} {{"),
            &format!("account management_{copy} {{ management = true,"),
        );
        lines += text.lines().count();
        fs::write(folder.join(format!("{module}.dpl")), text).unwrap();
    }
    lines
}

fn renamed(text: &str, copy: usize) -> String {
    let mut renamed = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(literal) = rest.strip_prefix('"') {
            let end = literal.find('"').map_or(rest.len(), |end| end + 2);
            renamed.push_str(&renamed_text(&rest[..end], copy));
            rest = &rest[end..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            if renamed == "use " || renamed.ends_with("\nuse ") {
                renamed.push_str(&format!("p{copy}.{word}"));
            } else if NAMES.contains(&word) {
                renamed.push_str(&format!("{word}_{copy}"));
            } else {
                renamed.push_str(word);
            }
            rest = behind;
        } else {
            renamed.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    renamed
}

/// Text in quotes: names in AWS, account ids and ARNs get the copy's number; interpolated names are left alone.
fn renamed_text(literal: &str, copy: usize) -> String {
    let inner = literal.trim_matches('"');
    if TEXTS.contains(&inner) {
        let separator = if inner.contains('_') { '_' } else { '-' };
        return format!("\"{inner}{separator}{copy}\"");
    }
    if inner.len() == 12 && inner.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("\"{}\"", account(inner, copy));
    }
    if inner.starts_with("arn:") {
        return literal.replace("222222222222", &account("222222222222", copy));
    }
    literal.to_owned()
}

/// Seven accounts a copy: the first digit stays, the copy's number follows.
fn account(id: &str, copy: usize) -> String {
    format!("{}{copy:011}", &id[..1])
}

struct Cost {
    user: f64,
    system: f64,
    peak_mib: f64,
}

impl Cost {
    /// Both times.
    fn time(&self) -> f64 {
        self.user + self.system
    }
}

/// Runs a program under GNU time, which reports what the whole process took.
fn run(program: &str, arguments: &[&str]) -> Cost {
    let output =
        Command::new("/usr/bin/time").arg("-f").arg("TIME %U %S %M").arg(program).args(arguments).output();
    let output = output.expect("GNU time is installed (Debian: apt-get install time)");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{stderr}");
    let line = stderr.lines().rev().find(|line| line.starts_with("TIME ")).expect("a line of GNU time");
    let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [user, system, kib] = figures.as_slice() else { panic!("no figures in {line}") };
    Cost { user: *user, system: *system, peak_mib: kib / 1024.0 }
}

/// The argument by which this program is told to write files and do nothing else.
const WRITE: &str = "--write";

/// What it takes to make files like those of a folder in a new one, in a process of its own.
fn least_write(like: &Path, within: &Path) -> Cost {
    let mut list = String::new();
    let mut files = Vec::new();
    collect(like, &mut files);
    files.sort();
    for file in files {
        let name = file.strip_prefix(like).unwrap();
        list.push_str(&format!("{} {}\n", fs::metadata(&file).unwrap().len(), path(name)));
    }
    let listed = within.with_extension("list");
    fs::write(&listed, list).unwrap();
    let this = std::env::current_exe().unwrap();
    run(path(&this), &[WRITE, path(&listed), path(within)])
}

/// Makes each folder once, and opens, writes and closes each file.
fn write_files(list: &str, folder: &Path) {
    let list = fs::read_to_string(list).unwrap();
    let files: Vec<(usize, &str)> = list
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(size, name)| (size.parse().unwrap(), name))
        .collect();
    let text = vec![b' '; files.iter().map(|(size, _)| *size).max().unwrap_or_default()];
    fs::create_dir(folder).unwrap();
    std::env::set_current_dir(folder).unwrap();
    let mut last = Path::new("");
    for (size, name) in files {
        let parent = Path::new(name).parent().unwrap();
        if parent != last {
            fs::create_dir_all(parent).unwrap();
            last = parent;
        }
        fs::write(name, text.get(..size).unwrap()).unwrap();
    }
}

/// Seconds that serde_json needs to parse and print every JSON file of an output folder.
fn json_cost(folder: &Path) -> f64 {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let start = Instant::now();
    for text in &texts {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        std::hint::black_box(serde_json::to_string_pretty(&value).unwrap());
    }
    start.elapsed().as_secs_f64()
}

/// Every file below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
