//! The library in the catalog: its sources, its items, and the results of reading them.
//!
//! [`Library`] writes these tables; only one process at a time may use it. In the same transaction it writes files and
//! fingerprints through the views of the catalog. [`super::Catalog`] reads and never waits for a writer.
//!
//! Commits are cheap here (`synchronous = NORMAL`): a killed process loses nothing that was committed. A power failure may lose
//! the newest items, which the next scan reads again.

mod column;
mod coverage;
mod entry;
mod kept_copy;
mod links;
mod list;
mod model;
#[cfg(test)]
mod moved_tests;
mod pending_items;
mod record;
mod sounds;
mod source;
#[cfg(test)]
mod tests;
mod unlisted_files;
mod volume;
mod whole_prints;
mod write_item;
mod writer;

pub use coverage::{Count, MissingPerSource};
pub use entry::Entry;
pub use kept_copy::{KeptCopy, TagChange};
pub use links::{FileLink, SamePath};
pub use list::MissingItem;
pub use model::{ComparedItem, ItemState, KnownItem, ListedItem, ListedState};
pub use pending_items::{PagePosition, PreviousReading, WaitingItem, WorkFilter, WorkSize};
pub use record::{AudioFacts, ComparedReading, FileReading, FileStat, ReadingOutcome, RewrittenFile, Tags};
pub use sounds::SoundPair;
pub use source::{Source, SourceKind};
pub use volume::Volume;
pub use whole_prints::WholePrint;
pub use writer::Library;
