//! Gets the token of an account for each request of one attempt. Remembers the last token that the server refused, and every
//! token that must be masked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AccountToken, AccountTokens, Scrubber, SecretValue, TokenError};
use crate::limits;

/// The account of one secret.
pub(super) struct AttemptAccount {
    tokens: Arc<dyn AccountTokens>,
    state: Mutex<AccountState>,
}

#[derive(Default)]
struct AccountState {
    /// The last token that the server refused.
    refused: Option<SecretValue>,
    /// The values that `scrubber` masks.
    seen: Vec<SecretValue>,
    scrubber: Scrubber,
}

impl std::fmt::Debug for AttemptAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(account)")
    }
}

impl AttemptAccount {
    /// The account, with scrubbers for its stored tokens.
    pub(super) fn new(tokens: Arc<dyn AccountTokens>) -> Result<Self, String> {
        let mut state = AccountState::default();
        state.hide(tokens.stored())?;
        Ok(Self { tokens, state: Mutex::new(state) })
    }

    /// A token that is valid now. The call runs on a thread for blocking work, which is not stopped when the attempt
    /// ends: the tokens of a renewal that has begun must be stored.
    pub(super) async fn token(self: &Arc<Self>) -> Result<SecretValue, TokenError> {
        let account = Arc::clone(self);
        let refused = self.state().refused.clone();
        let found = tokio::task::spawn_blocking(move || account.tokens.token(refused.as_ref())).await;
        let AccountToken { value, hidden } = found.map_err(|error| TokenError::Failed(error.to_string()))??;
        if value.expose().len() < limits::SECRET_LEAST_BYTES {
            return Err(TokenError::Failed("the service issued a token that is too short to be hidden".to_owned()));
        }
        let all = std::iter::once(value.clone()).chain(hidden).collect();
        self.state().hide(all).map_err(TokenError::Failed)?;
        Ok(value)
    }

    /// Remembers that the server did not accept `token`.
    pub(super) fn refuse(&self, token: SecretValue) {
        self.state().refused = Some(token);
    }

    /// Masks every token that the attempt has seen.
    pub(super) fn scrubber(&self) -> Scrubber {
        self.state().scrubber.clone()
    }

    fn state(&self) -> MutexGuard<'_, AccountState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AccountState {
    fn hide(&mut self, values: Vec<SecretValue>) -> Result<(), String> {
        let usable = |value: &SecretValue| value.expose().len() >= limits::SECRET_LEAST_BYTES;
        for value in values.into_iter().filter(usable) {
            if !self.seen.contains(&value) {
                let more = Scrubber::of(value.expose())?;
                self.scrubber = Scrubber::joined([&self.scrubber, &more].into_iter());
                self.seen.push(value);
            }
        }
        Ok(())
    }
}
