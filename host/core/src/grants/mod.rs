//! Grants: the capabilities that a plugin requests and the operator allows. All comparisons and texts use one type,
//! [`Grant`].
//!
//! | where | form | as grants |
//! |---|---|---|
//! | manifest | [`Capabilities`](crate::manifest::Capabilities), each with a reason | `Capabilities::grants` |
//! | `baton.lock` | [`GrantSet`] | `GrantSet::grants` |
//! | `baton plugin grant`, reports, errors | grant spec: `files:ro=plans` | [`Grant::parse`], `Display` |
//!
//! - [`Grant::covers`] decides whether one grant allows everything that another one requests. [`missing`] returns the
//!   requested grants that a list does not cover. Both are used for updates that request more, for plugins that lack a
//!   grant, and for the tables of the commands.
//! - [`Grant::replaces`] decides whether two grants have the same subject. A set has only one grant for each subject.
//!
//! A plugin may use a capability only if it is declared **and** granted. A declaration alone allows nothing, and a
//! capability that is not declared cannot be granted.

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
pub use needs_grant::{grant_command, grant_it_with, needs_grant};
pub use recipients::Recipients;
