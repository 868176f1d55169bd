//! Text to [`ast`]: the only stage that knows the grammar.
//!
//! | file | does |
//! | --- | --- |
//! | `guard` | says how much of a text may be read at all: size, nesting |
//! | `pairs` | reads one item or member with the grammar and builds its tree; the only user of pest's rules |
//! | `recover` | what happens where the grammar stops: says why, keeps what can be kept, finds the place to go on |
//! | `explain` | says what was expected where the grammar stopped |
//! | `extent` | how far a piece reaches that the grammar can't read |
//! | `lex` | tokens, for the guard and the recovery |
//! | `sql` | where a piece of SQL ends |
//! | `foreign` | what other languages write, each with its mend |
//! | `faults` | every error of this stage, one function each |

pub mod ast;
mod explain;
mod extent;
mod faults;
mod foreign;
mod guard;
pub(crate) mod lex;
mod pairs;
mod recover;
mod sql;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, SourceFile, SourceMap};
use ast::Module;
pub(crate) use pairs::is_reserved;
use pairs::{Reader, Top};

/// How many errors of one file are reported before the rest of it is left unread. It also bounds the time that a hostile text takes.
const MAX_ERRORS: usize = 100;

/// Texts shorter than this are not worth a thread.
const WORTH_A_THREAD: usize = 256 * 1024;

/// Reads one file. Never fails: what can't be read is reported, and what stands around it is in the module.
pub fn parse(file: FileId, source: &SourceFile, diagnostics: &mut Diagnostics) -> Module {
    let mut module = Module { file, uses: Vec::new(), items: Vec::new(), lost: Vec::new() };
    let end = guard::readable(source, diagnostics);
    let text = source.text.get(..end).unwrap_or_default();
    let mut reader = Reader::new(text, source.base);
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        if reader.diagnostics.len() > MAX_ERRORS {
            reader.report(faults::too_many(reader.span(at..at), MAX_ERRORS));
            break;
        }
        let (top, next) = match pairs::read_item(&mut reader, at) {
            Ok(read) => read,
            Err(stop) => recover::item(&mut reader, at, &stop),
        };
        match top {
            Top::Use(line) => module.uses.push(line),
            Top::Item(item) => module.items.push(item),
            Top::Lost => module.lost.push(reader.span(at..next)),
            Top::Nothing => {}
        }
        at = next.max(at + 1);
    }
    diagnostics.append(reader.diagnostics);
    module
}

/// Reads every file of a program but the standard library, in parallel where that pays. The result does not depend on the number of threads.
pub fn parse_all(sources: &SourceMap) -> (Vec<Module>, Diagnostics) {
    let files: Vec<_> = sources.files().filter(|(_, source)| !source.library).collect();
    let size: usize = files.iter().map(|(_, source)| source.text.len()).sum();
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = available.min(size / WORTH_A_THREAD + 1).max(1);
    let share = (size / threads).max(1);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            shares(&files, share).into_iter().map(|part| scope.spawn(move || parse_part(part))).collect();
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut modules = Vec::with_capacity(files.len());
    let mut diagnostics = Diagnostics::default();
    for part in parts {
        let (read, found) = part.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        modules.extend(read);
        diagnostics.append(found);
    }
    (modules, diagnostics)
}

/// Neighbouring files of about `share` bytes together.
fn shares<'a, 'b>(
    files: &'a [(FileId, &'b SourceFile)],
    share: usize,
) -> Vec<&'a [(FileId, &'b SourceFile)]> {
    let mut parts = Vec::new();
    let (mut rest, mut count, mut bytes) = (files, 0, 0);
    for (_, source) in files {
        count += 1;
        bytes += source.text.len();
        if bytes >= share {
            let (part, others) = rest.split_at(count);
            parts.push(part);
            (rest, count, bytes) = (others, 0, 0);
        }
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn parse_part(files: &[(FileId, &SourceFile)]) -> (Vec<Module>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let modules = files.iter().map(|(file, source)| parse(*file, source, &mut diagnostics)).collect();
    (modules, diagnostics)
}
