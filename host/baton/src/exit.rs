//! What the exit code means, for every subcommand.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Done, and nothing to complain about.
    Good = 0,
    /// Done, and something is not as it should be: a deliverable is missing, a file is not a handoff, a task failed, or its outcome
    /// is `partial` or `refused`.
    Findings = 1,
    /// Not done: wrong arguments, no workspace, an error. (The argument parser uses the same number.)
    Failed = 2,
    /// Done, and the outcome is not known: nothing could be verified (`baton audit`), or no outcome came before the deadline
    /// (`baton send --wait`).
    Unverified = 3,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}
