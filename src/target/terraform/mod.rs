//! One root per account for Terraform with what the calls would make, and `deploy.json` with the order in which they are applied.
//!
//! What stands for which request is the standard library's to say (`stdlib/terraform/`).
//!
//! | file | does |
//! | --- | --- |
//! | `root.rs` | which root each resource belongs to, what it waits for, when a root is applied |
//! | `document.rs` | the root, `deploy.json` |

mod document;
mod root;

use crate::{
    artifact::Artifacts,
    target::{
        Program,
        bundle::{self, Bundle, Form, map},
    },
};

/// The family, and the word behind `--target`.
pub const NAME: &str = "terraform";

/// The roots that make what the calls of `raw` make.
pub fn bundle(program: &Program<'_>, raw: &Artifacts) -> Bundle {
    let scripts = bundle::scripts(raw);
    let mapped = map::map(program.platform, Form::Terraform, &scripts);
    let mut bundle = Bundle::default();
    bundle.diagnostics.extend(bundle::uncovered(Form::Terraform, &mapped.left));
    let plan = root::plan(program.platform, &mapped);
    bundle.artifacts.files.extend(plan.roots.iter().map(|root| document::root(program.platform, root)));
    bundle.artifacts.files.extend(document::deploy(program.platform, &plan, &mapped));
    bundle
}
