//! Returns tokens that are valid now. If several processes need new tokens, only the process that holds the account's lock
//! renews them. The others wait for the lock, and then read the new tokens from the store.
//!
//! Some services replace the refresh token at each renewal (rotation), and end the consent when they receive an old refresh
//! token. So Baton writes the new tokens to the disk before it uses them. If a process is killed in the milliseconds
//! between the service's answer and that write, the operator must give consent again.

use std::sync::Arc;

use jiff::Timestamp;

use crate::error::AccountError;
use crate::oauth::Requester;
use crate::{Account, AccountStore, Provider, Tokens};

/// The accounts of a workspace.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
}

impl Accounts {
    /// The accounts in this store.
    #[must_use]
    pub fn new(store: Arc<dyn AccountStore>) -> Self {
        Self { store }
    }

    /// The account as it is stored.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn stored(&self, provider: Provider) -> Result<Option<Account>, AccountError> {
        self.store.read(provider).map_err(|reason| AccountError::Store { provider, reason })
    }

    /// Stores a new account. Waits while another process renews the stored one.
    ///
    /// # Errors
    /// It cannot be stored.
    pub async fn add(&self, account: Account) -> Result<(), AccountError> {
        let _lock = self.lock(account.provider).await?;
        self.write(&account)
    }

    /// Returns tokens that are valid now. `refused` is an access token that the service refused although it has not expired.
    ///
    /// # Errors
    /// [`AccountError::NeedsConsent`] if there is no account, or if the service does not renew its tokens any more.
    /// Otherwise the service is not reachable, or the account cannot be read or stored.
    pub async fn tokens(&self, provider: Provider, refused: Option<&str>) -> Result<Tokens, AccountError> {
        let account = self.usable(provider)?;
        if account.is_usable(refused, Timestamp::now()) {
            return Ok(account.tokens());
        }
        let _lock = self.lock(provider).await?;
        // Another process may have renewed the account in the meantime.
        let mut account = self.usable(provider)?;
        let now = Timestamp::now();
        if account.is_usable(refused, now) {
            return Ok(account.tokens());
        }
        if refused == Some(account.tokens().access.as_str()) && account.is_new(now) && account.token_url.is_some() {
            let reason = "the service refuses a token that it has just issued".to_owned();
            return Err(AccountError::Temporary { provider, reason });
        }
        match self.renewed(&account).await {
            Ok(issued) => account.renew(issued, Timestamp::now()),
            Err(AccountError::NeedsConsent { reason, .. }) => {
                account.needs_consent = Some(reason.clone());
                self.write(&account)?;
                return Err(AccountError::NeedsConsent { provider, option: account.consent_option(), reason });
            }
            Err(other) => return Err(other),
        }
        self.write(&account)?;
        Ok(account.tokens())
    }

    /// The account, if it has consent.
    fn usable(&self, provider: Provider) -> Result<Account, AccountError> {
        let needs = |option, reason: &str| AccountError::NeedsConsent { provider, option, reason: reason.to_owned() };
        let account = self.stored(provider)?.ok_or_else(|| needs("", "this account is not connected yet"))?;
        match &account.needs_consent {
            Some(reason) => Err(needs(account.consent_option(), reason)),
            None => Ok(account),
        }
    }

    async fn renewed(&self, account: &Account) -> Result<crate::account::IssuedTokens, AccountError> {
        let provider = account.provider;
        let option = account.consent_option();
        let needs = |reason: &str| AccountError::NeedsConsent { provider, option, reason: reason.to_owned() };
        let (Some(refresh), Some(token_url)) = (account.tokens().refresh, account.token_url.clone()) else {
            return Err(needs("the service does not accept the token any more"));
        };
        let secret = account.client_secret.as_ref().map(|name| self.client_secret(provider, name)).transpose()?;
        let requester = Requester { provider, client_id: account.client_id.clone(), client_secret: secret, token_url };
        requester.refresh(&refresh).await
    }

    /// The value of the secret that `client_secret` names.
    ///
    /// # Errors
    /// The secret is not set or cannot be read.
    pub fn client_secret(&self, provider: Provider, name: &str) -> Result<String, AccountError> {
        let found = self.store.secret(name).map_err(|reason| AccountError::Store { provider, reason })?;
        found.ok_or_else(|| {
            AccountError::Settings(format!(
                "`client_secret` of [accounts.{provider}] names the secret `{name}`, which has no value; set it with \
                 `baton secret set {name}`"
            ))
        })
    }

    fn write(&self, account: &Account) -> Result<(), AccountError> {
        let provider = account.provider;
        self.store.write(account).map_err(|reason| AccountError::Store { provider, reason })
    }

    /// Waits until no other process holds the lock of the account. The system releases the lock when the file is closed or
    /// its process ends.
    async fn lock(&self, provider: Provider) -> Result<std::fs::File, AccountError> {
        let path = self.store.lock_file(provider);
        let lock = move || {
            let file = baton_files::open_or_create(&path);
            let file = file.and_then(|file| file.lock().map(|()| file));
            file.map_err(|error| format!("{}: {error}", path.display()))
        };
        let locked = tokio::task::spawn_blocking(lock).await.map_err(|error| error.to_string()).and_then(|file| file);
        locked.map_err(|reason| AccountError::Store { provider, reason })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Mutex;

    use super::*;
    use crate::account::tests::account;

    struct Memory {
        folder: tempfile::TempDir,
        accounts: Mutex<BTreeMap<Provider, Account>>,
    }

    impl AccountStore for Memory {
        fn read(&self, provider: Provider) -> Result<Option<Account>, String> {
            Ok(self.accounts.lock().unwrap().get(&provider).cloned())
        }

        fn write(&self, account: &Account) -> Result<(), String> {
            self.accounts.lock().unwrap().insert(account.provider, account.clone());
            Ok(())
        }

        fn secret(&self, _: &str) -> Result<Option<String>, String> {
            Ok(None)
        }

        fn lock_file(&self, provider: Provider) -> PathBuf {
            self.folder.path().join(provider.name())
        }
    }

    fn accounts(stored: Option<Account>) -> Accounts {
        let accounts = stored.map(|account| (account.provider, account)).into_iter().collect();
        Accounts::new(Arc::new(Memory { folder: tempfile::tempdir().unwrap(), accounts: Mutex::new(accounts) }))
    }

    #[tokio::test]
    async fn without_an_account_the_command_is_named() {
        let missing = accounts(None).tokens(Provider::Spotify, None).await.unwrap_err();
        assert!(missing.to_string().contains("`baton account add spotify`"), "{missing}");
    }

    #[tokio::test]
    async fn a_token_without_an_expiry_time_is_used_until_it_is_refused() {
        let mut stored = account(None);
        let accounts_before = accounts(Some(stored.clone()));
        assert_eq!(accounts_before.tokens(Provider::Spotify, None).await.unwrap().access, "first");
        stored.refresh_token = None;
        let accounts = accounts(Some(stored));
        let refused = accounts.tokens(Provider::Spotify, Some("first")).await.unwrap_err();
        assert!(matches!(refused, AccountError::NeedsConsent { .. }), "{refused}");
        let again = accounts.tokens(Provider::Spotify, None).await.unwrap_err();
        assert_eq!(again, refused, "the refusal is stored");
    }

    #[tokio::test]
    async fn the_error_for_an_expired_personal_token_names_the_command_for_tokens() {
        let mut stored = account(None);
        (stored.client_id, stored.token_url, stored.refresh_token) = (String::new(), None, None);
        let accounts = accounts(Some(stored));
        for refused in [Some("first"), None] {
            let ended = accounts.tokens(Provider::Spotify, refused).await.unwrap_err();
            assert!(ended.to_string().contains("`baton account add spotify --token`"), "{ended}");
        }
    }
}
