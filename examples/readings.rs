//! Realistic sensor readings for `examples/acme`, the same for the same arguments:
//!
//! ```text
//! cargo run --release --example readings -- --rows 1000000 --devices 1000 --seed 1 --out readings.jsonl
//! ```
//!
//! Every device reports about every two seconds, up to three seconds late. Devices idle around room temperature, and
//! now and then one runs hot or cold for a few minutes. One row in a thousand is late by 10 to 120 seconds; one in
//! five hundred is broken: a temperature out of range, a field missing, a text that is no JSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: readings [--rows N] [--devices N] [--seed N] [--out FILE]";
/// 2026-01-01T00:00:00, in milliseconds since the epoch.
const START: i64 = 1_767_225_600_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

struct Options {
    rows: u64,
    devices: u64,
    seed: u64,
    out: Option<String>,
}

fn options(mut args: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { rows: 3000, devices: 20, seed: 1, out: None };
    while let Some(name) = args.next() {
        let value = args.next()?;
        match name.as_str() {
            "--rows" => options.rows = value.parse().ok()?,
            "--devices" => options.devices = value.parse().ok().filter(|d| *d > 0)?,
            "--seed" => options.seed = value.parse().ok()?,
            "--out" => options.out = Some(value),
            _ => return None,
        }
    }
    Some(options)
}

/// The temperature that a device has in a spell of three minutes, in thousandths of a degree.
fn base_temperature(device: u64, millis: i64, seed: u64) -> i64 {
    let spell = millis.div_euclid(180_000) as u64;
    let mut random = Random(seed ^ device.wrapping_mul(0xA076_1D64_78BD_642F) ^ spell);
    match random.below(12) {
        0 => 53_000 + random.below(20_000) as i64,
        1 => random.below(9_000) as i64 - 4_000,
        _ => 18_000 + random.below(12_000) as i64,
    }
}

/// `2026-01-01T00:00:00.000`, for any time in January 2026 to the end of 2027.
fn timestamp(millis: i64) -> String {
    const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, time) =
        ((START + millis).div_euclid(86_400_000) - 20_454, (START + millis).rem_euclid(86_400_000));
    let mut month = 0;
    for days in DAYS.iter().cycle() {
        if day < *days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
        2026 + month / 12,
        month % 12 + 1,
        day + 1,
        time / 3_600_000,
        time / 60_000 % 60,
        time / 1000 % 60,
        time % 1000
    )
}

fn thousandths(value: i64) -> String {
    format!("{}{}.{:03}", if value < 0 { "-" } else { "" }, value.abs() / 1000, value.abs() % 1000)
}

fn row(random: &mut Random, device: u64, millis: i64, seed: u64) -> String {
    let temperature = thousandths(base_temperature(device, millis, seed) + random.below(3000) as i64 - 1500);
    let humidity = thousandths(30_000 + random.below(40_000) as i64);
    let name = format!("sensor-{:04}", device + 1);
    let time = timestamp(millis);
    match random.below(1500) {
        0 => format!(
            r#"{{"device_id":"{name}","temperature":4000.0,"humidity":{humidity},"timestamp":"{time}"}}"#
        ),
        1 => format!(r#"{{"device_id":"{name}","humidity":{humidity},"timestamp":"{time}"}}"#),
        2 => format!(r#"{{"device_id":"{name}","temperature":{temperature},"humi"#),
        _ => format!(
            r#"{{"device_id":"{name}","temperature":{temperature},"humidity":{humidity},"timestamp":"{time}"}}"#
        ),
    }
}

fn write(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut random = Random(options.seed);
    for i in 0..options.rows {
        let arrival = 5_000 + (i * 2000 / options.devices) as i64;
        let lag = match random.below(1000) {
            0 => 10_000 + random.below(110_000),
            _ => random.below(3000),
        };
        let device = random.below(options.devices);
        let line = row(&mut random, device, (arrival - lag as i64).max(0), options.seed);
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let written = match &options.out {
        Some(path) => File::create(path).and_then(|file| write(&options, &mut BufWriter::new(file))),
        None => write(&options, &mut BufWriter::new(io::stdout().lock())),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("readings: {e}");
            ExitCode::from(2)
        }
    }
}
