//! Generates a djay library of any size from a seed: `MediaLibrary.db` with the tables of `YapDatabase`, objects in TSAF as macOS
//! and Windows write them, and djay's own indexes and views. Returns what it wrote, so that a test can compare it with what a reader
//! finds.
//!
//! The encoder shares no code with the reader in `plugins/djay`.

mod content;
mod database;
mod objects;
mod pool;
mod random;
mod spec;
pub mod tsaf;

pub use content::{LibraryContent, Play, Playlist, Session, Source, Track};
pub use spec::LibrarySpec;
pub use tsaf::Style;

/// Writes a library to `path`, which must not exist.
///
/// # Panics
/// When it cannot be written.
#[must_use]
pub fn write(path: &std::path::Path, wanted: &LibrarySpec) -> LibraryContent {
    write_with(path, wanted, |_| ())
}

/// As [`write()`], after `change` has changed the content.
///
/// # Panics
/// When it cannot be written.
pub fn write_with(
    path: &std::path::Path,
    wanted: &LibrarySpec,
    change: impl FnOnce(&mut LibraryContent),
) -> LibraryContent {
    let mut written = content::make(wanted);
    change(&mut written);
    database::write(path, wanted, &written);
    written
}
