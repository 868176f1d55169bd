//! The roles that the compiler makes: what a pipeline, a query, a sync, a function, a registration or a trigger runs as. Their names follow from
//! the declaration alone, so that every target refers to the same role without asking another one.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::platform::{AccountId, Platform, ResourceId};

/// The longest name that IAM takes for a role.
const LONGEST_NAME: usize = 64;

/// What a derived role is for. A declaration may need several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// The state machine of a pipeline runs as it.
    Pipeline,
    /// The Flink application of a query runs as it.
    Query,
    /// DataSync reads and writes a sync's buckets as it.
    Sync,
    /// Lake Formation hands out a domain's objects as it.
    Registration,
    /// EventBridge starts a pipeline as it.
    Trigger,
    /// EventBridge passes a bucket's events on to the account of the pipeline as it.
    Forward,
    /// A function's own code runs as it.
    Function,
    /// A pipeline calls what is in this other account as it.
    Delegate(AccountId),
    /// S3 copies a bucket's objects to other buckets as it.
    Replication,
    /// A crawler looks through buckets and writes tables as it.
    Crawler,
    /// Glue reads a domain's tables as it, to see whether the rules of their contracts hold.
    Quality,
    /// EventBridge has the rules of a domain's contracts run as it.
    QualityTrigger,
}

impl Duty {
    /// What is put behind the declaration's name in AWS. A trigger's two roles stand in different accounts.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Pipeline => "-pipeline",
            Self::Query => "-query",
            Self::Sync => "-sync",
            Self::Registration => "-lakeformation",
            Self::Trigger | Self::Forward => "-trigger",
            Self::Function => "-function",
            Self::Delegate(_) => "-calls-from",
            Self::Replication => "-replication",
            Self::Crawler => "-crawler",
            Self::Quality => "-quality",
            Self::QualityTrigger => "-quality-trigger",
        }
    }

    /// As what a declaration of a kind acts; `None` where it has no role of its own.
    pub fn of_kind(kind: &str) -> Option<Self> {
        match kind {
            "pipeline" => Some(Self::Pipeline),
            "query" => Some(Self::Query),
            "sync" => Some(Self::Sync),
            "function" => Some(Self::Function),
            "bucket" => Some(Self::Replication),
            "crawler" => Some(Self::Crawler),
            "domain" => Some(Self::Quality),
            _ => None,
        }
    }

    /// What the role is for, in words.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Pipeline => "what the state machine's steps do",
            Self::Query => "what the streaming query reads and writes",
            Self::Sync => "what DataSync does in the buckets",
            Self::Registration => "what Lake Formation does at the registered location",
            Self::Trigger => "starting the state machine",
            Self::Forward => "passing the bucket's events on",
            Self::Function => "what the function's code reads and writes",
            Self::Delegate(_) => "what the state machine of another account calls here",
            Self::Replication => "what S3 copies from the bucket to others",
            Self::Crawler => "what the crawler reads in buckets and writes into the catalog",
            Self::Quality => "what the rules of contracts read",
            Self::QualityTrigger => "having the rules of contracts run",
        }
    }
}

/// A role that the compiler makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedRole {
    /// Its name in AWS, at most 64 characters.
    pub name: SmolStr,
    /// Its ARN.
    pub arn: SmolStr,
    /// The account that it lives in.
    pub account: AccountId,
}

/// The role that a declaration runs as, in the declaration's own account. `None` where the declaration has no account, which is an error
/// reported elsewhere.
pub fn derived_role(platform: &Platform, resource: ResourceId, duty: Duty) -> Option<DerivedRole> {
    derived_role_in(platform, resource, duty, platform.resource(resource).account?)
}

/// The role of a declaration in an account that may be another than its own ([`Duty::Forward`] stands where the bucket is).
pub fn derived_role_in(
    platform: &Platform,
    resource: ResourceId,
    duty: Duty,
    account: AccountId,
) -> Option<DerivedRole> {
    // Pipelines of several accounts may call into one, and be of one name.
    let suffix = match (duty, platform.account_of(resource)) {
        (Duty::Delegate(_), Some(home)) => format!("{}-{}", duty.suffix(), home.id),
        _ => duty.suffix().to_owned(),
    };
    let name = role_name(&platform.resource(resource).physical, &suffix);
    let id = &platform.account(account).id;
    let arn = SmolStr::from(format!("arn:{}:iam::{id}:role/{name}", platform.project.partition()));
    Some(DerivedRole { name, arn, account })
}

/// The physical name and the suffix; a name that is too long is cut, and a hash of the whole keeps it unique.
fn role_name(physical: &str, suffix: &str) -> SmolStr {
    if physical.len() + suffix.len() <= LONGEST_NAME {
        return SmolStr::from(format!("{physical}{suffix}"));
    }
    let hash = short_hash(physical);
    let room = LONGEST_NAME - suffix.len() - hash.len() - 1;
    let kept: String = physical.chars().filter(char::is_ascii).take(room).collect();
    SmolStr::from(format!("{kept}-{hash}{suffix}"))
}

/// Eight hexadecimal digits that depend on the text alone.
pub fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}
