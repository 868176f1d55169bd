//! The cases under `tests/cases`: a program in, and beside it as a snapshot what the compiler says of it or makes of it.

use std::{fmt::Write as _, path::Path};

use dpl::{
    Analysis,
    diagnostic::render::terminal::{Style, render},
    platform::Project,
};

/// Analyzes one file as a program of its own.
pub fn analyze(path: &Path) -> (String, Analysis) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut sources = dpl::sources();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    sources.add(name.clone(), name.trim_end_matches(".dpl"), text.clone(), false);
    (text, dpl::analyze(sources, Project::default()))
}

pub fn rendered(analysis: &Analysis) -> String {
    let text = render(&analysis.diagnostics, &analysis.sources, Style { color: false, width: 110 });
    if text.is_empty() { "no errors, no warnings\n".to_owned() } else { text }
}

/// Takes the snapshot beside the case.
pub fn snapshot(path: &Path, content: &str) {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_input_file("");
    settings.set_snapshot_suffix("");
    settings.bind(|| insta::assert_snapshot!(name, content));
}

#[test]
fn errors() {
    insta::glob!("../cases/errors", "**/*.dpl", |path| {
        let (source, analysis) = analyze(path);
        assert!(!analysis.diagnostics.is_empty(), "{}: nothing is found", path.display());
        snapshot(path, &format!("{source}\n---- says ----\n\n{}", rendered(&analysis)));
    });
}

/// Programs at the edge of a rule, on its good side.
#[test]
fn silent() {
    insta::glob!("../cases/silent", "**/*.dpl", |path| {
        let (_, analysis) = analyze(path);
        assert!(analysis.diagnostics.is_empty(), "{}: {}", path.display(), rendered(&analysis));
    });
}

#[test]
fn targets() {
    insta::glob!("../cases/targets", "**/*.dpl", |path| {
        let (source, analysis) = analyze(path);
        assert!(!analysis.has_errors(), "{}: {}", path.display(), rendered(&analysis));
        let mut content = format!("{source}\n---- says ----\n\n{}", rendered(&analysis));
        let mut artifacts = dpl::compile(&analysis, &[]);
        artifacts.files.sort_by(|a, b| a.path.cmp(&b.path));
        for file in artifacts.files {
            write!(content, "\n---- {} ----\n\n{}", file.path, file.text).unwrap();
        }
        snapshot(path, &content);
    });
}

#[test]
fn queries() {
    insta::glob!("../cases/queries", "**/*.dpl", |path| {
        let (source, analysis) = analyze(path);
        assert!(!analysis.has_errors(), "{}: {}", path.display(), rendered(&analysis));
        let mut content = format!("{source}\n---- says ----\n\n{}", rendered(&analysis));
        for query in &analysis.platform.queries {
            let script = dpl::target::flink::script(&analysis.platform, query);
            write!(content, "\n---- {} ----\n\n{script}", analysis.platform.resource(query.resource).name)
                .unwrap();
        }
        snapshot(path, &content);
    });
}
