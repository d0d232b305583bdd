//! Programs of others that judge what Baton does. Where one is missing its test says so loudly; under CI it must be there.

use std::process::{Command, Stdio};

use crate::Missing;

/// Finds `program`; `install` is the command that brings it.
///
/// # Errors
/// When it is not there; that was said on stderr.
///
/// # Panics
/// When it is not there under `CI=true` on Linux.
#[expect(clippy::print_stderr, reason = "a skipped test has to say so")]
pub fn tool(program: &str, install: &str) -> Result<(), Missing> {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if quiet.is_ok() {
        return Ok(());
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true") && cfg!(target_os = "linux");
    assert!(!ci, "{program} must be there under CI=true: {install}");
    eprintln!("SKIPPED: {program} is not there ({install}), so what it judges was not tested");
    Err(Missing)
}
