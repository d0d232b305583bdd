//! `baton worker`: a process that works for the daemon. It is not for people: it reads requests from standard input and
//! writes replies to standard output.

mod compile;
mod limits;
mod sql;

use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum WorkerKind {
    /// Runs statements of one plugin in one database
    Sql,
    /// Compiles one plugin
    Compile,
}

impl WorkerKind {
    /// Works until the input ends.
    pub(super) fn run(self) -> anyhow::Result<Code> {
        match self {
            Self::Sql => sql::run(),
            Self::Compile => compile::run(),
        }
    }
}
