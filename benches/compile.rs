//! What the compiler costs: `check` and `build` of N copies of the five-system platform in `examples/acme`, for N = 1, 10, 100, 180, 1,000.
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

use copies::{read_acme, write_copy};

mod copies;

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq(WRITE).is_some() {
        return write_files(&arguments.next().unwrap(), Path::new(&arguments.next().unwrap()));
    }
    let other = arguments.next_if_eq("--against").map(|_| arguments.next().expect("a `dpl` to compare with"));
    let sizes: Vec<usize> = arguments.filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1, 10, 100, 180, 1000] } else { sizes };
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
