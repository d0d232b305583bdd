//! Ingest: reads new files of a scanned folder into the catalog and compares them with the rest of the library.
//!
//! Each run is a scan of a part of the folder ([`crate::scan`]). The catalog remembers what was read, so a killed run or a
//! `baton library scan` at the same time reads nothing twice. The caller decides which files are new: it keeps a mark for each
//! file, and the mark changes with the audio.
//!
//! A file that was written within the last seconds is not reported yet: it may be incomplete.

mod low_priority;
mod scan_folder;
#[cfg(test)]
mod tests;

pub use scan_folder::{IngestOptions, IngestReport, NewFile, hear, key, mark};
