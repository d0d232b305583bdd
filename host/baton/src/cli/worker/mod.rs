//! `baton worker`: a process that works for the daemon. Not for people: it reads requests from standard input and writes
//! replies to standard output.

mod compile;
mod limits;
mod sql;

use clap::Subcommand;

use crate::exit::Code;

/// Works for another process of Baton
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    work: WorkerKind,
}

#[derive(Debug, Subcommand)]
enum WorkerKind {
    /// Runs statements of one plugin in one database
    Sql,
    /// Compiles one plugin
    Compile,
}

impl Args {
    /// Works until the input ends.
    pub(super) fn run(self) -> anyhow::Result<Code> {
        match self.work {
            WorkerKind::Sql => sql::run(),
            WorkerKind::Compile => compile::run(),
        }
    }
}
