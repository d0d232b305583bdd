//! Fingerprints into the tags of the files themselves, where DJ programs and players of all kinds look.
//!
//! A file is somebody's music, so this is the one place that writes to it, and only when asked. Nothing is changed in place:
//! `tag_writer` puts the tag into a copy beside the file, `write` opens the copy as the format that the file was (`kind`), compares it
//! with the file (the audio by its digest, every other tag byte for byte) and only then gives it the file's name, in one step. `frames` counts what a reader of `ID3v2` may
//! have passed over, `attributes` carries over what is of the file and not in it.
//!
//! `fill` writes the title, artist, album and ISRC that another copy has into a file that lacks them, in the same way (`texts`).
//!
//! Files in Eagle's libraries are left alone: its makers warn of writing there, and its items get their tag through its API.

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
pub use write::{Audio, FileNeed, HashAudioFn, WriteOutcome, hear, look, stat_of, write};
