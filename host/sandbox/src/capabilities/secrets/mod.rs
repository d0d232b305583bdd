//! Secrets that a plugin uses and never has; see `wit/secrets.wit`. The plugin gets placeholders, and `http` replaces them by the
//! values when it sends a request. Answers of a server that may have a secret are scrubbed, and so is everything that leaves the
//! sandbox.

mod finder;
mod forms;
mod grant;
mod host;
mod injected;
mod report;
mod scrub;
mod spellings;

pub(crate) use finder::Finder;
pub use grant::{SecretGrant, SecretValue, Vault};
pub(crate) use injected::InjectedSecrets;
pub(crate) use report::scrub_report;
pub(crate) use scrub::{Scrubber, Stream};
