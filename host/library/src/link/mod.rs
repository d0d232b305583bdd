//! Links each file of the library to its track, in this order of preference: the track that a program names with the file's path;
//! the track of a file with the same sound; the only track that matches the tags or the name. The reason is stored with the link
//! (`files.linked_by`).
//!
//! [`link`] updates the links by sound and by tags when files or tracks have changed, before the catalog is read. So
//! folders can be scanned and sources imported in any order. Importers write the links by path, and this module does not
//! change them.
//!
//! Each fingerprint is compared with the library once, and its similar pairs are stored (`sound_pairs`). Copies that are longer
//! than two minutes are compared to their end, as for duplicates. One run stops after about 32 such files; the next runs read the
//! rest.

mod copy_comparer;
mod find;
mod linked_item;
mod lock;
mod paths;
mod similar;
mod sound;
#[cfg(test)]
mod tests;

pub use find::link;
