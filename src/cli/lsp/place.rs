//! Paths as the editor names them.

use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path of a file, where the address is one's.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let text = decoded(rest.get(rest.find('/')?..)?)?;
    // `/C:/x` on Windows.
    let drive = text.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if drive { text.get(1..)? } else { text.as_str() }))
}

/// The address of a path.
pub(super) fn uri(path: &str) -> Option<Uri> {
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", encoded(path)).parse().ok()
}

/// A path as the program knows it.
pub(super) fn shown(path: &Path) -> Option<String> {
    path.to_str().map(|text| if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() })
}

fn encoded(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
