//! Runs that go on until they are stopped, and chance.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::SystemTime;

/// A run that tells its metrics.
pub struct Running {
    run: Child,
    said: BufReader<ChildStderr>,
    /// What it said before it told where its metrics are.
    pub before: String,
    address: String,
}

impl Running {
    /// Starts it, and waits until it has told where its metrics are.
    pub fn start(command: &mut Command) -> Running {
        let mut run = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(run.stderr.take().unwrap());
        let mut before = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "the run has ended: {before}");
            let address =
                line.trim().strip_prefix("metrics at http://").and_then(|l| l.strip_suffix("/metrics"));
            if let Some(address) = address {
                break address.to_owned();
            }
            before += &line;
        };
        Running { run, said, before, address }
    }

    pub fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Stops it with a signal; its exit code and what it said.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.run.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        (self.run.wait().unwrap().code(), text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone already, unless the test has failed or kills it.
        let _ = self.run.kill();
        let _ = self.run.wait();
    }
}

/// What a run said of one of its figures, whose columns are as wide as the widest of them.
#[track_caller]
pub fn figure<'a>(said: &'a str, name: &str) -> &'a str {
    let line = said.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("nothing is said of {name}: {said}")).trim()
}

/// When a file was written last.
pub fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// Numbers that look like chance: splitmix64.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}
