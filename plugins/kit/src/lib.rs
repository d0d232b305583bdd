//! Shared code of the bundled plugins, and their only layer to the host. Other plugins need only the SDK.
//!
//! | module | contents |
//! |---|---|
//! | [`host`] | a trait for each host service: databases, locks, git, ledger, requests, progress |
//! | [`export`], [`Findings`], [`markdown`] | output: files in a folder or as artifacts, findings within limits, escaped text |
//! | [`audit_report`] | the newest report of the audit: its gaps, and whether it would list a certain gap |
//! | [`csv_file`] | CSV files of other programs: encodings, separators, damaged files |
//! | [`notion`] | requests to Notion, queries, properties |
//! | [`folder`], `granted`, [`disk`], [`safe_name()`], [`safe_path()`] | files: listings, granted folders, errors of full disks, names that every file system accepts |
//! | [`plans`] | plans of changes to something online: stored, found again, applied, undone |
//! | [`library`], [`playlist_names`], [`Key`] | music: tracks, files and playlists of the catalog, musical keys |
//! | [`time`], [`count()`], [`counted()`], [`beginning()`] | times, counted nouns and shortened texts |
//!
//! File patterns are in `baton_core::glob`, and the matching of tracks in `baton_track_match`.

pub mod audit_report;
pub mod csv_file;
pub mod disk;
pub mod export;
mod findings;
pub mod folder;
#[cfg(target_family = "wasm")]
pub mod granted;
pub mod host;
mod key;
pub mod library;
pub mod markdown;
pub mod notion;
mod older_exports;
pub mod plans;
pub mod playlist_names;
mod safe_name;
mod text;
pub mod time;

pub use findings::Findings;
pub use key::Key;
pub use older_exports::is_older_name;
pub use safe_name::{safe_name, safe_path};
pub use text::{beginning, count, counted, plural};
