//! `baton account test [SERVICE]`: asks the services who owns the tokens. Baton renews a token that is about to expire.

use baton_accounts::{AccountError, Accounts, Provider, identity};
use serde_json::{Value, json};

use super::service;
use crate::accounts;
use crate::cli::{WorkspaceOptions, block_on};
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;

/// Check that the services still accept the accounts
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The service [default: all connected accounts]
    #[arg(value_name = "SERVICE", value_parser = service::parser())]
    service: Option<Provider>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result for one account.
struct AccountCheck {
    provider: Provider,
    owner: Result<String, AccountError>,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let accounts = accounts::of(&SecretStore::of(&workspace.state));
        let mut providers: Vec<Provider> = self.service.into_iter().collect();
        if self.service.is_none() {
            for provider in Provider::ALL {
                providers.extend(accounts.stored(provider)?.map(|_| provider));
            }
        }
        let checked = block_on(async {
            let mut checked = Vec::new();
            for provider in providers {
                checked.push(AccountCheck { provider, owner: owner(&accounts, provider).await });
            }
            Ok(checked)
        })?;
        let failed = checked.iter().any(|checked| checked.owner.is_err());
        if self.json {
            output::json(
                &json!({ "schema": 1, "accounts": checked.iter().map(AccountCheck::as_json).collect::<Vec<_>>() }),
            );
        } else {
            let text: String = checked.iter().map(AccountCheck::as_line).collect();
            output::print(if text.is_empty() {
                "there are no accounts; `baton account add SERVICE` connects one\n"
            } else {
                &text
            });
        }
        Ok(if failed { Code::Findings } else { Code::Good })
    }
}

/// Returns the owner of the account. If the service refuses the access token, Baton renews it once and asks again.
async fn owner(accounts: &Accounts, provider: Provider) -> Result<String, AccountError> {
    let mut tokens = accounts.tokens(provider, None).await?;
    for renewed in [false, true] {
        let needs = |reason: &str| AccountError::NeedsConsent { provider, option: "", reason: reason.to_owned() };
        let account = accounts.stored(provider)?.ok_or_else(|| needs("it was removed"))?;
        if let Some(name) = identity(&account, &tokens).await? {
            return Ok(name);
        }
        if !renewed {
            tokens = accounts.tokens(provider, Some(&tokens.access)).await?;
        }
    }
    Err(AccountError::Temporary { provider, reason: "the service refuses a token that it has just issued".to_owned() })
}

impl AccountCheck {
    fn as_line(&self) -> String {
        match &self.owner {
            Ok(name) => format!("{}: works, it belongs to {}\n", self.provider, output::one_line(name)),
            Err(error) => format!("{}: {error}\n", self.provider),
        }
    }

    fn as_json(&self) -> Value {
        let state = match &self.owner {
            Ok(_) => "ready",
            Err(AccountError::NeedsConsent { .. }) => "needs_consent",
            Err(_) => "failed",
        };
        json!({
            "service": self.provider.name(),
            "state": state,
            "owner": self.owner.as_ref().ok(),
            "reason": self.owner.as_ref().err().map(ToString::to_string),
        })
    }
}
