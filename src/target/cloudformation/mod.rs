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
    for left in &mapped.left {
        bundle.diagnostics.push(uncovered(left));
    }
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

fn uncovered(left: &map::Left<'_>) -> Diagnostic {
    let operations = left.operations.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` takes calls that no template makes", left.file.declaration);
    Diagnostic::warning(catalogue::NOT_IN_A_TEMPLATE, left.file.source, message, format!("left out: {operations}"))
        .help(format!(
            "make the calls that `deploy.json` lists of `{}` yourself; `--target raw,cloudformation` writes them too",
            left.file.path
        ))
}

fn too_large(declaration: &str, span: Span, stack: &order::Stack<'_>) -> Diagnostic {
    let message = format!("the template with `{declaration}` is larger than CloudFormation takes");
    let label = format!("{} resources, {} bytes", stack.resources.len(), document::text(stack).len());
    Diagnostic::error(catalogue::TEMPLATE_TOO_LARGE, span, message, label)
        .help("divide what is declared here, so that its parts fit into templates of their own")
}
