//! The patterns by which DataSync takes files and leaves them out.
//! <https://docs.aws.amazon.com/datasync/latest/userguide/filtering.html>

use smol_str::SmolStr;

/// Whether something at a key below the place that is copied from can pass: `below` is empty for the whole of it.
pub fn passes(below: &str, include: &[SmolStr], exclude: &[SmolStr]) -> bool {
    let taken = include.is_empty() || include.iter().any(|pattern| touches(pattern, below));
    taken && !exclude.iter().any(|pattern| holds(pattern, below))
}

/// Whether a pattern can match something at a key or below it.
fn touches(pattern: &str, below: &str) -> bool {
    stem(pattern).is_none_or(|stem| begins(pattern, stem, below) || is_prefix(below, stem))
}

/// Whether a pattern matches everything at a key and below it.
fn holds(pattern: &str, below: &str) -> bool {
    stem(pattern).is_some_and(|stem| stem.is_empty() || (!below.is_empty() && begins(pattern, stem, below)))
}

/// Whether a key begins as a pattern says: `/tmp*` is each name that begins so, `/tmp/*` and `/tmp` the folder.
fn begins(pattern: &str, stem: &str, below: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(open) if !open.ends_with('/') => below.starts_with(stem),
        _ => is_prefix(stem, below),
    }
}

/// What a pattern says of the key's beginning: `/in/*` is `in`; `None` for one that begins anywhere, `*.tmp`.
fn stem(pattern: &str) -> Option<&str> {
    let stem = pattern.trim_start_matches('/').trim_end_matches('*').trim_end_matches('/');
    (!stem.contains('*')).then_some(stem)
}

/// Whether a folder is another or lies above it.
fn is_prefix(above: &str, below: &str) -> bool {
    below.strip_prefix(above).is_some_and(|rest| above.is_empty() || rest.is_empty() || rest.starts_with('/'))
}
