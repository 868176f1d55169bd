//! Where a run's metrics can be read: at an address, or in a file.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::{Failure, replace::replace, report as say};

/// The time between two states.
const PAUSE: Duration = Duration::from_millis(250);
/// As long may one reader keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes of a request that are read.
const REQUEST: usize = 8192;

/// Publishes a text.
pub(super) struct Reporter {
    place: Place,
    last: Option<Instant>,
}

enum Place {
    /// What is answered.
    Address(Arc<Mutex<String>>),
    File(PathBuf),
}

impl Reporter {
    /// `HOST:PORT`, `:PORT` of this machine alone, or a file.
    pub(super) fn open(place: &str) -> Result<Self, Failure> {
        let port = place.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let Some((host, port)) = port.filter(|(host, _)| !host.contains('/')) else {
            return Ok(Self { place: Place::File(PathBuf::from(place)), last: None });
        };
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        let unheard = |error: io::Error| Failure(format!("can't listen at `{host}:{port}`: {error}"));
        let listener = TcpListener::bind(format!("{host}:{port}")).map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        say::error(&format!("metrics at http://{address}/metrics\n"));
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A reader that goes away is none of the run's business.
                let _ = answer(stream, &shared);
            }
        });
        Ok(Self { place: Place::Address(text), last: None })
    }

    /// Whether the text is old.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.duration_since(last) >= PAUSE)
    }

    /// Replaces the text.
    pub(super) fn publish(&mut self, text: String) -> Result<(), Failure> {
        self.last = Some(Instant::now());
        match &self.place {
            Place::Address(shared) => *shared.lock().unwrap_or_else(PoisonError::into_inner) = text,
            Place::File(file) => replace(file, &text).map_err(|error| Failure::io("write", file, &error))?,
        }
        Ok(())
    }
}

/// Answers one request of HTTP/1.1, and closes.
fn answer(mut stream: TcpStream, text: &Mutex<String>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let began = Instant::now();
    let (mut request, mut block) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut block)?;
        if count == 0 || request.len() > REQUEST || began.elapsed() > PATIENCE {
            return Ok(());
        }
        request.extend_from_slice(block.get(..count).unwrap_or_default());
    }
    let request = String::from_utf8_lossy(&request);
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics" | "/") => {
            ("200 OK", text.lock().unwrap_or_else(PoisonError::into_inner).clone())
        }
        ("GET" | "HEAD", _) => ("404 Not Found", "there is `/metrics`\n".to_owned()),
        _ => ("405 Method Not Allowed", "there is GET\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}
