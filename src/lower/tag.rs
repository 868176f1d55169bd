//! The tags of what calls make, put where `stdlib/tags.dpl` says that a request has them.

use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::{Call, Given, request};
use crate::platform::{AccountId, Platform, ResourceId, tags::Tags};

/// Puts the tags of a declaration into its calls; those of the account alone where they are made for none.
pub fn tag(platform: &Platform, of: Option<ResourceId>, calls: &mut [Call]) {
    let mut known: Option<(AccountId, Map<String, Json>)> = None;
    for call in calls {
        let request = (SmolStr::new(&call.service), SmolStr::new(&call.operation));
        let Some(places) = platform.library.tagged.get(&request) else { continue };
        if known.as_ref().is_none_or(|(at, _)| platform.account(*at).id != call.account) {
            let Some(account) = platform.account_numbered(&call.account) else { continue };
            let tags = match of {
                Some(id) => platform.tags_of(id, account),
                None => platform.tags_in(account),
            };
            known = Some((account, given(&tags)));
        }
        let (Some((account, given)), Json::Object(members)) = (&known, &mut call.input) else { continue };
        if given.is_empty() {
            continue;
        }
        let home = platform.account(*account).resource;
        for (member, template) in &places.input {
            if let Some(value) =
                request::of_request(platform, home, Given { part: None, whole: given }, template)
            {
                members.insert(member.to_string(), value);
            }
        }
    }
}

/// What templates see of tags; nothing where there are none.
fn given(tags: &Tags) -> Map<String, Json> {
    if tags.is_empty() {
        return Map::new();
    }
    Map::from_iter([("tags".to_owned(), of_tags(tags))])
}

/// Tags as a record.
pub fn of_tags(tags: &Tags) -> Json {
    tags.iter()
        .map(|(key, value)| (key.to_string(), Json::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}
