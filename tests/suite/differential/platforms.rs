//! Generated platforms: text of `.dpl` that compiles, with every rule of access in it.

use std::fmt::Write as _;

use dpl::{Analysis, platform::Project};

use crate::window::rng::Rng;

/// The names of the accounts that have things in them.
const ACCOUNTS: &[&str] = &["lake", "prod", "dev", "tools", "partner"];
const PREFIXES: &[&str] = &["raw", "raw/secret", "clean/2026", "other"];
const CAPABILITIES: &[&str] = &["read", "write", "list", "delete"];

/// What callers of any kind can be asked. `requests.rs` gives requests some of these.
const CONDITIONS: &[&str] = &[
    "source_vpce = \"vpce-0abc1234\"",
    "source_vpce != [\"vpce-0abc1234\", \"vpce-0def5678\"]",
    "source_ip = [\"203.0.113.0/24\", \"198.51.100.7\"]",
    "source_ip != \"10.0.0.0/8\"",
    "vpc_source_ip = \"10.1.0.0/16\"",
    "tag(\"team\") = [\"data\", \"web\"]",
    "tag(\"team\") != \"web\"",
    "source_identity = \"ada\"",
    "organization = acme",
    "region != \"us-east-1\"",
    "not via_service",
    "called_via = \"athena.amazonaws.com\"",
    "called_via != [\"athena.amazonaws.com\", \"glue.amazonaws.com\"]",
    "mfa",
    "not mfa",
    "mfa_age < 1h",
    "time >= 2026-06-30",
    "tls",
];

/// Keys of AWS's that only these conditions ask for.
pub const ASKED: &[&str] = &[
    "aws:CalledVia",
    "aws:CurrentTime",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalTag/team",
    "aws:RequestTag/Stage",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceVpce",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "s3:ExistingObjectTag/state",
    "s3:RequestObjectTag/state",
];

/// The same program, in which no sentence of one kind has conditions.
pub fn without_conditions(text: &str, sentence: &str) -> String {
    let plain = |line: &str| {
        let cut = [" when ", " until "].iter().filter_map(|word| line.find(word)).min();
        let end = cut.filter(|_| line.trim_start().starts_with(sentence)).unwrap_or(line.len());
        format!("{}\n", &line[..end])
    };
    text.lines().map(plain).collect()
}

/// `when`, `until`, both or neither behind a sentence.
fn when(rng: &mut Rng, percent: usize) -> String {
    if !chance(rng, percent) {
        return String::new();
    }
    let until = if chance(rng, 25) { " until 2030-01-01" } else { "" };
    let asked = conditions(rng);
    if !until.is_empty() && chance(rng, 50) { until.into() } else { format!(" when {asked}{until}") }
}

/// One or two that do not speak of the same.
fn conditions(rng: &mut Rng) -> String {
    let (one, other) = (rng.pick(CONDITIONS), rng.pick(CONDITIONS));
    let name = |text: &'static str| {
        text.trim_start_matches("not ").split([' ', '(', '=']).next().unwrap_or_default()
    };
    if name(one) == name(other) || chance(rng, 50) { one.into() } else { format!("{one} and {other}") }
}

pub fn analyzed(text: &str) -> Analysis {
    let mut sources = dpl::sources();
    sources.add("main.dpl", "main", text.to_owned(), false);
    let analysis = dpl::analyze(sources, Project::default());
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|it| it.severity == dpl::diagnostic::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    analysis
}

/// A platform, the same for a seed.
pub fn platform(seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut text = String::from(
        r#"organization acme {
  id     = "o-abcdefghij"
  region = "us-east-1"
  account management { id = "111111111111" }
  account tools { id = "555555555555" }
  unit data {
    account lake { id = "222222222222" }
    unit inner { account prod { id = "333333333333" } }
  }
  unit sandbox { account dev { id = "444444444444", region = "eu-north-1" } }
}
organization other {
  id     = "o-zyxwvutsrq"
  region = "us-east-1"
  account partner { id = "666666666666" }
}
"#,
    );
    let buckets = buckets(&mut rng, &mut text);
    let roles = roles(&mut rng, &mut text, buckets.len());
    sentences(&mut rng, &mut text, &buckets, roles);
    guardrails(&mut rng, &mut text);
    text
}

fn chance(rng: &mut Rng, percent: usize) -> bool {
    rng.below(100) < percent
}

/// Buckets, and beside them keys, topics and queues: the account of each.
fn buckets(rng: &mut Rng, text: &mut String) -> Vec<&'static str> {
    let count = 2 + rng.below(4);
    let mut accounts = Vec::new();
    for at in 0..count {
        let account = if chance(rng, 10) { "management" } else { rng.pick(ACCOUNTS) };
        accounts.push(account);
        if chance(rng, 50) {
            writeln!(text, "key k{at} in {account} {{ }}").unwrap();
            writeln!(text, "bucket b{at} in {account} {{ name = \"seed-b{at}\", encryption = k{at} }}")
                .unwrap();
        } else {
            writeln!(text, "bucket b{at} in {account} {{ name = \"seed-b{at}\" }}").unwrap();
        }
        if chance(rng, 30) {
            writeln!(text, "topic t{at} in {account} {{ }}\nqueue q{at} in {account} {{ }}").unwrap();
            writeln!(text, "grant publish on t{at} to r0\ngrant send on q{at} to r1").unwrap();
        }
    }
    accounts
}

fn place(rng: &mut Rng, buckets: usize) -> String {
    let bucket = rng.below(buckets);
    place_in(rng, bucket)
}

fn place_in(rng: &mut Rng, bucket: usize) -> String {
    if chance(rng, 60) { format!("b{bucket} / \"{}\"", rng.pick(PREFIXES)) } else { format!("b{bucket}") }
}

fn capabilities(rng: &mut Rng) -> String {
    let first = rng.below(4);
    let second = rng.below(4);
    if first == second {
        CAPABILITIES[first].into()
    } else {
        format!("{}, {}", CAPABILITIES[first], CAPABILITIES[second])
    }
}

fn roles(rng: &mut Rng, text: &mut String, buckets: usize) -> usize {
    let count = 4 + rng.below(5);
    for at in 0..count {
        let account = if chance(rng, 8) { "management" } else { rng.pick(ACCOUNTS) };
        let mut fields = match rng.below(4) {
            0 if at > 0 => format!("trust = [r{}]", rng.below(at)),
            1 if at > 1 => format!("trust = [r{}, {}]", rng.below(at), rng.pick(ACCOUNTS)),
            _ => format!("trust = [{account}]"),
        };
        if chance(rng, 15) {
            fields.push_str(", tags = { Team = \"a\", Case = \"b\" }");
        }
        // Partner is nobody's stranger here: it has an organization in the program.
        if chance(rng, 15) {
            fields.push_str(", external_id = \"an-id\"");
        }
        if chance(rng, 20) {
            let asked = if chance(rng, 30) {
                "request_tag(\"Stage\") = [\"x\", \"y\"]".into()
            } else {
                conditions(rng)
            };
            write!(fields, ", when = {asked}").unwrap();
        }
        if chance(rng, 40) {
            let line = |rng: &mut Rng| {
                format!("  grant {} on {}{}\n", capabilities(rng), place(rng, buckets), when(rng, 20))
            };
            let mut body = line(rng);
            for _ in 0..rng.below(3) {
                body.push_str(&line(rng));
            }
            // One that leaves most.
            if chance(rng, 50) {
                (0..buckets).for_each(|at| writeln!(body, "  grant read, write, list on b{at}").unwrap());
            }
            if chance(rng, 40) {
                writeln!(body, "  deny delete on {}", place(rng, buckets)).unwrap();
            }
            if chance(rng, 30) && at > 0 {
                writeln!(body, "  grant assume on r{}", rng.below(at)).unwrap();
            }
            writeln!(text, "boundary l{at} in {account} {{\n{body}}}").unwrap();
            write!(fields, ", boundary = l{at}").unwrap();
        }
        writeln!(text, "role r{at} in {account} {{ {fields} }}").unwrap();
    }
    count
}

fn sentences(rng: &mut Rng, text: &mut String, accounts: &[&str], roles: usize) {
    let buckets = accounts.len();
    // A bucket's own account can be given nothing.
    let stranger = |rng: &mut Rng, bucket: usize| {
        let others: Vec<&str> = ACCOUNTS.iter().copied().filter(|it| *it != accounts[bucket]).collect();
        rng.pick(&others)
    };

    for _ in 0..roles * 2 {
        let (caps, on, to) = (capabilities(rng), place(rng, buckets), rng.below(roles));
        writeln!(text, "grant {caps} on {on} to r{to}{}", when(rng, 35)).unwrap();
    }
    for (can, asked) in [("read", "object_tag"), ("write", "new_object_tag")] {
        let (on, to) = (place(rng, buckets), rng.below(roles));
        writeln!(text, "grant {can} on {on} to r{to} when {asked}(\"state\") = \"open\"").unwrap();
    }
    for _ in 0..rng.below(4) {
        let bucket = rng.below(buckets);
        let (caps, on, to) = (capabilities(rng), place_in(rng, bucket), stranger(rng, bucket));
        writeln!(text, "grant {caps} on {on} to {to}{}", when(rng, 35)).unwrap();
    }
    for _ in 0..1 + rng.below(4) {
        let bucket = rng.below(buckets);
        let to =
            if chance(rng, 30) { stranger(rng, bucket).to_owned() } else { format!("r{}", rng.below(roles)) };
        let (caps, on) = (capabilities(rng), place_in(rng, bucket));
        writeln!(text, "deny {caps} on {on} to {to}{}", when(rng, 50)).unwrap();
    }
}

fn guardrails(rng: &mut Rng, text: &mut String) {
    let nodes = ["acme", "data", "inner", "sandbox", "lake", "prod", "dev", "tools"];
    let rules = [
        "deny s3.DeleteObject",
        "deny * outside [\"us-east-1\"] except [iam.*, sts.*, support.*]",
        "deny s3.* on objects outside account lake",
        "deny s3.* outside organization acme",
        "deny sts.AssumeRole outside [account prod, organization acme]",
        "deny kms.Decrypt, sqs.SendMessage",
        "deny s3.* to * outside organization acme",
        "deny s3.GetObject, kms.* to * outside [organization acme, account \"666666666666\"]",
        "deny sts.* to * outside [account lake, account prod]",
        "deny s3.PutObject to *",
        "deny sqs.*, s3.ListBucket to * outside organization other",
        "deny s3.PutObject, kms.GenerateDataKey when not tls",
        "deny s3.GetObject, s3.ListBucket when source_ip != \"203.0.113.0/24\" and not via_service",
        "deny s3.DeleteObject when tag(\"team\") != \"data\" until 2030-01-01",
        "deny s3.PutObject when new_object_tag(\"state\") != \"open\"",
        "deny kms.Decrypt, s3.GetObject to * outside organization acme when source_vpce != \"vpce-0abc1234\"",
    ];
    for at in 0..2 + rng.below(4) {
        writeln!(text, "guardrail g{at} on {} {{ {} }}", rng.pick(&nodes), rng.pick(&rules)).unwrap();
    }
}
