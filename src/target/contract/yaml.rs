//! JSON values as YAML of the plain kind: blocks, and every text in double quotes, whose escapes are JSON's.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// A document.
pub fn document(value: &Json) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Json, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                let _ = write!(out, "{indent}{name}:");
                nested(value, depth, out);
            }
        }
        Json::Array(items) => {
            for item in items {
                let start = out.len();
                block(item, depth + 1, out);
                // The item's first line begins with the dash in the place of its indent.
                out.replace_range(start..start + indent.len() + 2, &format!("{indent}- "));
            }
        }
        scalar => {
            let _ = writeln!(out, "{indent}{scalar}");
        }
    }
}

fn nested(value: &Json, depth: usize, out: &mut String) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        flat => {
            let _ = writeln!(out, " {flat}");
        }
    }
}
