//! Which track each file of the library is: the one that a program names by its path; else the one that a file with the same sound
//! is; else the one that its tags, or its name, match alone. The reason is kept with the link (`files.linked_by`).
//!
//! Links by sound and tags are found anew when files or tracks have changed ([`link`]), before anybody reads the catalog: so it
//! does not matter in which order folders are scanned and sources imported. Links by path are written by whoever names the path,
//! and nothing here changes them.
//!
//! A print is compared once, with all of the library, and what sounds alike is kept (`sound_pairs`). Of copies that play on after the
//! first two minutes the whole sound is compared, as for duplicates; of that at least 32 files are read each time, and the rest the
//! next time.

mod find;
mod heard;
mod linked;
mod lock;
mod paths;
mod sound;
#[cfg(test)]
mod tests;
mod whole;

pub use find::link;
