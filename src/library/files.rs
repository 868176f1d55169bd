//! The standard library's texts, which ship inside the program.

/// Path below `stdlib/` and text of each file, sorted by path.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));
