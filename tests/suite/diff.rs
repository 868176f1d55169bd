//! `dpl diff`: pairs of programs with what it tells of them, and on generated platforms that it tells all and nothing else.

use std::{collections::BTreeMap, path::Path};

use dpl::{
    Analysis,
    access::{RoleAccess, pattern::matches},
    diff::{At, Class, Diff, Version, diff, render},
    platform::Project,
    prove::{Decision, Prover, Request},
};

use crate::{
    differential::{platforms, requests},
    window::rng::Rng,
};

fn analyzed(path: &Path) -> Analysis {
    let mut sources = dpl::sources();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    sources.add(name, "main", std::fs::read_to_string(path).unwrap(), false);
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{}: {:#?}", path.display(), analysis.diagnostics);
    analysis
}

fn told(old: &Analysis, new: &Analysis) -> [String; 3] {
    let found = diff(old, new);
    let places = |at: At| {
        let of = if at.version == Version::Old { old } else { new };
        let (file, position) = of.sources.position(at.span.start)?;
        Some((file.path.clone(), position.line))
    };
    [render::human::render, render::markdown::render, render::json::render].map(|it| it(&found, &places))
}

#[test]
fn diff_cases() {
    insta::glob!("../cases/diff", "*/new.dpl", |path| {
        let folder = path.parent().unwrap();
        let (old, new) = (analyzed(&folder.join("old.dpl")), analyzed(path));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file("");
        settings.set_snapshot_suffix("");
        settings.bind(|| insta::assert_snapshot!("told", told(&old, &new).join("\n----\n\n")));
    });
}

/// A program and one that means the same, both ways.
#[test]
fn diff_is_silent_about_what_only_looks_different() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diff/refactoring");
    let (old, new) = (analyzed(&folder.join("old.dpl")), analyzed(&folder.join("new.dpl")));
    assert!(diff(&old, &new).entries.is_empty());
    assert!(diff(&new, &old).entries.is_empty());
    for seed in 1..6 {
        let text = platforms::platform(seed);
        let mut lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("bucket")).unwrap();
        let own =
            lines.split_off(at).into_iter().filter(|it| it.starts_with("grant ")).rev().collect::<Vec<_>>();
        let rest: String =
            text.lines().filter(|it| !it.starts_with("grant ")).map(|it| format!("{it}\n")).collect();
        let moved = format!("{}\n{rest}", own.join("\n"));
        let found = diff(&platforms::analyzed(&text), &platforms::analyzed(&moved));
        let lost = text.lines().filter(|it| it.starts_with("grant ")).count() - own.len();
        assert!(lost > 0 || found.entries.is_empty(), "seed {seed}: {:#?}", found.entries);
    }
}

/// The same platform with a few of its lines gone, given twice, or with a condition less.
fn changed(text: &str, rng: &mut Rng) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let is_sentence = ["grant ", "deny ", "guardrail "].iter().any(|word| line.starts_with(word));
        let line = match (is_sentence, rng.below(8)) {
            (true, 0) => continue,
            (true, 1) => {
                line.split(" when ").next().unwrap().to_owned()
                    + if line.starts_with("guardrail") && line.contains(" when ") { " }" } else { "" }
            }
            (true, 2) => line.replace("raw/secret", "raw"),
            (true, 3) => line.replace("vpce-0abc1234", "vpce-0def5678"),
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

fn allows(analysis: &Analysis, request: &Request<'_>) -> bool {
    matches!(Prover::new(&analysis.platform, &analysis.access).decide(request), Decision::Allowed(..))
}

/// The same request, of the other version.
fn translated<'b>(from: &Analysis, to: &'b Analysis, request: &Request<'_>) -> Option<Request<'b>> {
    let role: &RoleAccess = to.access.roles.iter().find(|it| it.identity.arn == request.role.identity.arn)?;
    let owner = request.owner.map(|owner| {
        let known = from.platform.resource(owner);
        let same = |it: &&dpl::platform::Resource| it.physical == known.physical && it.kind == known.kind;
        let at = to.platform.resources.iter().position(|it| same(&it));
        at.map(|at| dpl::platform::ResourceId(u32::try_from(at).unwrap()))
    });
    let mut same = Request { role, owner: None, ..request_of(request, role) };
    if let Some(owner) = owner {
        same.owner = Some(owner?);
    }
    Some(same)
}

fn request_of<'b>(request: &Request<'_>, role: &'b RoleAccess) -> Request<'b> {
    Request {
        session: None,
        role,
        action: request.action.clone(),
        resource: request.resource.clone(),
        owner: request.owner,
        account: request.account,
        context: request.context.clone(),
    }
}

fn covers(found: &Diff, class: Class, request: &Request<'_>) -> bool {
    found.entries.iter().filter(|it| it.class == class).filter_map(|it| it.gain.as_ref()).any(|gain| {
        // A key has no id before it is made.
        let key = request.action.starts_with("kms:");
        gain.principal == request.role.identity.arn.as_str()
            && gain.actions.iter().any(|it| *it == request.action.as_str())
            && (key || matches(&gain.resource, &request.resource))
    })
}

/// Whatever one version allows and the other does not is told, and nothing is told of what did not change.
#[test]
fn diff_tells_every_request_that_is_decided_otherwise() {
    let mut flips: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..25 {
        let text = platforms::platform(seed);
        let (old, new) = (text.clone(), changed(&text, &mut Rng::new(seed)));
        let (old, new) = (platforms::analyzed(&old), platforms::analyzed(&new));
        let found = diff(&old, &new);
        requests::each(&new, seed, 2000, &mut |mut request| {
            // What AWS tells of users only, no session of a role has.
            let of_users = new.platform.library.conditions.iter().filter(|it| !it.sessions);
            of_users.for_each(|it| request.context.set(it.key.to_ascii_lowercase(), Vec::new()));
            let Some(before) = translated(&new, &old, &request) else { return };
            let (was, is) = (allows(&old, &before), allows(&new, &request));
            let (name, class) = match (was, is) {
                (false, true) => ("wider", Class::Widening),
                (true, false) => ("narrower", Class::Narrowing),
                _ => return,
            };
            *flips.entry(name).or_default() += 1;
            assert!(
                covers(&found, class, &request),
                "seed {seed}: {name}, and not told: {} {} on {} {:?}\n{:#?}",
                request.role.identity.arn,
                request.action,
                request.resource,
                request.context,
                found.entries
            );
        });
    }
    println!("{flips:?}");
    assert!(flips.values().all(|count| *count > 20) && flips.len() == 2, "{flips:?}");
}
