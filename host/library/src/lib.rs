//! The music library: where the music lies, what was found there, how much of it is fingerprinted, and what is there twice.
//!
//! [`source`] lists places, [`scan`] reads what is new or changed into the catalog, [`coverage`] and [`duplicates`] tell what
//! came of it, [`lookup`] finds there what sounds like something else, [`link`] says which track a file is, [`ingest`] does all that to what is new in a watched
//! folder, [`sync`] tells Eagle and, when asked, the files' own tags. Decoding and fingerprints are `baton-fingerprint`'s, the
//! tables `baton-ledger`'s.
//!
//! Invariants: no audio file is ever moved or deleted, and none written but by [`sync::tags`], which keeps its audio; nothing
//! in the catalog is deleted because a file is not there; a source that cannot be reached says nothing about its items; the
//! memory of a scan does not grow with the library, but for eight bytes an item while its source is listed.

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
