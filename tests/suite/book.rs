//! The book as its readers get it: built, and looked at in a browser, page by page.

use std::{path::Path, process::Command};

use tempfile::tempdir;

use super::oracle;

/// Sphinx takes a warning for an error: a link that leads nowhere, a page in no list.
#[test]
fn the_book_is_built_and_a_browser_shows_it() {
    let folder = tempdir().unwrap();
    let site = folder.path().join("site");
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/build");
    if oracle::run("provision", &["book"], &["book"]).is_none() {
        return;
    }
    let done = Command::new("python3").arg(build).arg(&site).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}", said.chars().take(4000).collect::<String>());
    for code in dpl::diagnostic::catalogue::PAGES.iter().map(|(code, _)| code.as_str()) {
        assert!(site.join(format!("errors/{code}.html")).is_file(), "the book has no page of {code}");
    }
    oracle::tool("browse.mjs", "chromium", &["browser"], &[site]);
}
