//! The programs and data that tests need outside of this repository, and the skipping of tests without them.
//!
//! A test never returns early in silence. It requests everything that may be missing through this crate, which returns
//! [`Skipped`]. Only this crate can make that value: it prints one SKIPPED line and adds it to the file named by `BATON_SKIPPED`,
//! which `cargo xtask test` counts at the end. With `CI=true` a missing program is a failure instead. Tests write
//! `let python = or_skip!(tools("python", "bin/python"));`.
#![expect(clippy::expect_used, reason = "a helper of tests fails the test")]

mod corpus;
mod programs;

use std::fs::File;
use std::io::Write as _;

pub use corpus::{corpora, real, repository, synthetic};
pub use programs::{recordings, tool, tools};

/// Shows that a part of a test cannot run here, and that this was reported.
#[derive(Clone, Copy, Debug)]
#[must_use = "the test must end, or continue without that part"]
pub struct Skipped(());

/// Unwraps a requirement of a test, or ends the test, which was reported as skipped.
#[macro_export]
macro_rules! or_skip {
    ($need:expr) => {
        match $need {
            Ok(found) => found,
            Err($crate::Skipped { .. }) => return,
        }
    };
}

/// Reports that a part of a test cannot run here. With `CI=true` this is not a failure either, so use it only for permissions
/// of the user and properties of the system, which no package provides.
///
/// # Panics
/// When the file of `BATON_SKIPPED` cannot be written.
#[expect(clippy::print_stderr, reason = "a skipped test has to be visible")]
pub fn skip(reason: impl AsRef<str>) -> Skipped {
    let line = format!("SKIPPED: {}\n", reason.as_ref());
    eprint!("{line}");
    if let Some(file) = std::env::var_os("BATON_SKIPPED") {
        let opened = File::options().create(true).append(true).open(file);
        // One write, so that lines of tests that run at the same time do not mix.
        opened.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list of skipped tests is writable");
    }
    Skipped(())
}

/// Reports that a program or file is missing, if a package or an installation provides it.
///
/// # Panics
/// With `CI=true` on Linux, where `.ci/run` installs it.
#[track_caller]
pub fn missing(what: &str, install: &str) -> Skipped {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true") && cfg!(target_os = "linux");
    assert!(!in_ci, "with CI=true {what} must be installed: {install}");
    skip(format!("{what} is not installed ({install})"))
}
