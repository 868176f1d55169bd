//! Resources that are gone or made anew, and whether data goes with them.

use smol_str::SmolStr;

use super::{At, Class, Entry, Topic, Version, contract::readers, pair::Pairs};
use crate::{
    Analysis,
    platform::{Platform, ResourceId, Value, ValueKind},
    source::Span,
};

/// Every resource that AWS must delete or make anew.
pub fn changes(old: &Analysis, new: &Analysis, pairs: &Pairs) -> Vec<Entry> {
    let (before, after) = (&old.platform, &new.platform);
    let mut entries = Vec::new();
    for &id in pairs.gone.iter().filter(|id| is_made(before, **id)) {
        let resource = before.resource(id);
        let successor = pairs.made.iter().find(|made| {
            let other = after.resource(**made);
            other.name == resource.name && after.kind_of(**made).name == before.kind_of(id).name
        });
        entries.push(match successor {
            Some(made) => {
                let (was, is) = (home(before, id), home(after, *made));
                let what = format!("is another resource: {was} before, {is} now");
                entry(old, id, what, At { version: Version::New, span: after.resource(*made).span })
            }
            None => entry(old, id, "is gone".into(), At { version: Version::Old, span: resource.span }),
        });
    }
    for &(was, is) in pairs.both.iter().filter(|(was, _)| is_made(before, *was)) {
        let at = At { version: Version::New, span: after.resource(is).span };
        if !is_made(after, is) {
            let what = "is not made by the program any more".to_owned();
            entries.push(Entry { class: Class::Note, ..entry(old, was, what, at) });
            continue;
        }
        let regions = (region(before, was), region(after, is));
        if regions.0 != regions.1 {
            let what =
                format!("moves from {} to {}", regions.0.unwrap_or_default(), regions.1.unwrap_or_default());
            entries.push(entry(old, was, what, at));
        }
        for (field, place) in changed(old, new, (was, is), &before.kind_of(was).fixed) {
            let at = At { span: place.unwrap_or(at.span), ..at };
            entries.push(entry(old, was, format!("changes `{field}`, which AWS can't change"), at));
        }
        for (field, place) in changed(old, new, (was, is), &before.kind_of(was).told) {
            let at = At { span: place.unwrap_or(at.span), ..at };
            let note = entry(old, was, format!("changes `{field}`"), at);
            entries.push(Entry { class: Class::Note, details: Vec::new(), readers: Vec::new(), ..note });
        }
    }
    entries
}

/// The fields of those that have another value, each with where that is written; nowhere, where it is a default.
fn changed<'f>(
    old: &Analysis,
    new: &Analysis,
    (was, is): (ResourceId, ResourceId),
    fields: &'f [SmolStr],
) -> Vec<(&'f SmolStr, Option<Span>)> {
    let (before, after) = (&old.platform, &new.platform);
    let written = |value: &Value| {
        let own = new.sources.file_of(value.span).is_some_and(|(_, file)| !file.library);
        own.then_some(value.span)
    };
    let other = fields.iter().filter_map(|field| {
        let (a, b) = (before.field(was, field), after.field(is, field));
        let differs = shown(before, was, field, a) != shown(after, is, field, b);
        differs.then(|| (field, b.and_then(written)))
    });
    other.collect()
}

/// Whether a declaration is something that AWS holds because of this program.
fn is_made(platform: &Platform, id: ResourceId) -> bool {
    let resource = platform.resource(id);
    let ours = resource.account.is_none_or(|account| !platform.account(account).external);
    let kind = platform.kind_of(id);
    let home =
        resource.account.or_else(|| resource.parent.and_then(|parent| platform.resource(parent).account));
    ours && !resource.external
        && home.is_some()
        && !matches!(kind.name.as_str(), "account" | "unit" | "organization" | "contract")
}

fn home(platform: &Platform, id: ResourceId) -> String {
    let account = platform.account_of(id).map_or("no account", |it| it.name.as_str());
    format!("`{}` in {account}", super::pair::name(platform, id))
}

/// The region that a resource is in; none of one that AWS has once for all regions.
fn region(platform: &Platform, id: ResourceId) -> Option<String> {
    let kind = platform.kind_of(id);
    let regional = kind.keeps || kind.arn.as_ref().is_some_and(|arn| arn.contains("{region}"));
    let home = platform.resource(id).parent.unwrap_or(id);
    platform.account_of(home).filter(|_| regional).map(|account| account.region.to_string())
}

/// A fixed field's value, without the places where it is written and the ids of the version.
fn shown(platform: &Platform, id: ResourceId, field: &str, value: Option<&Value>) -> String {
    if let crate::platform::resource::Noun::Table(at) = platform.resource(id).noun
        && field == "location"
        && let Some(table) = platform.tables.get(at as usize)
    {
        return format!("{}/{}", super::pair::name(platform, table.location.bucket), table.location.key);
    }
    value.map(|value| plain(platform, value)).unwrap_or_default()
}

fn plain(platform: &Platform, value: &Value) -> String {
    let all = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(|it| plain(platform, it)).collect::<Vec<_>>().join(", ")
    };
    match &value.kind {
        // Declarations in a list are a set: agents have no first one.
        ValueKind::List(items) if items.iter().all(|it| matches!(it.kind, ValueKind::Ref(_))) => {
            let mut named: Vec<String> = items.iter().map(|it| plain(platform, it)).collect();
            named.sort();
            format!("[{}]", named.join(", "))
        }
        ValueKind::List(items) => format!("[{}]", all(&mut items.iter())),
        ValueKind::Ref(id) => home(platform, *id),
        ValueKind::Location(place) => format!("{}/{}", super::pair::name(platform, place.bucket), place.key),
        ValueKind::Construct(construct) => {
            let name = &platform.library.constructor(construct.constructor).name;
            format!("{name}({})", all(&mut construct.fields.iter().flatten()))
        }
        ValueKind::Map(entries) => {
            entries.iter().map(|(key, it)| format!("{key}: {}", plain(platform, it))).collect()
        }
        kind => format!("{kind:?}"),
    }
}

fn entry(old: &Analysis, id: ResourceId, what: String, at: At) -> Entry {
    let platform = &old.platform;
    let kind = platform.kind_of(id);
    let keeps = kind.keeps.then(|| "it holds data, which is lost unless it is copied first".to_owned());
    let resource = platform.resource(id);
    let name = match resource.parent {
        Some(parent) => format!("{}.{}", platform.resource(parent).name, resource.name),
        None => resource.name.to_string(),
    };
    Entry {
        class: Class::Replacement,
        topic: Topic::Resource,
        subject: format!("{} `{name}`", kind.name),
        what,
        details: keeps.into_iter().collect(),
        readers: readers(old, id, None),
        gain: None,
        at,
    }
}
