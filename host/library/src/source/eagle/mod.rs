//! An Eagle library, `X.library`, read from disk: `images/ID.info/` has each item's `metadata.json` and file.
//!
//! `mtime.json` has the time of the last change of each item, so the metadata of unchanged items is not opened again. If
//! `mtime.json` does not list an item, Baton uses the modification time of the item's `metadata.json`. Items in Eagle's
//! trash (`isDeleted`) are skipped. Eagle's files are never written, and their content cannot refer outside of the library:
//! the name in an item's metadata is only compared with the files of the item's folder.

mod metadata;
mod stamps;
mod walk;

pub(super) use walk::walk;
