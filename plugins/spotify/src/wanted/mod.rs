//! Tracks that are in playlists and not on disk. A list for people and for programs that buy or record; Baton downloads nothing.

mod disk;
mod list;
mod model;
mod report;

pub(crate) use disk::{DiskState, FileIndex, SCAN, has_files, in_lists};
pub use list::list;
