//! Accounts at online services: the consent of the operator, the tokens that it yields, and their renewal.
//!
//! [`Provider`] is the table of services. `consent` gets a first token: with a browser and PKCE, with a code that the
//! operator types on another device, or from the operator. [`Accounts::tokens`] returns tokens that are still valid. It
//! renews them at most once across all processes and stores the result before anybody uses it.
//!
//! This crate has no folder and no command line: an [`AccountStore`] keeps the accounts, and the program talks to the
//! operator. No error and no `Debug` form contains a token.

mod account;
mod client;
mod consent;
mod endpoint;
mod error;
mod identity;
pub mod limits;
mod oauth;
mod provider;
mod settings;
mod store;
mod tokens;

pub use account::{Account, Tokens};
pub use consent::{BrowserConsent, DeviceConsent, RedirectError, personal};
pub use error::AccountError;
pub use identity::identity;
pub use provider::{ConsentKind, Provider, ScopeText};
pub use settings::{AccountSettings, Endpoints};
pub use store::AccountStore;
pub use tokens::Accounts;
