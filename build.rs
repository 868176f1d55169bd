//! Lists the standard library's files for `src/library/files.rs`, and AWS's models for `src/library/models.rs`, so that adding one takes no line of
//! Rust; and the files of the window operator, which ride along with generated crates, for `src/native/rust`.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=stdlib");
    println!("cargo::rerun-if-changed=src/window");
    let own = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let (library, window) = (Path::new(&own).join("stdlib"), Path::new(&own).join("src/window"));
    list(&library, "/stdlib", &["dpl"], "stdlib.rs")?;
    list(&library.join("models"), "/stdlib/models", &["list", "model"], "models.rs")?;
    list(&window, "/src/window", &["rs"], "window.rs")
}

/// Writes the Rust of a list of files with their texts, sorted by path.
fn list(root: &Path, place: &str, kinds: &[&str], out: &str) -> io::Result<()> {
    let mut files = Vec::new();
    collect(root, "", kinds, &mut files)?;
    files.sort();
    // The folder's own path is left to the compiler, so that a checkout that moves with its `target` still builds.
    let entry = |file: &String| {
        let path = format!("{place}/{file}");
        format!("({file:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),\n")
    };
    let entries: String = files.iter().map(entry).collect();
    let out = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join(out);
    fs::write(out, format!("&[\n{entries}]"))
}

fn collect(folder: &Path, prefix: &str, kinds: &[&str], files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), kinds, files)?;
        } else if name.rsplit_once('.').is_some_and(|(_, kind)| kinds.contains(&kind)) {
            files.push(name);
        }
    }
    Ok(())
}
