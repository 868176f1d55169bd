//! What was expected beside what was seen.

use serde_json::Value as Json;

use crate::platform::test::ANY;

/// As many differences are told.
const TOLD: usize = 3;

/// Whether a value is as expected. A member that is missing is `null`; numbers are compared by value; text may have parts that can be anything.
pub(super) fn agrees(expected: &Json, seen: &Json) -> bool {
    first_differences(expected, seen, 1).is_empty()
}

/// Where a value is not as expected, in words: `lines[2].item is 5, and not "pen"`.
pub(super) fn differences(expected: &Json, seen: &Json) -> String {
    let found = first_differences(expected, seen, TOLD + 1);
    let more = if found.len() > TOLD { "; and more" } else { "" };
    let told: Vec<String> = found.into_iter().take(TOLD).collect();
    format!("{}{more}", told.join("; "))
}

fn first_differences(expected: &Json, seen: &Json, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    walk(expected, seen, "", most, &mut found);
    found
}

fn walk(expected: &Json, seen: &Json, place: &str, most: usize, found: &mut Vec<String>) {
    if found.len() >= most {
        return;
    }
    match (expected, seen) {
        (Json::String(pattern), _) if pattern == ANY => {}
        (Json::String(pattern), Json::String(text)) if pattern.contains(ANY) => {
            if !fits(pattern, text) {
                found.push(difference(place, expected, seen));
            }
        }
        (Json::Object(wanted), Json::Object(members)) => {
            for (name, value) in wanted {
                walk(value, members.get(name).unwrap_or(&Json::Null), &member(place, name), most, found);
            }
            for (name, value) in members.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                walk(&Json::Null, value, &member(place, name), most, found);
            }
        }
        (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
            for (at, (value, item)) in wanted.iter().zip(items).enumerate() {
                walk(value, item, &format!("{place}[{at}]"), most, found);
            }
        }
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if expected == seen => {}
        _ => found.push(difference(place, expected, seen)),
    }
}

fn member(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn difference(place: &str, expected: &Json, seen: &Json) -> String {
    let place = if place.is_empty() { "it" } else { place };
    format!("{place} is {}, and not {}", shown(seen), shown(expected))
}

/// A value for people: what may be anything is `_`, what is long is cut.
pub(super) fn shown(value: &Json) -> String {
    const LONGEST: usize = 300;
    let text = value.to_string().replace(&format!("\"{ANY}\""), "_").replace(ANY, "{_}");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Whether a text has the parts of a pattern in their order, the first at its start and the last at its end.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(ANY);
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}
