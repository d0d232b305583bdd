//! The music of the catalog in memory: its tracks, playlists and files, the files of each track, and where a track without a
//! file can be heard or bought.

mod catalog_data;
mod file_index;
mod file_track;
mod links;

pub use catalog_data::{CatalogData, CatalogFile, CatalogPlaylist, CatalogTrack};
pub use file_index::{FileIndex, SCAN, TrackFiles, has_files, is_stream, tracks_in_playlists};
pub use file_track::{describe_file, stem_and_ending};
pub use links::{Link, pages, shop_links};
