//! Lists the standard library's files for `src/library/files.rs`, so that adding one takes no line of Rust.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=stdlib");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("stdlib");
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();
    // The folder's own path is left to the compiler, so that a checkout that moves with its `target` still builds.
    let entry = |file: &String| {
        let path = format!("/stdlib/{file}");
        format!("({file:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),\n")
    };
    let entries: String = files.iter().map(entry).collect();
    let out = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("stdlib.rs");
    fs::write(out, format!("&[\n{entries}]"))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else if name.ends_with(".dpl") {
            files.push(name);
        }
    }
    Ok(())
}
