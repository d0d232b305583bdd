//! `baton secret list`: lists the secrets and the plugins that may use them. Never prints a value.

use serde_json::{Value, json};

use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::output::{self, Table};
use crate::secrets::SecretStore;

/// Show which secrets are stored and which plugins may use them
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let secrets = SecretStore::of(&workspace.state).list()?;
        let lock = workspace.registry().read()?;
        if self.json {
            let listed: Vec<Value> = secrets
                .iter()
                .map(|secret| {
                    json!({
                        "name": secret.name, "set_at": secret.set_at, "place": secret.place,
                        "plugins": lock.users_of(&secret.name),
                    })
                })
                .collect();
            output::json(&json!({ "schema": 1, "secrets": listed }));
        } else {
            let mut table = Table::new(&["NAME", "SET", "PLACE", "GRANTED TO"]);
            for secret in &secrets {
                table.row([
                    secret.name.clone(),
                    secret.set_at.clone(),
                    secret.place.to_owned(),
                    lock.users_of(&secret.name).join(", "),
                ]);
            }
            output::print(&table.lines(|_, _, cell| cell));
        }
        Ok(Code::Good)
    }
}
