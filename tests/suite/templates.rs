//! The standard library's templates name only what there is, since evaluation leaves out what it can't read.

use dpl::{library, lower::verify};

#[test]
fn every_template_can_be_evaluated() {
    let standard = library::standard();
    let faults: Vec<String> = verify::faults(&standard.library)
        .into_iter()
        .map(|fault| {
            let place = standard.sources.position(fault.span.start);
            let place = place
                .map_or_else(String::new, |(file, at)| format!("{}:{}:{}", file.path, at.line, at.column));
            format!("{place}: {}", fault.message)
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
