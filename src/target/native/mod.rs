//! Queries as Rust crates: `<account>/native/<query>/`, for each query that the native operator runs.

use crate::{
    artifact::{Artifact, Artifacts},
    native::{native, rust},
    target::{Program, Target},
};

/// The family, written where it is asked for by name.
pub struct Native;

impl Target for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn is_usual(&self) -> bool {
        false
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, .. } = *program;
        for query in &platform.queries {
            let resource = platform.resource(query.resource);
            let account = platform.account(query.account);
            // What can't be run here has no crate; the command says so.
            let Ok(native) = native(platform, query) else { continue };
            let folder = format!("{}/native/{}", account.name, platform.file_stem(query.resource));
            for (path, text) in rust::files(platform, &native, &resource.name) {
                out.files.push(Artifact {
                    path: format!("{folder}/{path}"),
                    account: account.name.to_string(),
                    family: "native",
                    declaration: resource.name.to_string(),
                    source: resource.span,
                    text,
                    notes: Vec::new(),
                    statements: Vec::new(),
                });
            }
        }
    }
}
