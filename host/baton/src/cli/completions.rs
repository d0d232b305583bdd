//! `baton completions SHELL`: the completion script of a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Cli;
use crate::exit::Code;
use crate::output;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    shell: Shell,
}

impl Args {
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "baton", &mut script);
        output::print(&String::from_utf8_lossy(&script));
        Ok(Code::Good)
    }
}
