//! `baton account remove SERVICE`: deletes the tokens. Grants stay; tasks that need the account wait.

use anyhow::bail;
use baton_accounts::Provider;

use super::service;
use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;

/// Delete the tokens of an account
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The service
    #[arg(value_name = "SERVICE", value_parser = service::parser())]
    service: Provider,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        if !SecretStore::of(&workspace.state).remove_account(self.service.name())? {
            bail!("there is no account {}; `baton account list` shows the connected accounts", self.service);
        }
        output::note(&format!(
            "removed the account {}. The service still has your consent: revoke it there under {}",
            self.service,
            self.service.consents()
        ));
        Ok(Code::Good)
    }
}
