//! `baton account list`: lists the accounts, without asking their services.

use baton_accounts::{Account, Provider};
use serde_json::{Value, json};

use super::service;
use crate::accounts;
use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::output::{self, Table};
use crate::secrets::SecretStore;

/// Show the connected accounts, their scopes, and which plugins may use them
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let accounts = accounts::of(&SecretStore::of(&workspace.state));
        let mut found: Vec<Account> = Vec::new();
        for provider in Provider::ALL {
            found.extend(accounts.stored(provider)?);
        }
        let lock = workspace.registry().read()?;
        let users = |account: &Account| lock.users_of(account.provider.name());
        if self.json {
            let shown = |account: &Account| {
                let mut shown = service::as_json(account);
                if let Some(fields) = shown.as_object_mut() {
                    fields.insert("plugins".to_owned(), json!(users(account)));
                }
                shown
            };
            let all: Vec<Value> = found.iter().map(shown).collect();
            output::json(&json!({ "schema": 1, "accounts": all }));
            return Ok(Code::Good);
        }
        let mut table = Table::new(&["SERVICE", "STATE", "CONSENT", "SCOPES", "GRANTED TO"]);
        for account in &found {
            table.row([
                account.provider.name().to_owned(),
                service::state(account).to_owned(),
                account.consented_at.clone(),
                output::one_line(&account.scopes.join(" ")),
                users(account).join(", "),
            ]);
        }
        output::print(&table.lines(|_, _, cell| cell));
        for account in &found {
            if let Some(reason) = &account.needs_consent {
                output::note(&format!(
                    "{}: {}; run `baton account add {}{}`",
                    account.provider,
                    output::one_line(reason),
                    account.provider,
                    account.consent_option()
                ));
            }
        }
        Ok(Code::Good)
    }
}
