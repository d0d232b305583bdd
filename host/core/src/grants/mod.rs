//! Grants: what a plugin may ask for, and what the operator allows. All comparisons and texts are about one type, [`Grant`].
//!
//! | where | form | as grants |
//! |---|---|---|
//! | manifest | [`Capabilities`](crate::manifest::Capabilities), each with a reason | `Capabilities::grants` |
//! | `baton.lock` | [`GrantSet`] | `GrantSet::grants` |
//! | `baton plugin grant`, reports, errors | grant spec: `files:ro=plans` | [`Grant::parse`], `Display` |
//!
//! - [`Grant::covers`] decides whether one grant allows everything that another one asks for, and [`missing`] what a list of
//!   grants does not cover. An update that asks for more, a plugin without a grant and the tables of the commands use it.
//! - [`Grant::replaces`] says that two grants are about the same thing: a set has one of them.
//!
//! A plugin may do what is declared **and** granted. Declaring opens nothing, and what is not declared cannot be granted.

mod access;
mod grant;
mod host_address;
mod http_rule;
mod needs_grant;
mod parse;
mod recipients;
mod set;

pub use access::{Database, FingerprintScope, Mode};
pub use grant::{Grant, GrantSet, GrantedDatabase, GrantedFolder, GrantedHost, GrantedSecret, missing, specs};
pub use host_address::{HostAddress, HostAddresses, resolved_host};
pub use http_rule::{HttpRule, authority_of, host_name};
pub use needs_grant::{grant_command, needs_grant};
pub use recipients::Recipients;
