//! One bundle per account: CloudFormation templates with what the calls would make, and `deploy.json` with the order of the stacks.
//!
//! What stands for which request is the standard library's to say (`stdlib/cloudformation/`); here are a template's shape, its limits and its order.
//!
//! | file | does |
//! | --- | --- |
//! | `mark.rs` | parts of earlier results that a request refers to, carried through templates as text |
//! | `map.rs` | requests → resources |
//! | `order.rs` | what must be there before what; which stack each resource belongs to |
//! | `document.rs` | the template, `deploy.json` |

mod document;
mod map;
mod mark;
mod order;

use std::collections::BTreeSet;

use crate::{
    artifact::{Artifact, Artifacts},
    diagnostic::{Diagnostic, catalogue},
    lower::Script,
    source::Span,
    target::Program,
};

/// The family, and the word behind `--target`.
pub const NAME: &str = "cloudformation";

/// What is made, and what is to be said about it.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The templates and `deploy.json`.
    pub artifacts: Artifacts,
    /// What no template can make; what is too large for one.
    pub diagnostics: Vec<Diagnostic>,
}

/// The bundle that makes what the calls of `raw` make.
pub fn bundle(program: &Program<'_>, raw: &Artifacts) -> Bundle {
    let mut bundle = Bundle::default();
    let scripts = scripts(raw);
    let mapped = map::map(program.platform, &scripts);
    bundle.diagnostics.extend(uncovered(&mapped.left));
    let stacks = order::stacks(program.platform, &mapped);
    for stack in &stacks {
        if let Some(resource) = stack.resources.first()
            && stack.too_large(program.platform)
        {
            bundle.diagnostics.push(too_large(resource.declaration, resource.span, stack));
        }
        bundle.artifacts.files.push(document::template(stack));
    }
    bundle.artifacts.files.extend(document::deploy(program.platform, &stacks, &mapped.left));
    bundle
}

/// The folders whose calls come before all others', as whoever makes the calls by hand takes them.
const FIRST: &[&str] = &["organizations", "iam", "kms", "s3"];

/// Every script with the artifact that it is, in the order in which they are made.
fn scripts(raw: &Artifacts) -> Vec<(&Artifact, Script)> {
    let calls = raw.files.iter().filter(|file| file.path.ends_with(".calls.json"));
    let mut all: Vec<(&Artifact, Script)> =
        calls.filter_map(|file| Some((file, serde_json::from_str(&file.text).ok()?))).collect();
    let turn = |file: &Artifact| {
        let folder = file.path.split('/').nth(1).unwrap_or_default();
        let links = file.path.ends_with(".links.calls.json");
        (links, FIRST.iter().position(|first| *first == folder).unwrap_or(FIRST.len()))
    };
    all.sort_by(|(a, _), (b, _)| (turn(a), &a.path).cmp(&(turn(b), &b.path)));
    all
}

/// Says once what no template makes, with the places whose it is.
fn uncovered(all: &[map::Left<'_>]) -> Option<Diagnostic> {
    let first = all.first()?;
    let operations: BTreeSet<&String> = all.iter().flat_map(|left| &left.operations).collect();
    let named = operations.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let message = format!("no template makes {named}");
    let label = format!("takes {}", of(first));
    let diagnostic = Diagnostic::warning(catalogue::NOT_IN_A_TEMPLATE, first.file.source, message, label);
    let others = all.iter().skip(1);
    let diagnostic =
        others.fold(diagnostic, |it, left| it.related(left.file.source, format!("takes {}", of(left))));
    let several = if all.len() == 1 { "file" } else { "files" };
    Some(diagnostic.help(format!(
        "make these calls yourself: `deploy.json` lists them by their {several} and ids; `--target raw,cloudformation` writes them too"
    )))
}

fn of(left: &map::Left<'_>) -> String {
    left.operations.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

fn too_large(declaration: &str, span: Span, stack: &order::Stack<'_>) -> Diagnostic {
    let message = format!("the template with `{declaration}` is larger than CloudFormation takes");
    let label = format!("{} resources, {} bytes", stack.resources.len(), document::text(stack).len());
    Diagnostic::error(catalogue::TEMPLATE_TOO_LARGE, span, message, label)
        .help("divide what is declared here, so that its parts fit into templates of their own")
}
