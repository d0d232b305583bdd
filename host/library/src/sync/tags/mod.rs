//! Writes fingerprints into the tags of files, where DJ programs and players read them.
//!
//! This is the only code that writes to music files, and only on request. Nothing is changed in place: `tag_writer` writes
//! the tag into a copy beside the file. `write` opens the copy as the same format (`kind`), compares it with the file (the
//! audio by its digest, all other tags byte for byte) and only then renames it over the file. `frames` counts the `ID3v2`
//! frames, to detect skipped ones. `attributes` copies the metadata outside of the content.
//!
//! In the same way `fill` writes title, artist, album and ISRC of another copy into a file that does not have them (`texts`).
//!
//! Files in Eagle libraries are skipped: Eagle's makers warn against writing there, and its items get their tag through the
//! API.

mod attributes;
mod fill;
mod frames;
mod kind;
mod limits;
mod reading;
mod stop;
mod tag_writer;
mod temporary;
#[cfg(test)]
mod tests;
mod texts;
mod write;

pub use fill::{Ready, fill};
pub use temporary::remove_leftovers;
pub use write::{Audio, FileNeed, HashAudioFn, WriteOutcome, check, hash_audio, stat_of, write};
