//! Writes fingerprints where other programs see them: as tags of Eagle's items ([`eagle`]) and, only on request, as tags in the
//! files ([`tags`]).
//!
//! Both plan first and write only on request. Both read the tags again after writing them: a server may report success
//! without saving, and a tag library may not support every detail of a file. Both are idempotent, so an interrupted sync is
//! simply started again.
//!
//! Nothing here computes a fingerprint; the data come from the catalog ([`FingerprintedItem`]).

pub mod eagle;
mod items;
mod mark;
mod merge;
pub mod tags;

pub use items::{FingerprintedItem, Format, Item, fingerprinted_items};
pub use mark::Mark;
pub use merge::{MergedTags, merge};
