//! `baton`: the daemon and the command line of Baton.
//!
//! This crate connects the others: it finds the workspace, opens the ledger and the plugins, passes them to `dispatch`, and
//! prints. Each subcommand is a file in `cli/`. Decisions about tasks are in `dispatch`.

mod accounts;
mod author;
mod cli;
mod core_dumps;
mod exit;
#[cfg(feature = "failpoints")]
mod failpoints;
mod notices;
mod output;
mod secrets;
mod shipped;
mod template;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    core_dumps::turn_off();
    #[cfg(feature = "failpoints")]
    failpoints::arm();
    if let Some(code) = cli::called_fpcalc() {
        return code.into();
    }
    let cli = cli::Cli::read();
    output::log::start(cli.default_log());
    match cli.run() {
        Ok(code) => code.into(),
        Err(error) => {
            output::error(&error);
            exit::Code::Failed.into()
        }
    }
}
