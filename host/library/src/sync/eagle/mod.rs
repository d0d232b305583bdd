//! Writes fingerprints to Eagle: each item gets a tag, through the HTTP API of the running program.
//!
//! Eagle's makers warn against writing into a library's folder, so Baton only reads it and writes through the API. Both
//! versions of the API share `address`, `token`, `http` and `item`; `v1` and `v2` implement the differences, and `api`
//! chooses the version. `plan` decides without requests; `send` writes and verifies.

mod address;
mod api;
mod error;
mod http;
mod item;
mod limits;
mod plan;
mod send;
mod token;
mod v1;
mod v2;

pub use address::Address;
pub use api::{Eagle, OpenLibrary, Version};
pub use error::EagleError;
pub use item::EagleItem;
pub use plan::{PlannedItem, Verdict, plan};
pub use send::{ItemOutcome, SendOptions, send};
pub use token::Token;
