//! Programs that we did not write, under `tests/oracles`. Where what they need can't be had, a check is skipped and says so; with `CI=true` that
//! is a failure.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Puts files before one of the programs, which must find nothing.
pub fn judge(program: &str, parts: &[&str], files: &[PathBuf]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles");
    if let Err(why) = provide(&folder, parts) {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{program} is required with CI=true: {why}");
        eprintln!("SKIPPED {program}: {why}");
        return;
    }
    let done = Command::new("python3").arg(folder.join(program)).args(files).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{program} exits with {:?}\n{out}\n{errors}", done.status.code());
}

/// Installs what a program needs, unless it is there already.
fn provide(folder: &Path, parts: &[&str]) -> Result<(), String> {
    let done = Command::new("python3").arg(folder.join("provision")).args(parts).output();
    let done = done.map_err(|error| format!("python3 can't be started: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}
