//! `baton secret rm NAME`: deletes a value. Grants stay; tasks that need the secret wait.

use anyhow::bail;

use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;

/// Delete a secret
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The secret
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        if !SecretStore::of(&workspace.state).remove(&self.name)? {
            bail!("there is no secret {:?}; `baton secret list` shows the names", self.name);
        }
        output::note(&format!("removed `{}`", self.name));
        Ok(Code::Good)
    }
}
