//! A tree as a compact text, for snapshots: Rust's own form without the spans.

use dpl::source::SourceMap;
use dpl::syntax::ast::Module;

/// The tree of a module. Spans become the text that they cover, if that is a name's, and are left out otherwise.
pub(crate) fn dump(sources: &SourceMap, module: &Module) -> String {
    let mut out = String::new();
    for line in &module.uses {
        out.push_str(&compact(&format!("{line:?}")));
        out.push('\n');
    }
    for item in &module.items {
        out.push_str(&compact(&format!("{item:?}")));
        out.push('\n');
    }
    assert!(sources.file(module.file).is_some());
    out
}

/// Leaves out spans, empty parts and the wrapping of names.
fn compact(text: &str) -> String {
    let mut text = without(text, ", span: Span {", '}');
    text = without(&text, "span: Span {", '}');
    for (old, new) in [(" Ident { name: ", " "), ("Ident { name: ", "")] {
        text = text.replace(old, new);
    }
    for empty in [
        "doc: None, ",
        "at_most: None, ",
        "params: None, ",
        "result: None, ",
        "ty: None, ",
        "target: None, ",
        "on: [], ",
        "account: None, ",
        "into: None, ",
        "sql: None, ",
        "value: None, ",
        ", body: None",
        "key: None, ",
        "labels: [], ",
        "default: None, ",
        ", lowers_to: None",
        "args: [], ",
        ", nullable: false",
        ", refinements: []",
    ] {
        text = text.replace(empty, "");
    }
    text
}

fn without(text: &str, start: &str, end: char) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        out.push_str(&rest[..at]);
        let behind = &rest[at + start.len()..];
        rest = behind.find(end).map_or("", |close| &behind[close + 1..]);
    }
    out + rest
}
