//! `dpl.toml`: what a project says about itself outside the language. Strict: what is not known is an error with its place.

mod read;

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostics;
use crate::platform::Project;
use crate::source::SourceFile;
use crate::suggest::nearest;

/// A project's settings, those of the chosen environment laid over the common ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What the compiler reads.
    pub project: Project,
    /// The output folder, relative to the folder that `dpl.toml` stands in.
    pub out: Option<String>,
}

/// A `dpl.toml` as it was written: every environment beside the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    config: Config,
    environments: BTreeMap<String, BTreeMap<String, String>>,
}

impl Manifest {
    /// Reads a `dpl.toml`. Faults go to the sink; what could be read is returned all the same.
    pub fn read(file: &SourceFile, diagnostics: &mut Diagnostics) -> Self {
        read::manifest(file, diagnostics)
    }

    /// The settings with an environment's parameter values laid over the common ones. An environment that the file does not name is
    /// an error, told in one sentence.
    pub fn select(self, environment: Option<&str>) -> Result<Config, String> {
        let Self { mut config, mut environments } = self;
        if let Some(name) = environment {
            let Some(params) = environments.remove(name) else { return Err(unknown(name, &environments)) };
            config.project.params.extend(params);
        }
        Ok(config)
    }
}

fn unknown(name: &str, environments: &BTreeMap<String, BTreeMap<String, String>>) -> String {
    let known = environments.keys().map(String::as_str).collect::<Vec<_>>();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("`dpl.toml` declares none: add `[env.{name}.params]`"),
        None => format!("there are: {}", known.join(", ")),
    };
    format!("there is no environment `{name}`; {hint}")
}
