//! What proofs cost: a generated platform of N roles, five grants to each, and N / 10 assertions about them, for N = 250, 1,000, 4,000.
//!
//! `cargo bench --bench prove` prints per N the milliseconds that it takes to read the program (parse, resolve, check, derive its policies and
//! prove it, as `dpl check` does), to prove all that is proved of it, and to prove its assertions alone; and how many times as long each took as
//! for the N before, beside how many times as large the platform is. Arguments: the Ns (`-- 1000`); `--write N FILE` writes the program and measures
//! nothing.
//!
//! The target: for 1,000 roles, 5,000 grants and 100 assertions everything is proved in under a second, and in proportion from there.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that can't be made stops")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Instant,
};

use dpl::{
    diagnostic::Diagnostics,
    platform::Project,
    prove::{self, Prover},
};

/// Roles of one account.
const PER_ACCOUNT: u64 = 50;
/// Roles for which there is one bucket.
const PER_BUCKET: u64 = 4;
/// Grants of one role.
const GRANTS: u64 = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [flag, count, file] = arguments.as_slice()
        && flag == "--write"
    {
        return std::fs::write(file, program(count.parse().unwrap())).unwrap();
    }
    let sizes: Vec<u64> = arguments.iter().filter_map(|it| it.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![250, 1000, 4000] } else { sizes };
    println!(
        "{:>6} {:>7} {:>11} {:>9} {:>9} {:>11} {:>7}",
        "roles", "grants", "assertions", "all ms", "prove ms", "assert ms", "times"
    );
    let mut before: Option<(u64, f64)> = None;
    for roles in sizes {
        let cost = measure(roles);
        let times = before.map_or_else(String::new, |(smaller, all)| {
            format!("{:.1} for {:.1}", cost.prove / all, roles as f64 / smaller as f64)
        });
        let Cost { grants, assertions, all, prove, assert } = cost;
        println!("{roles:>6} {grants:>7} {assertions:>11} {all:>9.1} {prove:>9.1} {assert:>11.1}   {times}");
        before = Some((roles, prove));
    }
}

struct Cost {
    grants: usize,
    assertions: usize,
    all: f64,
    prove: f64,
    assert: f64,
}

fn measure(roles: u64) -> Cost {
    let mut sources = dpl::sources();
    sources.add("generated.dpl", "generated", program(roles), false);
    let start = Instant::now();
    let analysis = dpl::analyze(sources, Project::default());
    let all = milliseconds(start);
    assert!(
        !analysis.has_errors(),
        "{:#?}",
        analysis.diagnostics.iter().find(|it| it.severity == dpl::diagnostic::Severity::Error)
    );
    let (platform, access) = (&analysis.platform, &analysis.access);
    let start = Instant::now();
    prove::prove(platform, access, &mut Diagnostics::default());
    let prove = milliseconds(start);
    let start = Instant::now();
    prove::assertions(&Prover::new(platform, access), &mut Diagnostics::default());
    let assert = milliseconds(start);
    Cost { grants: platform.grants.len(), assertions: platform.assertions.len(), all, prove, assert }
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Accounts with guardrails, buckets with and without keys, roles that read and write places in those of their own and of the next account, a
/// vault for each twentieth role that only a role which it trusts can come to, tables, and assertions of every form, all of which hold.
fn program(roles: u64) -> String {
    let mut dice = Dice(roles);
    let accounts = roles.div_ceil(PER_ACCOUNT);
    let mut text = organization(accounts);
    let buckets = roles.div_ceil(PER_BUCKET);
    for at in 0..buckets {
        let key = if at % 4 == 0 { format!("encryption = k{}", at % accounts) } else { String::new() };
        writeln!(text, "bucket b{at} in a{} {{ {key} }}", at % accounts).unwrap();
    }
    let mut granted: BTreeMap<(u64, u64, &str), BTreeSet<u64>> = BTreeMap::new();
    for role in 0..roles {
        let home = role % accounts;
        let vault = role % 20 == 19;
        let trust = if vault { format!("R{}", role - 1) } else { format!("a{home}") };
        writeln!(text, "role R{role} in a{home} {{ trust = [{trust}] }}").unwrap();
        if vault {
            writeln!(text, "bucket vault{role} in a{home} {{ }}\ngrant read on vault{role} to R{role}")
                .unwrap();
        }
        let mut own = BTreeSet::new();
        while own.len() < GRANTS as usize - usize::from(vault) {
            let near = dice.roll(2) * accounts * dice.roll(4);
            let bucket = (role / PER_BUCKET + near + dice.roll(2)) % buckets;
            let what = ["read", "write", "list", "delete"][dice.roll(4) as usize];
            own.insert((bucket, dice.roll(6), what));
        }
        for (bucket, place, what) in own {
            writeln!(text, "grant {what} on b{bucket} / \"p{place}\" to R{role}").unwrap();
            granted.entry((bucket, place, what)).or_default().insert(role);
        }
    }
    text.push_str(&assertions(roles, &granted, &mut dice));
    text
}

fn organization(accounts: u64) -> String {
    let mut text = String::from(
        "organization generated {\n  region = \"eu-central-1\"\n  account management { id = \"900000000000\" }\n",
    );
    for at in 0..accounts {
        writeln!(text, "  account a{at} {{ id = \"1{at:011}\" }}").unwrap();
    }
    text.push_str("}\n");
    for at in 0..accounts {
        writeln!(text, "guardrail g{at} on a{at} {{\n  deny s3.DeleteBucket\n}}\nkey k{at} in a{at} {{ }}")
            .unwrap();
    }
    text
}

/// One assertion for ten roles: that one can, that one can't, that nobody else can, that nobody of an account can.
fn assertions(roles: u64, granted: &BTreeMap<(u64, u64, &str), BTreeSet<u64>>, dice: &mut Dice) -> String {
    let all: Vec<_> = granted.iter().collect();
    // Who becomes somebody else can do what that one can.
    let able = |who: &BTreeSet<u64>| -> BTreeSet<u64> {
        who.iter().flat_map(|&role| [Some(role), (role % 20 == 19).then(|| role - 1)]).flatten().collect()
    };
    let mut text = String::new();
    for at in 0..roles / 10 {
        let ((bucket, place, what), who) = all[dice.roll(all.len() as u64) as usize];
        let on = format!("{what} on b{bucket} / \"p{place}\"");
        let who = able(who);
        match at % 4 {
            0 => writeln!(text, "assert R{} can {on}", who.first().unwrap()).unwrap(),
            1 => {
                let other = (0..roles).find(|role| !who.contains(role) && role % 20 != 18).unwrap();
                writeln!(text, "assert R{other} cannot {on}").unwrap();
            }
            2 => {
                let list: Vec<String> = who.iter().map(|role| format!("R{role}")).collect();
                writeln!(text, "assert only [{}] can {on}", list.join(", ")).unwrap();
            }
            _ => {
                let vault = dice.roll(roles / 20) * 20 + 19;
                writeln!(text, "assert only [R{vault}, R{}] can read on vault{vault}", vault - 1).unwrap();
            }
        }
    }
    text
}
