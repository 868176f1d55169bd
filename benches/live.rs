//! How late results are of a live stream: the time from before a row is produced to after its result is read, less what the watermark waits.
//!
//! `cargo bench --bench live [-- ROWS_A_SECOND SECONDS]` runs `dpl run` over a Kafka on this machine, librdkafka's own mock, into which Python
//! produces rows that bear the time of their production. The query gives each row a result when the watermark has passed it (`OVER`); the watermark
//! waits for 100 ms. The first two seconds, in which processes start, are left out.
//!
//! librdkafka's mock answers a request that finds nothing when its wait of 500 ms is over, and not, as Kafka does, when a record comes: where
//! readers are faster than rows, what is printed is the mock's wait. A broker that answers at once is needed for a number that means something:
//! Tansu's, which other tests have, looks for records at pauses that grow with the wait, and answers here after some 210 ms.
//!
//! The target: 99 of 100 results within 10 ms at 100,000 rows a second, on two cores that do nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that can't be made stops"
)]

use serde_json::{Value as Json, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const PROGRAM: &str = r#"
account prod { id = "666666666666", region = "us-east-1" }
schema Reading { device : string, value : double, sent : bigint, at : timestamp(3) }
schema Running { device : string, sent : bigint, mean : double, n : bigint }
stream readings : Reading in prod { connector = kafka("readings", servers = ["SERVER"], iam = false), watermark = at - 100ms, late = drop }
stream running : Running in prod { connector = kafka("running", servers = ["SERVER"], iam = false) }
query means into running as
  SELECT device, sent, AVG(value) OVER w AS mean, COUNT(*) OVER w AS n
  FROM readings
  WINDOW w AS (PARTITION BY device ORDER BY at RANGE BETWEEN INTERVAL '1' SECOND PRECEDING AND CURRENT ROW);
"#;

/// How long the watermark waits, in milliseconds.
const DELAY: i64 = 100;
/// What is left out of the beginning, in milliseconds.
const WARM: i64 = 2000;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let (rate, seconds) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(10));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/live_kafka.py");
    let server = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut server = server.expect("python3 is installed");
    let mut answers = BufReader::new(server.stdout.take().unwrap());
    let address = answer(&mut answers)["address"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.dpl"), PROGRAM.replace("SERVER", &address)).unwrap();
    ask(&mut server, &json!({ "make": "readings" }));
    answer(&mut answers);

    let run = Command::new(env!("CARGO_BIN_EXE_dpl"))
        .args(["run", "means"])
        .arg(folder.path())
        .args(["--from", "readings=live", "--since", "earliest"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut run = run.unwrap();
    let results = run.stdout.take().unwrap();
    let reader = std::thread::spawn(move || read(results));
    let rows: Vec<String> = (0..1000)
        .map(|device| {
            format!(
                "{{\"device\":\"dev-{device:04}\",\"value\":{}.5,\"sent\":%(sent)d,\"at\":\"%(at)s\"}}",
                device % 50
            )
        })
        .collect();
    let began = millis();
    ask(&mut server, &json!({ "flood": "readings", "rows": rows, "rate": rate, "seconds": seconds }));
    let flooded = answer(&mut answers);
    assert_eq!(flooded["left"], 0, "{flooded}");
    std::thread::sleep(Duration::from_secs(1));
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(143), "{said}");
    drop(server.stdin.take());
    server.wait().unwrap();

    let mut late: Vec<i64> = reader
        .join()
        .unwrap()
        .into_iter()
        .filter(|(sent, _)| *sent > began + WARM)
        .map(|(_, late)| late)
        .collect();
    assert!(
        late.len() as u64 > rate * seconds / 2,
        "{} results of {} rows: {said}",
        late.len(),
        rate * seconds
    );
    late.sort_unstable();
    let at = |part: f64| late[((late.len() - 1) as f64 * part) as usize];
    println!(
        "{} results, {:.0} rows/s produced, milliseconds beyond the watermark:",
        late.len(),
        (rate * seconds) as f64 / flooded["seconds"].as_f64().unwrap()
    );
    println!("{:>7} {:>7} {:>7} {:>7} {:>7}", "p50", "p90", "p99", "p99.9", "most");
    println!("{:>7} {:>7} {:>7} {:>7} {:>7}", at(0.5), at(0.9), at(0.99), at(0.999), at(1.0));
}

fn millis() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn ask(server: &mut Child, what: &Json) {
    writeln!(server.stdin.as_mut().unwrap(), "{what}").unwrap();
}

fn answer(answers: &mut BufReader<ChildStdout>) -> Json {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    let answer: Json = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line}"));
    assert!(answer.get("error").is_none(), "{answer}");
    answer
}

/// When each row was sent, and how much later than the watermark says its result came.
fn read(mut results: ChildStdout) -> Vec<(i64, i64)> {
    const SENT: &[u8] = b"\"sent\":";
    let (mut found, mut held) = (Vec::new(), Vec::new());
    let mut block = vec![0; 1 << 18];
    loop {
        let count = results.read(&mut block).unwrap();
        if count == 0 {
            return found;
        }
        let now = millis();
        held.extend_from_slice(&block[..count]);
        let mut at = 0;
        while let Some(end) = memchr::memchr(b'\n', &held[at..]) {
            let line = &held[at..at + end];
            at += end + 1;
            let start = memchr::memmem::find(line, SENT).unwrap() + SENT.len();
            let digits = line[start..].iter().take_while(|byte| byte.is_ascii_digit());
            let sent = digits.fold(0, |sent, digit| sent * 10 + i64::from(digit - b'0'));
            found.push((sent, now - sent - DELAY));
        }
        held.drain(..at);
    }
}
