//! Tags: what the organization demands has a value, and AWS takes each.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{AccountId, Platform, ResourceId, ValueKind, resource::Noun},
    source::Span,
};

/// The longest key and the longest value of a tag, in characters, and how many there may be of one thing:
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
const MOST: usize = 50;

/// Every account says what the tags are that everything must have. A single declaration can't: the compiler makes roles and log groups for it
/// that bear tags, too.
pub fn required_tags_have_values(platform: &Platform, diagnostics: &mut Diagnostics) {
    let made = platform.resources.iter().filter(|it| !it.external && !matches!(it.noun, Noun::Account(_)));
    let used: BTreeSet<AccountId> = made.filter_map(|it| it.account).collect();
    for (at, account) in (0..).map(AccountId).zip(&platform.accounts) {
        if account.external || !used.contains(&at) {
            continue;
        }
        let tags = platform.tags_in(at);
        let missing: Vec<&str> = platform
            .project
            .required_tags
            .iter()
            .filter(|name| !tags.contains_key(name.as_str()))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            diagnostics.push(without_value(
                platform.resource(account.resource).span,
                &account.name,
                &missing,
            ));
        }
    }
}

fn without_value(span: Span, account: &str, missing: &[&str]) -> Diagnostic {
    let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let tags = missing.iter().map(|name| format!("{} = \"…\"", key(name))).collect::<Vec<_>>().join(", ");
    let several = if missing.len() == 1 { "tag" } else { "tags" };
    Diagnostic::error(
        catalogue::REQUIRED_TAG,
        span,
        format!("what is made in `{account}` would lack the required {several} {names}"),
        "neither it nor what it stands in says the value",
    )
    .help(format!("add `tags = {{ {tags} }}` to it, or to the organization or unit that it stands in"))
}

/// A key as a program writes it.
fn key(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !name.starts_with(|letter: char| letter.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// AWS takes the tags that are written.
pub fn tags_are_taken(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, _) in (0..).map(ResourceId).zip(&platform.resources) {
        let Some(value) = platform.field(id, "tags") else { continue };
        let ValueKind::Map(entries) = &value.kind else { continue };
        if entries.len() > MOST {
            diagnostics.push(refused(
                value.span,
                format!("there are {} tags", entries.len()),
                &format!("AWS keeps {MOST} of one thing at most"),
            ));
        }
        for (key, text) in entries {
            let ValueKind::Text(value) = &text.kind else { continue };
            if let Some(why) = of_key(key) {
                diagnostics.push(refused(text.span, format!("AWS takes no tag `{key}`"), why));
            } else if let Some(why) = of_value(value) {
                diagnostics.push(refused(
                    text.span,
                    format!("AWS does not take this value of the tag `{key}`"),
                    why,
                ));
            }
        }
    }
}

fn of_key(key: &str) -> Option<&'static str> {
    match key {
        _ if key.is_empty() => Some("it has no name"),
        _ if key.to_ascii_lowercase().starts_with("aws:") => Some("what begins with `aws:` is AWS's own"),
        _ if key.chars().count() > LONGEST_KEY => Some("a key has 128 characters at most"),
        _ => written(key),
    }
}

fn of_value(value: &str) -> Option<&'static str> {
    if value.chars().count() > LONGEST_VALUE {
        Some("a value has 256 characters at most")
    } else {
        written(value)
    }
}

/// What IAM and most services take; some take more.
fn written(text: &str) -> Option<&'static str> {
    let fine = |letter: char| letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter);
    (!text.chars().all(fine)).then_some("letters, digits, spaces and `_ . : / = + - @` only")
}

fn refused(span: Span, message: String, why: &str) -> Diagnostic {
    Diagnostic::error(catalogue::TAG, span, message, why.to_owned()).help("name it otherwise")
}
