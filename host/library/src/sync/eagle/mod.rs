//! Fingerprints to Eagle: its items get a tag, through the HTTP API of the running program.
//!
//! Eagle's makers warn of writing into a library's folder, so that is read and never written; what is told goes through the
//! API. Both versions of it are spoken: `address`, `token`, `http` and `item` are what they share, `v1` and `v2` how they
//! differ, `api` chooses. `plan` decides, without asking anybody; `send` does it and looks whether it was done.

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
