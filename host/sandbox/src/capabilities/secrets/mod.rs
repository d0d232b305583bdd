//! Secrets that a plugin uses and never has; see `wit/secrets.wit`. The plugin gets placeholders, and `http` replaces them by the
//! values when it sends a request. Answers of a server that may have a secret are scrubbed, and so is everything that leaves the
//! sandbox.

mod finder;
mod forms;
mod grant;
mod injected;
mod report;
mod scrub;
mod spellings;

pub(crate) use finder::Finder;
pub use grant::{SecretGrant, SecretValue, Vault};
pub(crate) use injected::InjectedSecrets;
pub(crate) use report::scrub_report;
pub(crate) use scrub::{Scrubber, Stream};

use crate::bindings::baton::plugin::secrets as generated;
use crate::store::State;

/// How every placeholder begins: looked for first, and enough for a person to know one when it turns up.
const PREFIX: &str = "baton-secret-";

impl generated::Host for State {
    fn placeholder(&mut self, name: String) -> wasmtime::Result<Result<String, generated::SecretError>> {
        Ok(self.http.egress.lent.placeholder(&name).map_err(|missing| {
            let text = missing.text().to_owned();
            let error = match &missing {
                injected::PlaceholderError::Denied(_) => generated::SecretError::Denied(text),
                injected::PlaceholderError::Unset(_) => generated::SecretError::Missing(text),
            };
            self.http.egress.denials.add(missing.into_denial());
            error
        }))
    }
}
