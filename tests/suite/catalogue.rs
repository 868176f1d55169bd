//! Every code has a page that says something.

use dpl::diagnostic::catalogue::{PAGES, page, title};

#[test]
fn every_page_has_a_title_and_a_text() {
    for (code, page) in PAGES {
        let rest = page.strip_prefix("# ").unwrap_or_else(|| panic!("{code}: no title"));
        let (title, body) = rest.split_once("\n\n").unwrap_or_else(|| panic!("{code}: no text"));
        assert!(
            !title.trim().is_empty() && !title.ends_with('.') && title.lines().count() == 1,
            "{code}: {title}"
        );
        assert!(body.contains("\n```\n"), "{code}: no example");
    }
}

#[test]
fn codes_are_in_order_and_each_is_there_once() {
    assert!(PAGES.is_sorted_by(|(first, _), (second, _)| first < second));
}

#[test]
fn every_page_file_is_in_the_catalogue() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/diagnostic/pages");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").unwrap();
        assert!(page(code).is_some(), "{name} is in no catalogue");
    }
}

#[test]
fn a_title_is_its_pages_first_line() {
    let (code, _) = PAGES.first().unwrap();
    assert_eq!(title(*code), "The text can't be read");
}
