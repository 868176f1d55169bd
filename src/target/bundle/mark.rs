//! `{"$from": "create.KeyMetadata.KeyId"}` names a part of an earlier result. Before a request is read it becomes a piece of text that no
//! interchanged text may hold (two of Unicode's noncharacters around a path) and that JSON takes, which templates carry along like any other; afterwards each such piece becomes what CloudFormation or Terraform says for it.

use serde_json::{Map, Value as Json};

const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';
/// Behind a path: what stands behind the one `/` there is meant.
const BEHIND: char = '\u{fdd2}';

/// A path, and whether only what stands behind the `/` is meant.
pub fn parted(path: &str) -> (&str, bool) {
    path.strip_suffix(BEHIND).map_or((path, false), |path| (path, true))
}

/// The text that stands for a reference.
pub fn of(path: &str) -> String {
    format!("{OPEN}{path}{CLOSE}")
}

/// What a call of another file is known by.
pub fn key(file: &str, id: &str) -> String {
    format!("{file}#{id}")
}

fn is_reference(members: &Map<String, Json>) -> bool {
    members.keys().all(|name| matches!(name.as_str(), "$from" | "$in" | "$behind"))
}

/// The files whose results a request refers to.
pub fn files<'a>(input: &'a Json, with: &mut dyn FnMut(&'a str)) {
    match input {
        Json::Object(members) => {
            if let (true, Some(Json::String(file))) = (is_reference(members), members.get("$in")) {
                with(file);
            }
            members.values().for_each(|value| files(value, with));
        }
        Json::Array(items) => items.iter().for_each(|item| files(item, with)),
        _ => {}
    }
}

/// The request with each reference as text.
pub fn set(input: &Json) -> Json {
    match input {
        Json::Object(members) => {
            if let (Some(Json::String(path)), true) = (members.get("$from"), is_reference(members)) {
                let file = members.get("$in").and_then(Json::as_str);
                let file = file.map(|file| key(file, "")).unwrap_or_default();
                let behind = members.contains_key("$behind").then_some(BEHIND);
                return Json::String(of(&format!("{file}{path}{}", behind.iter().collect::<String>())));
            }
            if let (1, Some(Json::Array(pieces))) = (members.len(), members.get("$text")) {
                let pieces = pieces.iter().map(set);
                return pieces.filter_map(|it| it.as_str().map(str::to_owned)).collect::<String>().into();
            }
            members.iter().map(|(name, value)| (name.clone(), set(value))).collect::<Map<_, _>>().into()
        }
        Json::Array(items) => items.iter().map(set).collect(),
        other => other.clone(),
    }
}

/// The references in a value, in the order in which they stand.
pub fn all(value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    texts(value, &mut |text| {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(OPEN) {
            let Some((path, behind)) = after.split_once(CLOSE) else { break };
            found.push(path.to_owned());
            rest = behind;
        }
    });
    found
}

/// The path that a text refers to, where it is nothing but that.
pub fn only(text: &str) -> Option<&str> {
    let path = text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
    (!path.contains(OPEN)).then_some(path)
}

/// Every text in a value.
pub fn texts<'a>(value: &'a Json, with: &mut dyn FnMut(&'a str)) {
    match value {
        Json::String(text) => with(text),
        Json::Array(items) => items.iter().for_each(|item| texts(item, with)),
        Json::Object(members) => members.values().for_each(|value| texts(value, with)),
        _ => {}
    }
}

/// The value with what stands for each reference in its place.
pub fn resolve(value: Json, stands: &dyn Fn(&str) -> Json, joined: &dyn Fn(Vec<Json>) -> Json) -> Json {
    match value {
        Json::String(text) if text.contains(OPEN) => piece(&text, stands, joined),
        Json::Array(items) => items.into_iter().map(|item| resolve(item, stands, joined)).collect(),
        Json::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, resolve(value, stands, joined)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn piece(text: &str, stands: &dyn Fn(&str) -> Json, joined: &dyn Fn(Vec<Json>) -> Json) -> Json {
    if let Some(path) = only(text) {
        return stands(path);
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((path, behind)) = after.split_once(CLOSE) else { break };
        pieces.push(Json::from(before));
        pieces.push(stands(path));
        rest = behind;
    }
    pieces.push(Json::from(rest));
    pieces.retain(|piece| piece.as_str() != Some(""));
    if pieces.iter().all(Json::is_string) {
        return pieces.iter().filter_map(Json::as_str).collect::<String>().into();
    }
    joined(pieces)
}
