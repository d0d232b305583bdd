//! Library sources and their content: one stream of [`Item`]s for every kind of source.
//!
//! Baton only reads a source. If a source cannot be reached, its listing fails and the catalog's items of this source do
//! not change.

mod audio;
mod eagle;
mod folder;
mod listing;
mod root;
mod volume;
mod walk;

pub use audio::is_audio;
pub use baton_catalog::library::{KnownItem, ListedItem as Item, SourceKind, Volume};
pub use listing::{ListingRequest, SourceListing, UnreadPart};
pub use root::{SourceRoot, eagle_around, eagle_id};
pub(crate) use root::{mounted_at, nearest, stat, unmounted};
pub(crate) use volume::volume_at;
pub use walk::walk;
