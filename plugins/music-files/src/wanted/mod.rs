//! The action `wanted`: tracks of playlists that are not on disk, as a list for people and for programs that buy or record. Baton downloads
//! nothing.

mod list;
mod report;

pub use list::list;
