//! The exit codes of all subcommands.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Success without problems.
    Good = 0,
    /// Success with a problem: a deliverable is missing, a file is not a handoff, a task failed, or its outcome is `partial`
    /// or `refused`.
    Findings = 1,
    /// Failure: wrong arguments, no workspace, an error. (The argument parser uses the same code,
    /// and `baton inbox wait` when work waits.)
    Failed = 2,
    /// Success with an unknown result: nothing could be verified (`baton audit`), or there was no outcome before the deadline
    /// (`baton send --wait`).
    Unverified = 3,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}
