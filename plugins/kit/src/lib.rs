//! Shared code of the bundled plugins: host services as traits, CSV files, folder listings, file names that every file system
//! accepts, musical keys, the music of the catalog, names of playlists, time, Markdown escapes, findings, and exports.
//!
//! It is not part of the contract: other plugins need only the SDK.

pub mod csv_file;
pub mod disk;
pub mod export;
mod findings;
pub mod folder;
pub mod host;
mod key;
pub mod library;
pub mod markdown;
mod older;
pub mod playlist_names;
mod safe_name;
pub mod time;

pub use findings::Findings;
pub use key::Key;
pub use older::is_older_name;
pub use safe_name::{safe_name, safe_path};
