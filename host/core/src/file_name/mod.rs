//! Reads the file name of a handoff, and makes the names of Baton's own files.
//!
//! The canonical form is `{YYYYMMDDTHHMMSSZ}__{TYPE}__{Title-With-Hyphens}__{tail}.{json|md}`; real folders add leading
//! move times, suffixes such as `__SUPERSEDED`, and names inside names. The name is a hint for people and for files that
//! say less than their name does: it never decides what is a duplicate, because its tokens collide.
//!
//! [`parse()`] reads, [`canonical`] and its helpers write, [`is_ignored`] says which names are not for reading at all.

mod compose;
mod ignored;
mod model;
mod parse;
mod stamp;
mod words;

pub use compose::{MAX_NAME_BYTES, canonical, cut, dead_letter, slug, stale, with_insert};
pub use ignored::is_ignored;
pub use model::{About, FileName};
pub use parse::parse;
pub(crate) use stamp::epoch;
