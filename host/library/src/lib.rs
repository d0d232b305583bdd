//! The music library: its sources, the audio files found there, their fingerprints, and duplicates.
//!
//! - [`source`] lists folders and Eagle libraries.
//! - [`scan`] reads new and changed files into the catalog.
//! - [`coverage`] and [`duplicates`] report on the catalog; [`lookup`] finds items that sound like a given fingerprint.
//! - [`link`] finds the track of each file.
//! - [`ingest`] does this for new files of a scanned folder.
//! - [`sync`] writes fingerprints to Eagle and, on request, to the tags of the files.
//!
//! `baton-fingerprint` decodes and fingerprints; `baton-catalog` has the tables.
//!
//! Invariants: Nothing here moves or deletes an audio file, and only [`sync::tags`] writes to one, without changing its audio.
//! If a file is missing or a source is unreachable, the catalog keeps their data. The memory of a scan does not grow with the
//! library, except for eight bytes per item while its source is listed.

pub mod coverage;
pub mod duplicates;
mod error;
pub mod ingest;
pub mod link;
pub mod lookup;
pub mod scan;
pub mod source;
pub mod sync;
#[cfg(test)]
mod test_sound;

pub use error::LibraryError;
