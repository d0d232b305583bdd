//! Which track each file of the library is: the one that a program names by its path; else the one that a file with the same sound
//! is; else the one that its tags, or its name, match alone. The reason is kept with the link (`files.linked_by`).
//!
//! Links by sound and tags are found anew when files or tracks have changed ([`link`]), before anybody reads the catalog: so it
//! does not matter in which order folders are scanned and sources imported. Links by path are written by whoever names the path,
//! and nothing here changes them.

mod find;
mod linked;
mod lock;
mod paths;
mod sound;

pub use find::link;
