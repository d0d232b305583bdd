//! Tracks that are in playlists and not on disk. A list for people and for programs that buy or record; Baton downloads nothing.

mod list;
mod report;

pub use list::list;
