//! The canonical layout of a file: `dpl fmt`.
//!
//! Every token and comment of the text comes out once and in its order; only blanks, line ends and the commas between members differ. What
//! can't be read is not touched.
//!
//! | file | does |
//! | --- | --- |
//! | `hints` | what the tree knows about a place in the text: here an item begins, this `<` opens a type's arguments |
//! | `token` | the text as tokens, each with the hints about it |
//! | `tree` | tokens as items in brackets, with their comments and the width that they take on one line |
//! | `space` | whether a blank stands between two tokens |
//! | `print` | items as lines: what fits stays on one line, what was written over several stays so |
//! | `line` | lines whose columns are aligned |
//! | `sql` | the same for SQL |

mod hints;
mod line;
mod print;
mod space;
mod sql;
mod token;
mod tree;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, SourceMap};
use crate::syntax;

/// Columns of a line at most, where there is a place to break it.
pub const WIDTH: usize = 140;

/// The canonical text of a file, or what is wrong with it where it can't be read.
pub fn format(sources: &SourceMap, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let Some(source) = sources.file(file) else { return Ok(String::new()) };
    let mut diagnostics = Diagnostics::default();
    let module = syntax::parse(file, source, &mut diagnostics);
    let diagnostics = diagnostics.into_sorted();
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(diagnostics);
    }
    let hints = hints::of(&module, source.base);
    let tokens = token::read(&source.text, hints);
    let tree = tree::build(&source.text, &tokens);
    Ok(print::print(&source.text, &tokens, &tree))
}
