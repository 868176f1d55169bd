//! Questions about all roles against the plain way to answer them: ask for each role in turn.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use dpl::{
    Analysis,
    access::RoleKey,
    library::CapabilityId,
    platform::{Capability, CapabilityUse, Platform, Project, ResourceId, Target, resource::Noun},
    prove::Prover,
    source::Span,
};

const NOWHERE: Span = Span { start: 0, end: 0 };

fn analyzed(texts: &[(String, String)]) -> Analysis {
    let mut sources = dpl::sources();
    for (module, text) in texts {
        sources.add(format!("{module}.dpl"), module.clone(), text.clone(), false);
    }
    let analysis = dpl::analyze(sources, Project::default());
    // What proofs find is no matter here, but without policies there is nothing to ask about.
    assert!(!analysis.access.roles.is_empty(), "{texts:?}: {:?}", analysis.diagnostics);
    analysis
}

fn read(files: &[&str]) -> Analysis {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for file in files {
        let module = Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
        texts.push((module, fs::read_to_string(root.join(file)).unwrap()));
    }
    analyzed(&texts)
}

/// Every declaration, and every place in a bucket that a grant or a table names.
fn places(platform: &Platform) -> BTreeSet<Target> {
    let mut places: BTreeSet<Target> = platform.grants.iter().map(|grant| grant.on.clone()).collect();
    places.extend(platform.tables.iter().map(|table| Target {
        resource: table.location.bucket,
        prefix: Some(table.location.key.clone()),
        span: NOWHERE,
    }));
    let all = (0..).map(ResourceId).zip(&platform.resources);
    places.extend(all.map(|(resource, _)| Target { resource, prefix: None, span: NOWHERE }));
    places
}

fn uses(platform: &Platform, on: &Target) -> Vec<CapabilityUse> {
    let of_kind = (0..)
        .map(CapabilityId)
        .zip(&platform.library.capabilities)
        .filter(|(_, it)| it.kind == platform.resource(on.resource).kind);
    let mut all = Vec::new();
    for (id, declared) in of_kind {
        all.push(Capability::Named(id));
        all.extend(declared.actions.iter().map(|&action| Capability::Action(action)));
    }
    let mut uses: Vec<CapabilityUse> = all
        .iter()
        .map(|&capability| CapabilityUse {
            capability,
            columns: Vec::new(),
            labels: Vec::new(),
            rows: None,
            span: NOWHERE,
        })
        .collect();
    if let Noun::Table(at) = platform.resource(on.resource).noun {
        let schema = platform.schema(platform.tables[at as usize].schema);
        let one = schema.columns.iter().map(|column| vec![column.name.clone()]);
        uses.extend(one.flat_map(|columns| {
            all.iter().map(move |&capability| CapabilityUse {
                capability,
                columns: columns.clone(),
                labels: Vec::new(),
                rows: None,
                span: NOWHERE,
            })
        }));
    }
    uses
}

/// How often the answer was that somebody can, and that somebody can't.
fn compare(analysis: &Analysis) -> (usize, usize) {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let prover = Prover::new(platform, access);
    let (mut can, mut cannot) = (0, 0);
    for on in places(platform) {
        for wanted in uses(platform, &on) {
            let able: BTreeSet<usize> = prover.able(&wanted, &on).into_keys().collect();
            for (at, role) in access.roles.iter().enumerate() {
                let expected = prover.ability(role, &wanted, &on).partly;
                let what = (&role.identity.name, &wanted, &platform.resource(on.resource).name, &on.prefix);
                assert_eq!(able.contains(&at), expected, "{what:?}");
                *(if expected { &mut can } else { &mut cannot }) += 1;
            }
        }
    }
    (can, cannot)
}

/// How many pairs of roles there are of which the first can become the second.
fn compare_chains(analysis: &Analysis) -> usize {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let library = &platform.library;
    let assume = library.capability_named(library.kind_named("role").unwrap(), "assume").unwrap();
    let wanted = CapabilityUse {
        capability: Capability::Named(assume),
        columns: Vec::new(),
        labels: Vec::new(),
        rows: None,
        span: NOWHERE,
    };
    let prover = Prover::new(platform, access);
    let chains = prover.chains();
    let mut count = 0;
    for (from, role) in access.roles.iter().enumerate() {
        for (to, assumed) in access.roles.iter().enumerate() {
            let RoleKey::Declared(resource) = assumed.identity.key else { continue };
            let on = Target { resource, prefix: None, span: NOWHERE };
            let expected = from != to && prover.ability(role, &wanted, &on).fully;
            let names = (&role.identity.name, &assumed.identity.name);
            assert_eq!(chains[from].contains(&to), expected, "{names:?}");
            count += usize::from(expected);
        }
    }
    count
}

#[test]
fn acme_is_answered_as_role_by_role() {
    let analysis = read(
        &["accounts", "lake", "mesh", "etl", "streaming", "hybrid", "proofs"]
            .map(|module| format!("examples/acme/{module}.dpl"))
            .each_ref()
            .map(String::as_str),
    );
    let (can, cannot) = compare(&analysis);
    assert!(can >= 50 && cannot >= 500, "{can} {cannot}");
    compare_chains(&analysis);
}

#[test]
fn cases_are_answered_as_role_by_role() {
    for case in [
        "errors/access_assertions",
        "errors/access_without_effect",
        "targets/access_across_accounts",
        "targets/mesh_grants",
    ] {
        let (can, cannot) = compare(&read(&[&format!("tests/cases/{case}.dpl")]));
        assert!(can > 0 && cannot > 0, "{case}: {can} {cannot}");
    }
    let roles = read(&["tests/cases/targets/access_roles_assumed.dpl"]);
    compare(&roles);
    assert!(compare_chains(&roles) >= 2);
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Accounts, keys, buckets, roles that assume each other, tables, grants and denials on places inside each other, and guardrails.
fn program(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = String::from(
        "organization acme {\n  region = \"eu-central-1\"\n  account management { id = \"900000000000\" }\n",
    );
    for at in 0..3 {
        writeln!(text, "  account a{at} {{ id = \"10000000000{at}\" }}").unwrap();
    }
    text.push_str("}\nkey locked in a0 { }\n");
    for at in 0..4 {
        let key = if at == 0 { "encryption = locked" } else { "" };
        writeln!(text, "bucket b{at} in a{} {{ {key} }}", at % 3).unwrap();
    }
    writeln!(text, "role Owner in a1 {{ trust = [a1] }}").unwrap();
    writeln!(text, "domain d in a1 {{\n  owner = Owner\n  location = b1 / \"d\"").unwrap();
    writeln!(text, "  table t0 {{\n    x : string\n    y : string\n  }}\n  table t1 {{\n    x : string\n    y : string\n  }}\n}}").unwrap();
    let mut homes = Vec::new();
    let mut trusts = Vec::new();
    for at in 0..8_u64 {
        let (home, trusted) = (dice.roll(3), dice.roll(3));
        let trust = match dice.roll(4) {
            0 if at > 0 => format!("R{}", dice.roll(at)),
            1 => "service lambda".to_owned(),
            _ => format!("a{trusted}"),
        };
        writeln!(text, "role R{at} in a{home} {{ trust = [{trust}] }}").unwrap();
        homes.push(format!("a{home}"));
        trusts.push(trust);
    }
    for _ in 0..14 {
        let place =
            ["", " / \"d\"", " / \"d/t0\"", " / \"in\"", " / \"in/deep\"", " / \"i\""][dice.roll(6) as usize];
        let what = ["read", "write", "list", "delete"][dice.roll(4) as usize];
        let verb = if dice.roll(5) == 0 { "deny" } else { "grant" };
        let bucket = dice.roll(4);
        writeln!(text, "{verb} {what} on b{bucket}{place} to R{}", dice.roll(8)).unwrap();
    }
    for _ in 0..3 {
        let what = ["select", "select(x)", "insert", "describe"][dice.roll(4) as usize];
        writeln!(text, "grant {what} on d.t{} to R{}", dice.roll(2), dice.roll(8)).unwrap();
    }
    for (role, trust) in trusts.iter().enumerate() {
        let to = dice.roll(8) as usize;
        // An account is trusted with its administrators' choice of roles, and this is that choice.
        if to != role && homes[to] == *trust {
            writeln!(text, "grant assume on R{role} to R{to}").unwrap();
        }
    }
    writeln!(text, "guardrail g on a{} {{\n  deny s3.DeleteObject\n}}", dice.roll(3)).unwrap();
    text
}

#[test]
fn generated_programs_are_answered_as_role_by_role() {
    let (mut can, mut cannot, mut become_another) = (0, 0, 0);
    for seed in 0..6 {
        let analysis = analyzed(&[("program".to_owned(), program(seed))]);
        let (more, fewer) = compare(&analysis);
        can += more;
        cannot += fewer;
        become_another += compare_chains(&analysis);
    }
    assert!(can >= 100 && cannot >= 1_000 && become_another >= 5, "{can} {cannot} {become_another}");
}
