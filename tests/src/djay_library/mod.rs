//! Generates a djay library of any size from a seed: `MediaLibrary.db` with the tables of `YapDatabase`, objects in TSAF as macOS
//! and Windows write them, and djay's own indexes and views. Returns what it wrote, so that a test can compare it with what a reader
//! finds.
//!
//! The encoder shares no code with the reader in `plugins/djay`.

mod database;
mod objects;
mod pool;
mod random;
pub mod tsaf;
mod wanted;
mod written;

pub use tsaf::Style;
pub use wanted::Wanted;
pub use written::{Play, Playlist, Session, Source, Track, Written};

/// Writes a library to `path`, which must not exist.
///
/// # Panics
/// When it cannot be written.
#[must_use]
pub fn write(path: &std::path::Path, wanted: &Wanted) -> Written {
    write_with(path, wanted, |_| ())
}

/// As [`write()`], after `change` has changed the content.
///
/// # Panics
/// When it cannot be written.
pub fn write_with(path: &std::path::Path, wanted: &Wanted, change: impl FnOnce(&mut Written)) -> Written {
    let mut written = written::make(wanted);
    change(&mut written);
    database::write(path, wanted, &written);
    written
}
