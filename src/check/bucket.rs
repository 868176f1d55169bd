//! Buckets: how long objects stay, and whether S3 can copy them to others.

use super::{duration, field};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, ValueKind, bucket::Replica},
    source::Span,
};

fn each(
    platform: &Platform,
    diagnostics: &mut Diagnostics,
    rule: impl Fn(ResourceId, &Replica) -> Option<Diagnostic>,
) {
    for (id, _) in platform.of_kind("bucket") {
        for replica in platform.replicas(id) {
            rule(id, &replica).into_iter().for_each(|diagnostic| diagnostics.push(diagnostic));
        }
    }
}

/// A day in milliseconds.
const DAY: u64 = 86_400_000;

/// S3 counts the age of objects in days: of 36 hours it would make one day, and delete what was to stay for half a day more.
pub fn lifecycles_count_days(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, _) in platform.of_kind("bucket") {
        let Some(ValueKind::List(rules)) = platform.field(id, "lifecycle").map(|value| &value.kind) else {
            continue;
        };
        for after in rules.iter().filter_map(|rule| field::of_value(platform, rule)?.field("after")) {
            if let ValueKind::Duration(length) = after.kind
                && (length == 0 || !length.is_multiple_of(DAY))
            {
                let whole = duration::literal(length.div_ceil(DAY).max(1) * DAY);
                diagnostics.push(
                    Diagnostic::error(
                        catalogue::OUT_OF_RANGE,
                        after.span,
                        "S3 counts the age of objects in whole days",
                        "not a number of days",
                    )
                    .help(format!("write `{whole}`"))
                    .fix(after.span, whole),
                );
            }
        }
    }
}

/// S3 copies versions: both buckets keep them.
pub fn replicated_buckets_keep_versions(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |from, replica| {
        let lacks = |id: ResourceId| {
            let kept = platform.field(id, "versioning").map(|value| &value.kind);
            !platform.resource(id).external && !matches!(kept, Some(ValueKind::Bool(true)))
        };
        let bucket = [from, replica.to].into_iter().find(|id| lacks(*id))?;
        Some(without_versions(platform, bucket, replica.span))
    });
}

fn without_versions(platform: &Platform, bucket: ResourceId, span: Span) -> Diagnostic {
    let bucket = platform.resource(bucket);
    Diagnostic::error(
        catalogue::REPLICA_WITHOUT_VERSIONS,
        span,
        format!("S3 copies between buckets that keep versions, and `{}` does not", bucket.name),
        "can't be copied so",
    )
    .related(bucket.span, "without versions")
    .help(format!("write `versioning = true` in `{}`", bucket.name))
}

/// What is encrypted with a key of one's own is encrypted so where it is copied to.
pub fn encrypted_replicas_have_a_key(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |from, replica| {
        let key = platform.field(from, "encryption")?;
        let other = platform.resource(replica.to);
        (platform.field(replica.to, "encryption").is_none()).then(|| {
            Diagnostic::error(
                catalogue::REPLICA_WITHOUT_A_KEY,
                replica.span,
                format!("`{}` has no key to encrypt the copies with", other.name),
                "S3 copies what a key encrypts only where another key is named",
            )
            .related(key.span, "encrypted here")
            .help(format!("write `encryption = …` in `{}`", other.name))
        })
    });
}

/// A bucket is copied to others.
pub fn replicas_lie_elsewhere(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |from, replica| {
        (from == replica.to).then(|| {
            Diagnostic::error(
                catalogue::REPLICA_OF_ITSELF,
                replica.span,
                "a bucket is not copied to itself",
                "the same bucket",
            )
            .help("name another bucket")
        })
    });
}
