//! Secrets that a plugin can use without seeing them; see `wit/secrets.wit`. The plugin gets placeholders, and `http`
//! replaces them by the values when it sends a request. Baton scrubs the responses of servers that may have a secret,
//! and all output of the sandbox.

mod account;
mod finder;
mod forms;
mod host;
mod injected;
mod report;
mod scrub;
mod spellings;
mod value;

use std::sync::Arc;

use crate::capabilities::http::Egress;

pub(crate) use finder::Finder;
pub(crate) use injected::{InjectedSecrets, InjectionError};
pub(crate) use report::scrub_report;
pub(crate) use scrub::{Scrubber, Stream};
pub use value::{AccountToken, AccountTokens, SecretSource, SecretValue, TokenError, Vault};

/// The capability's state in one attempt. [`Egress`] has the secrets, because they are injected into requests.
pub(crate) struct Secrets {
    egress: Arc<Egress>,
}
