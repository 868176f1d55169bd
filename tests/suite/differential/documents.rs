//! Generated policies, with every operator of conditions in them and every kind of policy around them.

use std::collections::BTreeSet;

use dpl::{
    access::{
        Document, Statement,
        document::{Actions, Conditions, Principals},
    },
    platform::grant::Effect,
    prove::{Boundary, Context, Level, Policies, Question},
};
use smol_str::SmolStr;

use super::Cases;
use crate::window::rng::Rng;

const ROLE: &str = "arn:aws:iam::111111111111:role/caller";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/caller/me";

/// Operators with a key that they fit, and values for policies and requests.
const OPERATORS: &[(&str, &str, &[&str])] = &[
    ("StringEquals", "aws:PrincipalTag/team", &["red", "Red", "blue"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["red", "Red", "blue"]),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", &["red", "RED", "blue"]),
    ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/team", &["red", "RED", "blue"]),
    ("StringLike", "aws:PrincipalTag/team", &["r*", "?ed", "blue", "red"]),
    ("StringNotLike", "aws:PrincipalTag/team", &["r*", "?ed", "blue", "red"]),
    ("NumericEquals", "aws:MultiFactorAuthAge", &["10", "20", "30.0"]),
    ("NumericNotEquals", "aws:MultiFactorAuthAge", &["10", "20", "30"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", &["10", "20", "30"]),
    ("NumericLessThanEquals", "aws:MultiFactorAuthAge", &["10", "20", "30"]),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", &["10", "20", "30"]),
    ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", &["10", "20", "30"]),
    (
        "DateEquals",
        "aws:CurrentTime",
        &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2027-02-28T23:59:59Z"],
    ),
    ("DateNotEquals", "aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"]),
    (
        "DateLessThan",
        "aws:CurrentTime",
        &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2028-02-29T00:00:00Z"],
    ),
    ("DateLessThanEquals", "aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"]),
    (
        "DateGreaterThan",
        "aws:CurrentTime",
        &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2024-12-31T00:00:00Z"],
    ),
    ("DateGreaterThanEquals", "aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["true", "false"]),
    ("BinaryEquals", "aws:PrincipalTag/blob", &["QmluYXJ5", "QUJD"]),
    (
        "IpAddress",
        "aws:SourceIp",
        &["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32", "203.0.113.7", "10.1.2.3", "2001:db8::1"],
    ),
    (
        "NotIpAddress",
        "aws:SourceIp",
        &["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32", "203.0.113.7", "10.1.2.3"],
    ),
    (
        "ArnEquals",
        "aws:SourceArn",
        &["arn:aws:sns:us-east-1:111111111111:news", "arn:aws:sns:*:111111111111:n*"],
    ),
    (
        "ArnLike",
        "aws:SourceArn",
        &[
            "arn:aws:sns:us-east-1:111111111111:news",
            "arn:aws:s?s:*:*:news",
            "arn:aws:sqs:us-east-1:111111111111:jobs",
        ],
    ),
    (
        "ArnNotEquals",
        "aws:SourceArn",
        &["arn:aws:sns:us-east-1:111111111111:news", "arn:aws:sns:*:111111111111:n*"],
    ),
    ("ArnNotLike", "aws:SourceArn", &["arn:aws:sns:us-east-1:111111111111:news", "arn:aws:s?s:*:*:news"]),
    ("Null", "aws:PrincipalTag/team", &["true", "false"]),
    ("Null", "aws:TagKeys", &["true", "false"]),
    ("StringEqualsIfExists", "aws:PrincipalTag/team", &["red", "blue"]),
    ("StringNotEqualsIfExists", "aws:PrincipalTag/team", &["red", "blue"]),
    ("StringLikeIfExists", "aws:PrincipalTag/team", &["r*", "blue"]),
    ("NumericLessThanIfExists", "aws:MultiFactorAuthAge", &["10", "20"]),
    ("DateGreaterThanIfExists", "aws:CurrentTime", &["2026-01-01T00:00:00Z"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["true", "false"]),
    ("IpAddressIfExists", "aws:SourceIp", &["10.0.0.0/8"]),
    ("ArnLikeIfExists", "aws:SourceArn", &["arn:aws:sns:*:*:news"]),
    ("ForAnyValue:StringEquals", "aws:TagKeys", &["a", "b", "c"]),
    ("ForAnyValue:StringNotEquals", "aws:TagKeys", &["a", "b", "c"]),
    ("ForAnyValue:StringLike", "aws:TagKeys", &["a*", "?", "c"]),
    ("ForAnyValue:StringEqualsIgnoreCase", "aws:TagKeys", &["A", "b"]),
    ("ForAllValues:StringEquals", "aws:TagKeys", &["a", "b", "c"]),
    ("ForAllValues:StringNotEquals", "aws:TagKeys", &["a", "b"]),
    ("ForAllValues:StringLike", "aws:TagKeys", &["a*", "b"]),
    ("ForAllValues:StringNotLike", "aws:TagKeys", &["a*", "b"]),
    ("ForAllValues:StringEqualsIfExists", "aws:TagKeys", &["a", "b"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", &["o-a/r-b/*", "o-a/r-b/ou-c/"]),
    ("StringEquals", "aws:TagKeys", &["a", "b"]),
];

/// Asks so many questions, each over policies of its own.
pub fn ask(seed: u64, count: usize, cases: &mut Cases) {
    let mut rng = Rng::new(seed);
    for at in 0..count {
        let mut made = Made::new(&mut rng);
        made.ask(&mut rng, format!("{seed}:{at}"), cases);
    }
}

/// The policies of one question.
struct Made {
    identity: Document,
    boundary: Option<Document>,
    session: Option<Document>,
    scp: Vec<Document>,
    rcp: Vec<Document>,
    resource: Option<Document>,
    full: bool,
    action: &'static str,
    on: &'static str,
}

impl Made {
    fn new(rng: &mut Rng) -> Self {
        let (action, on) = rng.pick(&[
            ("s3:GetObject", "arn:aws:s3:::data/raw/x"),
            ("s3:GetObject", "arn:aws:s3:::data/raw/x"),
            ("kms:Decrypt", "arn:aws:kms:us-east-1:ACCOUNT:key/1234"),
            ("sts:AssumeRole", "arn:aws:iam::ACCOUNT:role/target"),
        ]);
        let asks_resource = action != "s3:GetObject";
        let one = |rng: &mut Rng, percent: usize, denies: usize, kind: Kind| {
            (rng.below(100) < percent).then(|| document(rng, action, kind, denies))
        };
        Self {
            identity: document(rng, action, Kind::Identity, 8),
            boundary: one(rng, 30, 8, Kind::Identity),
            session: one(rng, 25, 8, Kind::Identity),
            scp: (0..rng.below(3)).map(|_| document(rng, action, Kind::Identity, 15)).collect(),
            rcp: (0..rng.below(3)).map(|_| document(rng, action, Kind::Control, 100)).collect(),
            resource: one(
                rng,
                if asks_resource { 100 } else { 60 },
                10,
                if action.starts_with("sts") { Kind::Trust } else { Kind::Resource },
            ),
            full: rng.below(4) > 0,
            action,
            on,
        }
    }

    fn ask(&mut self, rng: &mut Rng, name: String, cases: &mut Cases) {
        let resource_account = if rng.below(2) == 0 { "111111111111" } else { "222222222222" };
        let on = self.on.replace("ACCOUNT", resource_account);
        let context = context(rng);
        let linked = rng.below(20) == 0;
        let caller =
            if linked { "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/Own" } else { ROLE };
        let question = Question {
            caller,
            session: (!linked && rng.below(3) == 0).then_some(SESSION),
            caller_account: "111111111111",
            action: self.action,
            resource: &on,
            resource_account,
            context: &context,
        };
        // What does not bind such a role is not given to the simulator, which leaves that to whoever asks it.
        let (scp, rcp): (&[Document], &[Document]) = if linked { (&[], &[]) } else { (&self.scp, &self.rcp) };
        let level = |full_access: bool| move |document| Level { full_access, documents: vec![document] };
        let scp: Vec<Level<'_>> = scp.iter().map(level(self.full)).collect();
        let rcp: Vec<Level<'_>> = rcp.iter().map(level(true)).collect();
        let identity = [&self.identity];
        let policies = Policies {
            identity: &identity,
            boundary: self.boundary.as_ref().map_or(Boundary::None, Boundary::Known),
            session: self.session.as_ref(),
            service_control: &scp,
            resource_control: &rcp,
            resource: self.resource.as_ref(),
            elsewhere: false,
        };
        cases.add(name, &policies, &question);
    }
}

/// What a document is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Identity,
    Control,
    Resource,
    Trust,
}

fn document(rng: &mut Rng, action: &str, kind: Kind, denies: usize) -> Document {
    let count = 1 + rng.below(2);
    let statement = |at: usize, rng: &mut Rng| Statement {
        sid: SmolStr::from(format!("S{at}")),
        effect: if rng.below(100) < denies { Effect::Deny } else { Effect::Grant },
        principal: match kind {
            Kind::Identity => None,
            Kind::Control => Some(Principals::everybody()),
            Kind::Resource | Kind::Trust => Some(principals(rng)),
        },
        actions: actions(rng, action, kind),
        resources: if kind == Kind::Trust { BTreeSet::new() } else { resources(rng, action) },
        conditions: conditions(rng),
        origins: Vec::new(),
    };
    Document::new((0..count).map(|at| statement(at, rng)).collect())
}

fn principals(rng: &mut Rng) -> Principals {
    let names = [
        ROLE,
        ROLE,
        SESSION,
        "arn:aws:iam::111111111111:root",
        "111111111111",
        "arn:aws:iam::111111111111:role/somebody",
        "arn:aws:iam::333333333333:root",
    ];
    match rng.below(8) {
        0 => Principals::everybody(),
        _ => Principals::aws(rng.pick(&names).into()),
    }
}

fn actions(rng: &mut Rng, action: &str, kind: Kind) -> Actions {
    let service = action.split(':').next().unwrap();
    let one = |text: String| BTreeSet::from([SmolStr::from(text)]);
    match rng.below(8) {
        0 if kind == Kind::Identity => Actions::AllBut(one("iam:*".into())),
        1 if kind == Kind::Identity => Actions::AllBut(one(format!("{service}:*"))),
        2 if kind != Kind::Trust => Actions::Only(one(format!("{service}:*"))),
        3 if kind != Kind::Trust => Actions::Only(one(format!("{service}:X*"))),
        4 => Actions::Only(one(action.to_ascii_lowercase())),
        _ => Actions::Only(one(action.into())),
    }
}

fn resources(rng: &mut Rng, action: &str) -> BTreeSet<SmolStr> {
    let s3 = [
        "arn:aws:s3:::data/*",
        "arn:aws:s3:::data/raw/*",
        "arn:aws:s3:::data/raw/?",
        "arn:aws:s3:::data/${*}",
        "*",
        "arn:aws:s3:::other/*",
    ];
    let one = if action.starts_with("s3") { rng.pick(&s3) } else { "*" };
    BTreeSet::from([one.into()])
}

pub fn conditions(rng: &mut Rng) -> Conditions {
    let mut conditions = Conditions::default();
    for _ in 0..[0, 0, 1, 1, 2][rng.below(5)] {
        let (operator, key, values) = rng.pick(OPERATORS);
        // One value of `Null` and `Bool`: two would hold always.
        let most = if matches!(operator, "Null" | "Bool" | "BoolIfExists") { 1 } else { 2 };
        for _ in 0..=rng.below(most) {
            conditions.insert(operator, key, rng.pick(values));
        }
    }
    conditions
}

/// Requests have plain values, and every key only sometimes.
pub fn context(rng: &mut Rng) -> Context {
    let mut context = Context::default();
    let mut set = |key: &str, values: &[&str]| {
        if rng.below(10) < 7 {
            context.set(key, vec![rng.pick(values).into()]);
        }
    };
    set("aws:principaltag/team", &["red", "RED", "blue", "green"]);
    set("aws:principaltag/blob", &["QmluYXJ5", "WFla"]);
    set("aws:multifactorauthage", &["5", "10", "20", "30", "40.5"]);
    set(
        "aws:currenttime",
        &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2025-05-05T05:05:05Z", "2027-02-28T23:59:59Z"],
    );
    set("aws:multifactorauthpresent", &["true", "false"]);
    set("aws:sourceip", &["203.0.113.7", "10.1.2.3", "192.0.2.1", "2001:db8::1", "2001:db9::1"]);
    set(
        "aws:sourcearn",
        &["arn:aws:sns:us-east-1:111111111111:news", "arn:aws:sqs:us-east-1:111111111111:jobs"],
    );
    for (key, all) in [
        ("aws:tagkeys", ["a", "b", "d"]),
        ("aws:principalorgpaths", ["o-a/r-b/ou-c/", "o-a/r-b/ou-d/", "o-x/r-y/"]),
    ] {
        let values: Vec<SmolStr> = all.into_iter().filter(|_| rng.below(2) == 0).map(SmolStr::from).collect();
        context.set(key, values);
    }
    context
}
