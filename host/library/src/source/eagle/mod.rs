//! A library of Eagle, `X.library`, read from disk: `images/ID.info/` has each item's `metadata.json` and file.
//!
//! `mtime.json` says when each item was changed last, so that the metadata of items that are as they were is not opened
//! again; an item that it does not name goes by the time of its `metadata.json`. Items in Eagle's bin (`isDeleted`) are not
//! there. Eagle's files are never written, and nothing in them leads out of the library: of an item's metadata only its name
//! is looked for among the files of its folder.

mod metadata;
mod stamps;
mod walk;

pub(super) use walk::walk;
