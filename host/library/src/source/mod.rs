//! Where music lies, and what lies there: one stream of [`Item`]s, whatever the source.
//!
//! A source is only read. One that cannot be reached is an error of that source and says nothing about its items.

mod audio;
mod eagle;
mod folder;
mod listing;
mod place;
mod volume;
mod walk;

pub use audio::is_audio;
pub use baton_ledger::catalog::library::{KnownItem, ListedItem as Item, SourceKind, Volume};
pub use listing::{ListingRequest, SourceListing, UnreadPart};
pub use place::{SourceRoot, eagle_around, eagle_id};
pub(crate) use place::{mounted_at, mtime_ns, nearest, unmounted};
pub(crate) use volume::volume_at;
pub use walk::walk;
