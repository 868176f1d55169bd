//! One bundle per account: CloudFormation templates with what the calls would make, and `deploy.json` with the order of the stacks.
//!
//! What stands for which request is the standard library's to say (`stdlib/cloudformation/`); here are a template's shape, its limits and its order.
//!
//! | file | does |
//! | --- | --- |
//! | `stack.rs` | which stack each resource belongs to |
//! | `document.rs` | the template, `deploy.json` |

mod document;
mod stack;

use crate::{
    artifact::Artifacts,
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    target::{
        Program,
        bundle::{self, Bundle, Form, map},
    },
};

/// The family, and the word behind `--target`.
pub const NAME: &str = "cloudformation";

/// The bundle that makes what the calls of `raw` make.
pub fn bundle(program: &Program<'_>, raw: &Artifacts) -> Bundle {
    let mut bundle = Bundle::default();
    let scripts = bundle::scripts(raw);
    let mapped = map::map(program.platform, Form::CloudFormation, &scripts);
    bundle.diagnostics.extend(bundle::uncovered(Form::CloudFormation, &mapped.left));
    let (stacks, between) = stack::stacks(program.platform, &mapped);
    let mut bytes = Vec::with_capacity(stacks.len());
    for stack in &stacks {
        let text = document::text(stack);
        bytes.push(text.len());
        if let Some(resource) = stack.resources.first()
            && stack.too_large(program.platform, text.len())
        {
            bundle.diagnostics.push(too_large(resource.declaration, resource.span, stack, text.len()));
        }
        bundle.artifacts.files.push(document::template(stack, text));
    }
    bundle.artifacts.files.extend(document::deploy(program.platform, (&stacks, &between), &bytes, &mapped));
    bundle
}

fn too_large(declaration: &str, span: Span, stack: &stack::Stack<'_>, bytes: usize) -> Diagnostic {
    let message = format!("the template with `{declaration}` is larger than CloudFormation takes");
    let label = format!("{} resources, {bytes} bytes", stack.resources.len());
    Diagnostic::error(catalogue::TEMPLATE_TOO_LARGE, span, message, label)
        .help("divide what is declared here, so that its parts fit into templates of their own")
}
