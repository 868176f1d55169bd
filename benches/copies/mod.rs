//! Copies of `examples/acme` with names of their own, side by side in one program.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Everything that acme declares and that must differ between copies of it.
const NAMES: &[&str] = &[
    "acme",
    "management",
    "core",
    "shared",
    "security",
    "data",
    "lake",
    "analytics",
    "workloads",
    "prod",
    "devtest",
    "home_regions",
    "trails_stay_on",
    "sandboxed",
    "Upload",
    "Validated",
    "Geo",
    "Demographic",
    "Quality",
    "validate_input",
    "enrich_geo",
    "enrich_demo",
    "quality_check",
    "handle_error",
    "transform",
    "data_alerts",
    "Loader",
    "analytics_dw",
    "ingest",
    "onprem",
    "sync_landing",
    "onprem_exports",
    "lake_key",
    "data_lake",
    "DataEngineering",
    "SalesDomain",
    "Analytics",
    "sales",
    "mktg_data",
    "marketing",
    "Reading",
    "TemperatureAlert",
    "iot_stream",
    "rejected_readings",
    "alert_sink",
    "temperature_alerts",
];
/// Names in AWS, which are unique too.
const TEXTS: &[&str] = &[
    "data-lake-bucket",
    "data-lake-sync",
    "mktg-data",
    "iot-data-stream",
    "iot-rejected",
    "alert-stream",
    "validate-input",
    "enrich-geo",
    "enrich-demo",
    "quality-check",
    "handle-error",
    "transform-data-job",
    "data-alerts",
    "analytics-cluster",
    "sales_domain_db",
    "marketing_domain_db",
];

/// The modules of acme with their texts.
pub fn read_acme() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dpl"));
    files.sort();
    files
        .iter()
        .map(|file| {
            (file.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(file).unwrap())
        })
        .collect()
}

/// Writes one copy with names of its own; returns its lines.
pub fn write_copy(acme: &[(String, String)], source: &Path, copy: usize) -> usize {
    let folder = source.join(format!("p{copy}"));
    fs::create_dir_all(&folder).unwrap();
    let mut lines = 0;
    for (module, text) in acme {
        let text = renamed(text, copy).replace(
            &format!("account management_{copy} {{"),
            &format!("account management_{copy} {{ management = true,"),
        );
        lines += text.lines().count();
        fs::write(folder.join(format!("{module}.dpl")), text).unwrap();
    }
    lines
}

fn renamed(text: &str, copy: usize) -> String {
    let mut renamed = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(literal) = rest.strip_prefix('"') {
            let end = literal.find('"').map_or(rest.len(), |end| end + 2);
            renamed.push_str(&renamed_text(&rest[..end], copy));
            rest = &rest[end..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            if renamed == "use " || renamed.ends_with("\nuse ") {
                renamed.push_str(&format!("p{copy}.{word}"));
            } else if NAMES.contains(&word) {
                renamed.push_str(&format!("{word}_{copy}"));
            } else {
                renamed.push_str(word);
            }
            rest = behind;
        } else {
            renamed.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    renamed
}

/// Text in quotes: names in AWS, account ids and ARNs get the copy's number; interpolated names are left alone.
fn renamed_text(literal: &str, copy: usize) -> String {
    let inner = literal.trim_matches('"');
    if TEXTS.contains(&inner) {
        let separator = if inner.contains('_') { '_' } else { '-' };
        return format!("\"{inner}{separator}{copy}\"");
    }
    if inner.len() == 12 && inner.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("\"{}\"", account(inner, copy));
    }
    if inner.starts_with("arn:") {
        return literal.replace("222222222222", &account("222222222222", copy));
    }
    literal.to_owned()
}

/// Seven accounts a copy: the first digit stays, the copy's number follows.
fn account(id: &str, copy: usize) -> String {
    format!("{}{copy:011}", &id[..1])
}
