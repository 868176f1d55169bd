//! What CloudFormation's templates and Terraform's roots are both made of: the calls, read as resources with what they need.
//!
//! | file | does |
//! | --- | --- |
//! | `document.rs` | files, and `deploy.json` with the calls that no resource stands for |
//! | `form.rs` | what differs between the two: which mapping is asked, how references and names are spelled |
//! | `mark.rs` | parts of earlier results that a request refers to, carried through templates as text |
//! | `map.rs` | requests → resources |
//! | `order.rs` | what must be there before what |

pub mod document;
mod form;
pub mod map;
mod mark;
pub mod order;

use std::collections::BTreeSet;

use crate::{
    artifact::{Artifact, Artifacts},
    diagnostic::Diagnostic,
    lower::Script,
};

pub use form::Form;
use map::Left;

/// What is made, and what is to be said about it.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The templates and `deploy.json`.
    pub artifacts: Artifacts,
    /// What no template can make; what is too large for one.
    pub diagnostics: Vec<Diagnostic>,
}

/// The folders whose calls come before all others', as whoever makes the calls by hand takes them.
const FIRST: &[&str] = &["organizations", "iam", "kms", "s3"];

/// Every script with the artifact that it is, in the order in which they are made.
pub fn scripts(raw: &Artifacts) -> Vec<(&Artifact, Script)> {
    let calls = raw.files.iter().filter(|file| file.path.ends_with(".calls.json"));
    let mut all: Vec<(&Artifact, Script)> =
        calls.filter_map(|file| Some((file, serde_json::from_str(&file.text).ok()?))).collect();
    let turn = |file: &Artifact| {
        let folder = file.path.split('/').nth(1).unwrap_or_default();
        let links = file.path.ends_with(".links.calls.json");
        // Whoever names a result of another file comes behind that.
        let names_others = file.text.contains("\"$in\"");
        (links, names_others, FIRST.iter().position(|first| *first == folder).unwrap_or(FIRST.len()))
    };
    all.sort_by_cached_key(|(file, _)| (turn(file), &*file.path));
    all
}

/// Says once what no resource stands for, with the places whose it is.
pub fn uncovered(form: Form, all: &[Left<'_>]) -> Option<Diagnostic> {
    let first = all.first()?;
    let operations: BTreeSet<&String> = all.iter().flat_map(|left| &left.operations).collect();
    let named = operations.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let (code, nothing) = form.left();
    let message = format!("{nothing} makes {named}");
    let label = format!("takes {}", of(first));
    let diagnostic = Diagnostic::warning(code, first.file.source, message, label);
    let others = all.iter().skip(1);
    let diagnostic =
        others.fold(diagnostic, |it, left| it.related(left.file.source, format!("takes {}", of(left))));
    let several = if all.len() == 1 { "file" } else { "files" };
    Some(diagnostic.help(format!(
        "make these calls yourself: `deploy.json` lists them by their {several} and ids; `--target raw,{}` writes them too",
        form.word()
    )))
}

fn of(left: &Left<'_>) -> String {
    left.operations.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}
