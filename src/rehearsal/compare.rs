//! What was expected beside what was seen.

use serde_json::Value as Json;

use crate::platform::test::ANY;

/// As many differences are told of one line of a test.
const TOLD: usize = 8;

/// A part of a value that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `lines[2].item`; empty where it is the whole value.
    pub at: String,
    /// What was expected there; what may be anything is `_`.
    pub expected: Json,
    /// What was there.
    pub got: Json,
}

/// Whether a value is as expected. A member that is missing is `null`; numbers are compared by value; text may have parts that can be anything.
pub(super) fn agrees(expected: &Json, seen: &Json) -> bool {
    first_differences(expected, seen, 1).is_empty()
}

/// Where a value is not as expected, the first places of many.
pub(super) fn differences(expected: &Json, seen: &Json) -> Vec<Difference> {
    first_differences(expected, seen, TOLD)
}

fn first_differences(expected: &Json, seen: &Json, most: usize) -> Vec<Difference> {
    let mut walk = Walk { most, place: String::new(), found: Vec::new() };
    walk.value(expected, seen);
    walk.found
}

struct Walk {
    most: usize,
    place: String,
    found: Vec<Difference>,
}

impl Walk {
    fn value(&mut self, expected: &Json, seen: &Json) {
        if self.found.len() >= self.most {
            return;
        }
        match (expected, seen) {
            (Json::String(pattern), _) if pattern == ANY => {}
            (Json::String(pattern), Json::String(text)) if pattern.contains(ANY) => {
                if !fits(pattern, text) {
                    self.differ(expected, seen);
                }
            }
            (Json::Object(wanted), Json::Object(members)) => {
                for (name, value) in wanted {
                    self.member(name, value, members.get(name).unwrap_or(&Json::Null));
                }
                for (name, value) in members.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                    self.member(name, &Json::Null, value);
                }
            }
            (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
                for (at, (value, item)) in wanted.iter().zip(items).enumerate() {
                    self.below(&format!("[{at}]"), value, item);
                }
            }
            (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
            _ if expected == seen => {}
            _ => self.differ(expected, seen),
        }
    }

    fn member(&mut self, name: &str, expected: &Json, seen: &Json) {
        let point = if self.place.is_empty() { "" } else { "." };
        self.below(&format!("{point}{name}"), expected, seen);
    }

    fn below(&mut self, step: &str, expected: &Json, seen: &Json) {
        let length = self.place.len();
        self.place.push_str(step);
        self.value(expected, seen);
        self.place.truncate(length);
    }

    fn differ(&mut self, expected: &Json, seen: &Json) {
        self.found.push(Difference {
            at: self.place.clone(),
            expected: readable(expected),
            got: seen.clone(),
        });
    }
}

/// An expected value as it is written: what may be anything is `_`.
pub(super) fn readable(value: &Json) -> Json {
    match value {
        Json::String(text) if text == ANY => Json::from("_"),
        Json::String(text) if text.contains(ANY) => Json::from(text.replace(ANY, "{_}")),
        Json::Array(items) => items.iter().map(readable).collect(),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), readable(value))).collect())
        }
        _ => value.clone(),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_null_and_numbers_are_compared_by_value() {
        assert!(agrees(&json!({ "a": null, "b": 1 }), &json!({ "b": 1.0 })));
        assert!(agrees(&json!({ "b": 1 }), &json!({ "a": null, "b": 1 })));
        assert!(!agrees(&json!({ "b": 1 }), &json!({ "a": 0, "b": 1 })));
        assert!(!agrees(&json!([1]), &json!([1, 2])));
    }

    #[test]
    fn text_may_have_parts_that_can_be_anything() {
        let text = |pattern: &str| json!(pattern.replace('_', ANY));
        assert!(agrees(&text("_"), &json!({ "any": ["value"] })));
        assert!(agrees(&text("a_b_c"), &json!("a, b, b, c")));
        assert!(!agrees(&text("a_b_c"), &json!("a, c")));
        assert!(!agrees(&text("a_a"), &json!("a")));
        assert!(!agrees(&text("a_"), &json!(1)));
    }

    #[test]
    fn differences_say_where() {
        let found =
            differences(&json!({ "a": [{ "b": 1 }, 2], "c": ANY }), &json!({ "a": [{ "b": 2 }, 2], "d": 3 }));
        let told: Vec<_> = found.iter().map(|one| (one.at.as_str(), &one.expected, &one.got)).collect();
        assert_eq!(told, [("a[0].b", &json!(1), &json!(2)), ("d", &json!(null), &json!(3))]);
    }
}
