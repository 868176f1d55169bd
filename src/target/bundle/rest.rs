//! Calls that no resource stands for, as `deploy.json` lists them.

use serde::Serialize;

use super::map::Left;

/// Some calls of a file.
#[derive(Serialize)]
pub struct Rest<'a> {
    file: &'a str,
    ids: &'a [String],
}

/// Those that must be made first.
pub fn before<'a>(left: &'a [Left<'a>]) -> Vec<Rest<'a>> {
    rest(left, |left| &left.before)
}

/// Those that are made behind all resources.
pub fn after<'a>(left: &'a [Left<'a>]) -> Vec<Rest<'a>> {
    rest(left, |left| &left.calls)
}

fn rest<'a>(left: &'a [Left<'a>], ids: impl Fn(&'a Left<'a>) -> &'a Vec<String>) -> Vec<Rest<'a>> {
    let all = left.iter().map(|left| Rest { file: &left.file.path, ids: ids(left) });
    all.filter(|rest| !rest.ids.is_empty()).collect()
}
