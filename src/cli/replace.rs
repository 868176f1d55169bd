//! One file in the place of another, whole at any moment.

use std::fs;
use std::io;
use std::path::Path;

/// Writes a text beside a file and puts it in its place: nobody reads half of it. What is no file, such as a pipe, is written to.
pub(super) fn replace(file: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(file, text);
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let next = file.with_file_name(format!(".{name}.{}.part", std::process::id()));
    fs::write(&next, text)?;
    fs::rename(next, file)
}
