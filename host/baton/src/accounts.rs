//! The accounts of a workspace. They are stored with the secrets. A plugin uses an account as the secret with the name of the
//! service. The sandbox asks for a token before each request.

use std::path::PathBuf;
use std::sync::Arc;

use baton_accounts::{Account, AccountError, AccountStore, Accounts, Provider};
use baton_sandbox::{AccountToken, AccountTokens, SecretSource, SecretValue, TokenError};
use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::secrets::SecretStore;

/// The accounts in this store of secrets.
pub(crate) fn of(store: &SecretStore) -> Accounts {
    Accounts::new(Arc::new(SecretStoreAccounts(store.clone())))
}

/// The account as the source of the secret `name`, if `name` is a service. If the service has no account, returns
/// [`SecretSource::Missing`] with the command that adds the account.
pub(crate) fn source(store: &SecretStore, name: &str) -> Result<Option<SecretSource>, String> {
    let Ok(provider) = name.parse::<Provider>() else { return Ok(None) };
    let accounts = of(store);
    match accounts.stored(provider) {
        Ok(Some(_)) => Ok(Some(SecretSource::Account(Arc::new(OneAccount { accounts, provider })))),
        Ok(None) => Ok(Some(SecretSource::Missing(format!(
            "there is no account {provider}: run `baton account add {provider}`"
        )))),
        Err(error) => Err(error.to_string()),
    }
}

/// Accounts in the store of secrets.
struct SecretStoreAccounts(SecretStore);

impl AccountStore for SecretStoreAccounts {
    fn read(&self, provider: Provider) -> Result<Option<Account>, String> {
        let text = self.0.account(provider.name()).map_err(|error| format!("{error:#}"))?;
        text.map(|text| Account::parse(text.expose())).transpose()
    }

    fn write(&self, account: &Account) -> Result<(), String> {
        let stored = self.0.set_account(account.provider.name(), &account.to_text()?, Timestamp::now());
        stored.map_err(|error| format!("{error:#}"))
    }

    fn secret(&self, name: &str) -> Result<Option<String>, String> {
        let value = self.0.get(name).map_err(|error| format!("{error:#}"))?;
        Ok(value.map(|value| value.expose().to_owned()))
    }

    fn lock_file(&self, provider: Provider) -> PathBuf {
        self.0.folder().join(format!("account-{provider}.lock"))
    }
}

/// The account of one service, as the source of tokens for requests of plugins.
struct OneAccount {
    accounts: Accounts,
    provider: Provider,
}

impl AccountTokens for OneAccount {
    fn stored(&self) -> Vec<SecretValue> {
        let account = self.accounts.stored(self.provider).ok().flatten();
        let tokens = account.map(|account| account.tokens());
        tokens
            .into_iter()
            .flat_map(|tokens| std::iter::once(tokens.access).chain(tokens.refresh))
            .map(SecretValue::new)
            .collect()
    }

    fn token(&self, refused: Option<&SecretValue>) -> Result<AccountToken, TokenError> {
        let runtime = Handle::try_current().map_err(|error| TokenError::Failed(error.to_string()))?;
        let tokens = runtime.block_on(self.accounts.tokens(self.provider, refused.map(SecretValue::expose)));
        let tokens = tokens.map_err(|error| match error {
            AccountError::NeedsConsent { .. } => TokenError::NeedsConsent(error.to_string()),
            other => TokenError::Failed(other.to_string()),
        })?;
        let hidden = tokens.refresh.into_iter().map(SecretValue::new).collect();
        Ok(AccountToken { value: SecretValue::new(tokens.access), hidden })
    }
}
