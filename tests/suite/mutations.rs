//! Damaged programs: never a panic, never silence where meaning was lost, and the first error near the damage.

use std::collections::BTreeSet;

use dpl::diagnostic::Severity;
use smol_str::SmolStr;

use super::programs::{analyze, example, messages};

/// The words, numbers, strings and signs of a text: their byte ranges.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'"' => at += text[at + 1..].find('"').map_or(text.len() - at, |end| end + 2),
            byte if word(byte) => at += bytes[at..].iter().take_while(|byte| word(**byte)).count(),
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
        tokens.push((start, at));
    }
    tokens
}

fn line_of(text: &str, at: usize) -> u32 {
    u32::try_from(text[..at].matches('\n').count() + 1).unwrap()
}

/// Every file of acme with every seventh token treated, another seventh for every treatment.
fn each(
    offset: usize,
    damage: impl Fn(&str, (usize, usize)) -> String,
    mut look: impl FnMut(&dpl::Analysis, &str, u32, &str),
) {
    let files = example("acme");
    for (index, (module, text)) in files.iter().enumerate() {
        for token in tokens(text).into_iter().skip(offset).step_by(7) {
            let mut mutated = files.clone();
            mutated[index].1 = damage(text, token);
            let analysis = analyze(&mutated);
            look(&analysis, module, line_of(text, token.0), &text[token.0..token.1]);
        }
    }
}

#[test]
fn a_missing_word_never_panics() {
    each(0, |text, (start, end)| format!("{}{}", &text[..start], &text[end..]), |_, _, _, _| {});
}

#[test]
fn a_doubled_word_never_panics() {
    each(3, |text, (start, end)| format!("{} {}", &text[..end], &text[start..]), |_, _, _, _| {});
}

#[test]
fn a_strange_word_is_found_at_its_place() {
    let words = vocabulary();
    for offset in 0..7 {
        each(
            offset,
            |text, (start, end)| {
                let names_a_column = text[end..].trim_start_matches(' ').starts_with(':');
                match words.contains(&text[start..end]) && !names_a_column {
                    true => format!("{}zzqx{}", &text[..start], &text[end..]),
                    false => text.to_owned(),
                }
            },
            |analysis, module, line, word| {
                if !analysis.sources.files().any(|(_, file)| file.text.contains("zzqx")) {
                    return;
                }
                // Errors come first; where the program is still legal, a warning must say what is odd.
                let lines_of = |severity: Severity| -> Vec<u32> {
                    let said =
                        analysis.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
                    said.filter_map(|diagnostic| analysis.sources.position(diagnostic.span.start))
                        .filter(|(file, _)| file.module == module)
                        .map(|(_, position)| position.line)
                        .collect()
                };
                let errors = lines_of(Severity::Error);
                let lines = if errors.is_empty() { lines_of(Severity::Warning) } else { errors };
                assert!(
                    lines.first().is_some_and(|first| (line.saturating_sub(1)..=line + 1).contains(first)),
                    "{module}:{line}: `{word}` → `zzqx` is found in lines {lines:?}\n{}",
                    messages(analysis)
                );
            },
        );
    }
}

/// The words that mean something by themselves: of the language, of the standard library, of SQL. Not among them is what acme declares: a name
/// may be any word.
fn vocabulary() -> BTreeSet<&'static str> {
    let library = &dpl::library::standard().library;
    let mut words: BTreeSet<&str> = BTreeSet::from([
        "use", "grant", "deny", "share", "assert", "on", "to", "with", "in", "into", "as", "let", "if",
        "not", "parallel", "try", "catch", "fail", "return", "outside", "except", "can", "cannot", "only",
        "no", "schema", "string", "bigint", "boolean", "double", "decimal", "length", "SELECT", "FROM",
        "TUMBLE", "GROUP", "HAVING", "CASE", "WHEN", "THEN", "END", "AVG", "INTERVAL",
    ]);
    words.extend(library.kinds.iter().map(|kind| kind.name.as_str()));
    words.extend(library.kinds.iter().flat_map(|kind| &kind.fields).map(|field| field.name.as_str()));
    words.extend(library.constructors.iter().map(|constructor| constructor.name.as_str()));
    words.extend(
        library
            .constructors
            .iter()
            .flat_map(|constructor| &constructor.fields)
            .map(|field| field.name.as_str()),
    );
    words.extend(library.enums.iter().flat_map(|list| &list.variants).map(|variant| variant.name.as_str()));
    words.extend(library.capabilities.iter().map(|capability| capability.name.as_str()));
    let acme = analyze(&example("acme"));
    let locals =
        acme.platform.pipelines.iter().flat_map(|pipeline| &pipeline.locals).map(|local| &local.name);
    let declared: Vec<&SmolStr> =
        acme.platform.resources.iter().map(|resource| &resource.name).chain(locals).collect();
    words.retain(|word| !declared.iter().any(|name| *name == word));
    words
}

#[test]
fn a_file_cut_anywhere_never_panics() {
    let files = example("acme");
    for (index, (_, text)) in files.iter().enumerate() {
        for at in (0..text.len()).step_by(23).filter(|at| text.is_char_boundary(*at)) {
            let mut mutated = files.clone();
            mutated[index].1.truncate(at);
            analyze(&mutated);
        }
    }
}
