//! `baton completions SHELL`.

use clap_complete::Shell;

use crate::exit::Code;
use crate::output;

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    shell: Shell,
}

impl Args {
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self, baton: &mut clap::Command) -> anyhow::Result<Code> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, baton, "baton", &mut script);
        output::print(&String::from_utf8_lossy(&script));
        Ok(Code::Good)
    }
}
