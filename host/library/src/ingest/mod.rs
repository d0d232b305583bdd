//! Arrivals: what is new in a folder that somebody watches, read into the catalog and held against the rest of the library.
//!
//! Reading is a scan of that folder, a piece at a time ([`crate::scan`]): the catalog is its memory, so nothing is read twice,
//! whether it is killed or `baton library scan` runs beside it. What of that is news decides whoever asks: by a mark of each
//! file, which is another one when the file is another one.
//!
//! A file that was written to within the last seconds is no news yet: it may be half there.

mod low_priority;
mod scan_folder;
#[cfg(test)]
mod tests;

pub use scan_folder::{IngestOptions, IngestReport, NewFile, hear, key, mark};
