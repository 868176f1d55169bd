//! Lists the standard library's files for `src/library/files.rs`, so that adding one takes no line of Rust, and those of the window operator,
//! which ride along with generated crates, for `src/native/rust`.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    list("stdlib", ".dpl", "stdlib.rs")?;
    list("src/window", ".rs", "window.rs")
}

fn list(folder: &str, ending: &str, to: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join(folder);
    let mut files = Vec::new();
    collect(&root, "", ending, &mut files)?;
    files.sort();
    // The folder's own path is left to the compiler, so that a checkout that moves with its `target` still builds.
    let entry = |file: &String| {
        let path = format!("/{folder}/{file}");
        format!("({file:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),\n")
    };
    let entries: String = files.iter().map(entry).collect();
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join(to), format!("&[\n{entries}]"))
}

fn collect(folder: &Path, prefix: &str, ending: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), ending, files)?;
        } else if name.ends_with(ending) {
            files.push(name);
        }
    }
    Ok(())
}
