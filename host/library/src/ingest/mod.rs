//! Ingest: reads new files of a scanned folder into the catalog and compares them with the rest of the library.
//!
//! Each run scans a part of the folder ([`crate::scan`]). The catalog records which files were read, so no file is read
//! twice, even if a run is killed or `baton library scan` runs at the same time. The caller keeps a mark for each reported
//! file; a file is new if its mark is missing or its audio has changed.
//!
//! A file that was written within the last seconds is not reported yet: it may be incomplete.

mod low_priority;
mod scan_folder;
#[cfg(test)]
mod tests;

pub use scan_folder::{IngestOptions, IngestReport, NewFile, key, mark, run};
