//! Programs that we did not write, under `tests/oracles`. Where what they need can't be had, a check is skipped and says so; with `CI=true` that
//! is a failure.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::Path,
    process::{Command, Output},
};

/// Puts files before one of the programs, which must find nothing.
pub fn judge(program: &str, parts: &[&str], files: &[impl AsRef<OsStr>]) {
    let Some(done) = run(program, parts, files) else { return };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{program} exits with {:?}\n{out}\n{errors}", done.status.code());
    out.lines().filter(|line| line.starts_with("SKIPPED")).for_each(say);
}

/// Puts arguments before a program that needs another, which is installed as the system has it, and maybe `parts`: skipped without, and required
/// with `CI=true`.
pub fn tool(program: &str, needs: &str, parts: &[&str], arguments: &[impl AsRef<OsStr>]) {
    if Command::new(needs).arg("--version").output().is_err() {
        return left_out(program, &format!("`{needs}` is not on the PATH"));
    }
    judge(program, parts, arguments);
}

/// Runs one of the programs, which needs `parts` installed; `None` where they can't be.
pub fn run(program: &str, parts: &[&str], arguments: &[impl AsRef<OsStr>]) -> Option<Output> {
    provided(program, parts)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles");
    let interpreter = if program.ends_with(".mjs") { "node" } else { "python3" };
    Some(Command::new(interpreter).arg(folder.join(program)).args(arguments).output().unwrap())
}

/// Sees to it that `parts`, which a program needs, are installed; `None` where they can't be.
pub fn provided(program: &str, parts: &[&str]) -> Option<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles");
    if let Err(why) = provide(&folder, parts) {
        left_out(program, why.trim());
        return None;
    }
    Some(())
}

/// Says that a check is left out and why; with `CI=true` it is required, and that is a failure.
pub fn left_out(check: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{check}: required with CI=true, but {why}");
    say(&format!("SKIPPED {check}: {why}"));
}

/// Installs what a program needs, unless it is there already.
fn provide(folder: &Path, parts: &[&str]) -> Result<(), String> {
    let mut python = Command::new("python3");
    match parts {
        [] => python.arg("--version"),
        parts => python.arg(folder.join("provision")).args(parts),
    };
    let done = python.output().map_err(|error| format!("python3 can't be started: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

/// Says something even of a test that passes: the test runner keeps what `eprintln!` prints.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
