//! `dpl explain access`: a role's statements, each with the places in the program that need it.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use clap::Args;
use dpl::{
    Analysis,
    access::{RoleAccess, Statement, document::Actions, roles::acting},
    analyze,
    platform::{ResourceId, grant::Effect},
    suggest::nearest,
};
use serde::Serialize;
use smol_str::SmolStr;

use crate::cli::{
    Failure, Outcome,
    check::outcome,
    input::Input,
    load::{Loaded, Program, load},
    report,
    saying::Place,
};

const AFTER_HELP: &str = "\
Examples:
  dpl explain access Loader                 a declared role
  dpl explain access ingest examples/acme   a pipeline's, query's, sync's or function's own role
  dpl explain access ingest-trigger         a role by its name in AWS
  dpl explain access Loader --json";

/// Explain what a role may do: each statement of its policy, and the lines of the program that need it
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A role, a declaration that has one, or a role's name in AWS
    role: String,

    #[command(flatten)]
    input: Input,

    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints the roles of that name.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let Program { sources, config, root, .. } = match load(&arguments.input.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(sources, config.project);
    if analysis.has_errors() {
        report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
        return Ok(outcome(&analysis.diagnostics));
    }
    let roles: Vec<Role> =
        found(&analysis, &arguments.role)?.into_iter().map(|role| Role::of(&analysis, &root, role)).collect();
    let text = if arguments.json {
        serde_json::to_string_pretty(&Answer { roles }).unwrap_or_default() + "\n"
    } else {
        roles.iter().map(Role::text).collect::<Vec<_>>().join("\n")
    };
    report::result(&text);
    Ok(Outcome::Fine)
}

/// The roles that a name means: the one that acts for a declaration, or those with that name in AWS.
fn found<'a>(analysis: &'a Analysis, name: &str) -> Result<Vec<&'a RoleAccess>, Failure> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let declared = (0..).map(ResourceId).zip(&platform.resources).filter(|(_, it)| it.name == name);
    let mut places: BTreeSet<usize> =
        declared.filter_map(|(id, _)| access.index_of(acting(platform, id)?)).collect();
    places.extend((0..).zip(&access.roles).filter(|(_, role)| role.identity.name == name).map(|(at, _)| at));
    if places.is_empty() {
        let known = access.roles.iter().map(|role| role.identity.name.as_str());
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if access.roles.is_empty() => "the program makes none".to_owned(),
            None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
        };
        return Err(Failure(format!("no role `{name}` is made by the program; {hint}")));
    }
    Ok(places.into_iter().filter_map(|at| access.roles.get(at)).collect())
}

#[derive(Serialize)]
struct Answer<'a> {
    roles: Vec<Role<'a>>,
}

/// What is told of a role.
#[derive(Serialize)]
struct Role<'a> {
    role: &'a str,
    account: &'a str,
    arn: &'a str,
    source: Option<Place<'a>>,
    statements: Vec<Told<'a>>,
}

/// What is told of a statement.
#[derive(Serialize)]
struct Told<'a> {
    /// As IAM reads it.
    statement: &'a Statement,
    needed_by: Vec<Place<'a>>,
}

impl<'a> Role<'a> {
    fn of(analysis: &'a Analysis, root: &Path, role: &'a RoleAccess) -> Self {
        Self {
            role: &role.identity.name,
            account: &analysis.platform.account(role.identity.account).name,
            arn: &role.identity.arn,
            source: Place::of(analysis, root, role.identity.span),
            statements: role.policy.statements.iter().map(|it| Told::of(analysis, root, it)).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("role {} in {}: {}\n", self.role, self.account, self.arn);
        if let Some(place) = &self.source {
            let _ = writeln!(text, "declared at {}", place.text());
        }
        if self.statements.is_empty() {
            text.push_str("\nit may do nothing\n");
        }
        self.statements.iter().for_each(|statement| statement.write(&mut text));
        text
    }
}

impl<'a> Told<'a> {
    fn of(analysis: &'a Analysis, root: &Path, statement: &'a Statement) -> Self {
        let mut needed_by: Vec<Place> =
            statement.origins.iter().filter_map(|span| Place::of(analysis, root, *span)).collect();
        needed_by.sort();
        needed_by.dedup();
        Self { statement, needed_by }
    }

    fn write(&self, text: &mut String) {
        let Statement { sid, effect, actions, resources, conditions, .. } = self.statement;
        let effect = match effect {
            Effect::Grant => "allow",
            Effect::Deny => "deny",
        };
        let (all_but, actions) = match actions {
            Actions::Only(actions) => ("", actions),
            Actions::AllBut(actions) => (" all but", actions),
        };
        let list =
            |items: &BTreeSet<SmolStr>| items.iter().map(SmolStr::as_str).collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\n{sid}\n  {effect}{all_but} {}\n", list(actions));
        resources.iter().for_each(|resource| {
            let _ = writeln!(text, "  on {resource}");
        });
        for (operator, keys) in &conditions.0 {
            for (key, values) in keys {
                let _ = writeln!(text, "  if {key} {operator} {}", list(values));
            }
        }
        self.needed_by.iter().for_each(|place| {
            let _ = writeln!(text, "  needed by {}", place.text());
        });
    }
}
