//! JSON values as YAML of the plain kind: blocks, and every text in double quotes, whose escapes are JSON's.

use serde_json::Value as Json;

/// A document.
pub fn document(value: &Json) -> String {
    let mut out = Vec::with_capacity(4096);
    block(value, 0, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn block(value: &Json, depth: usize, out: &mut Vec<u8>) {
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                indent(depth, out);
                out.extend_from_slice(name.as_bytes());
                out.push(b':');
                nested(value, depth, out);
            }
        }
        Json::Array(items) => {
            for item in items {
                // The item's first line begins with the dash in the place of its indent.
                let dash = out.len() + 2 * depth;
                block(item, depth + 1, out);
                if let Some(place) = out.get_mut(dash..dash + 2) {
                    place.copy_from_slice(b"- ");
                }
            }
        }
        scalar => {
            indent(depth, out);
            line(scalar, out);
        }
    }
}

fn nested(value: &Json, depth: usize, out: &mut Vec<u8>) {
    let flat = match value {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => true,
    };
    if flat {
        out.push(b' ');
        line(value, out);
    } else {
        out.push(b'\n');
        block(value, depth + 1, out);
    }
}

fn indent(depth: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + 2 * depth, b' ');
}

fn line(value: &Json, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "a value of JSON holds nothing that JSON can't");
    out.push(b'\n');
}
