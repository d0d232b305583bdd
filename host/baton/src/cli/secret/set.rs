//! `baton secret set NAME`: stores a value, typed without echo or read from standard input.

use std::io::IsTerminal as _;

use baton_dispatch::try_again;
use jiff::Timestamp;

use crate::cli::{WorkspaceOptions, block_on, prompt};
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;
use crate::workspace::head;

/// Store a secret; the value is read from standard input, or typed without being shown
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The name under which plugins declare it
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let value = if std::io::stdin().is_terminal() { prompt::hidden(&self.name)? } else { prompt::piped()? };
        let replaced = SecretStore::of(&workspace.state).set(&self.name, &value, Timestamp::now())?;
        let users = workspace.registry().read()?.users_of(&self.name);
        if !users.is_empty() {
            let ledger = head::open_ledger(&workspace, &baton_process::owner::name("secret"))?;
            block_on(async { Ok(try_again(&ledger, users).await?) })?;
        }
        workspace.state.wake_daemon();
        let done = if replaced { "replaced" } else { "set" };
        output::note(&format!("{done} `{}`; tasks that waited for it continue", self.name));
        Ok(Code::Good)
    }
}
