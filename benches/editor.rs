//! What a keystroke costs: `dpl lsp` on N copies of the five-system platform in `examples/acme`, for N = 1, 180, while one types in one of them.
//!
//! `cargo bench --bench editor` writes the copies to a temporary folder, starts the release binary, opens a module, and presses keys, each as soon
//! as the one before is understood, and then a burst in the pace of a fast typist that waits for nothing. It prints for each kind of answer the
//! milliseconds from the key to the answer: the median, the one that 95 of 100 stay under, the longest. A `key` is a completion, a hover and
//! semantic tokens asked for together; `syntax` is what is said of a bracket that is missing; `all` is everything that is said, proofs included;
//! `hints` are the inlay hints, which wait for that. Arguments: `--keys 20` for fewer keys than a hundred, the Ns
//! (`-- 180`).
//!
//! The target: at 180 copies, about 60,000 lines, a key and `syntax` in under 50 ms for 95 of 100.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that can't be made stops"
)]

mod copies;

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use copies::{read_acme, write_copy};
use serde_json::{Value, json};

/// Keys that are pressed of each kind, unless it is said how many.
const KEYS: usize = 100;
/// From one key to the next of a fast typist.
const PACE: Duration = Duration::from_millis(80);

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let keys = arguments.next_if_eq("--keys").and_then(|_| arguments.next()?.parse().ok()).unwrap_or(KEYS);
    let sizes: Vec<usize> = arguments.filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1, 180] } else { sizes };
    let acme = read_acme();
    println!("{:>6} {:>8} {:>8} {:>9} {:>9} {:>9}", "copies", "lines", "what", "median", "p95", "longest");
    for copies in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lines: usize = (0..copies).map(|copy| write_copy(&acme, folder.path(), copy)).sum();
        for (what, mut times) in measure(folder.path(), copies / 2, keys) {
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times.get(((times.len() - 1) as f64 * share) as usize).copied().unwrap();
            let (median, p95, longest) = (at(0.5), at(0.95), at(1.0));
            println!("{copies:>6} {lines:>8} {what:>8} {median:>9.1} {p95:>9.1} {longest:>9.1}");
        }
    }
}

fn measure(folder: &Path, copy: usize, keys: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut editor = Editor::open(folder, &folder.join(format!("p{copy}/lake.dpl")));
    let (mut key, mut syntax, mut all, mut hints, mut burst) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..keys {
        let start = editor.types("x");
        key.push(editor.asks(start));
        editor.is_told(start, |_| true);
        let start = editor.backspace();
        all.push(editor.is_told(start, |_| true));
        let start = editor.types("x");
        editor.is_told(start, |_| true);
        let start = editor.backspace();
        hints.push(editor.hints(start));
        let start = editor.types("{");
        syntax.push(editor.is_told(start, is_of_syntax));
        editor.is_told(start, |_| true);
        let start = editor.backspace();
        editor.is_told(start, |said| !is_of_syntax(said));
        editor.settle();
    }
    for _ in 0..keys {
        let start = editor.types("x");
        burst.push(editor.asks(start));
        std::thread::sleep(PACE.saturating_sub(start.elapsed()));
    }
    vec![("key", key), ("burst", burst), ("syntax", syntax), ("hints", hints), ("all", all)]
}

fn is_of_syntax(said: &Value) -> bool {
    let codes = said.pointer("/params/diagnostics").and_then(Value::as_array);
    codes.into_iter().flatten().any(|one| one["code"].as_str().unwrap().starts_with("DPL00"))
}

/// A session, with a word at the end of a doc comment's line in which one types.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    uri: String,
    line: usize,
    column: usize,
    typed: usize,
    version: u64,
    asked: u64,
}

impl Editor {
    fn open(folder: &Path, file: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_dpl"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (server.stdin.take().unwrap(), receiver(server.stdout.take().unwrap()));
        let text = std::fs::read_to_string(file).unwrap();
        // Behind the value of a bucket's field.
        let line = text.lines().position(|line| line.trim_start().starts_with("encryption")).unwrap();
        let column = text.lines().nth(line).unwrap().len();
        let uri = format!("file://{}", file.display());
        let mut editor = Self { server, input, output, uri, line, column, typed: 0, version: 1, asked: 0 };
        let root = format!("file://{}", folder.display());
        editor.request(
            "initialize",
            json!({ "capabilities": {}, "workspaceFolders": [{ "uri": root, "name": "it" }] }),
        );
        editor.answer();
        editor.tell("initialized", json!({}));
        let document = json!({ "uri": editor.uri, "languageId": "dpl", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        editor.is_told(Instant::now(), |_| true);
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: Value) {
        self.asked += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params }));
    }

    fn next(&self) -> Value {
        self.output.recv_timeout(Duration::from_secs(60)).expect("an answer within a minute")
    }

    /// The answer to the last request.
    fn answer(&self) -> Value {
        loop {
            let message = self.next();
            if message["id"] == self.asked && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return message;
            }
        }
    }

    fn change(&mut self, from: usize, to: usize, text: &str) -> Instant {
        self.version += 1;
        let at = |column: usize| json!({ "line": self.line, "character": self.column + column });
        let change = json!({ "range": { "start": at(from), "end": at(to) }, "text": text });
        let document = json!({ "uri": self.uri, "version": self.version });
        let start = Instant::now();
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
        start
    }

    fn types(&mut self, text: &str) -> Instant {
        let at = self.typed;
        self.typed += text.len();
        self.change(at, at, text)
    }

    fn backspace(&mut self) -> Instant {
        self.typed -= 1;
        self.change(self.typed, self.typed + 1, "")
    }

    /// Completion, hover and semantic tokens at the cursor.
    fn asks(&mut self, start: Instant) -> f64 {
        let document = json!({ "uri": self.uri });
        let place = json!({ "line": self.line, "character": self.column + self.typed });
        let at = json!({ "textDocument": document, "position": place });
        self.request("textDocument/completion", at.clone());
        self.request("textDocument/hover", at);
        self.request("textDocument/semanticTokens/full", json!({ "textDocument": document }));
        self.answer();
        milliseconds(start)
    }

    fn hints(&mut self, start: Instant) -> f64 {
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 60, "character": 0 } });
        self.request(
            "textDocument/inlayHint",
            json!({ "textDocument": { "uri": self.uri }, "range": range }),
        );
        self.answer();
        milliseconds(start)
    }

    /// When the present text is told of in a way that is wanted.
    fn is_told(&self, start: Instant, wanted: impl Fn(&Value) -> bool) -> f64 {
        loop {
            let message = self.next();
            let params = &message["params"];
            let this = params["uri"] == self.uri.as_str() && params["version"] == self.version;
            if message["method"] == "textDocument/publishDiagnostics" && this && wanted(&message) {
                return milliseconds(start);
            }
        }
    }

    /// Waits until nothing more is said.
    fn settle(&self) {
        while self.output.recv_timeout(Duration::from_millis(300)).is_ok() {}
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// The messages of a server, as they come.
fn receiver(output: impl Read + Send + 'static) -> Receiver<Value> {
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if output.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                match line.trim_end().strip_prefix("Content-Length: ") {
                    Some(number) => length = number.parse().unwrap(),
                    None if line.trim_end().is_empty() => break,
                    None => {}
                }
            }
            let mut text = vec![0; length];
            if output.read_exact(&mut text).is_err()
                || sender.send(serde_json::from_slice(&text).unwrap()).is_err()
            {
                return;
            }
        }
    });
    messages
}
