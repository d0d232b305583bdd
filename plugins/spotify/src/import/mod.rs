//! `import`: reads Spotify's exports into the catalog. A second import of the same files changes nothing, and an unchanged CSV file or
//! history is not parsed again.
//!
//! **Services.** In the catalog, every track and playlist has a service and an id.
//!
//! | item | service | id |
//! |---|---|---|
//! | track | `spotify` | Spotify's id; for a local file the whole URI |
//! | track of an export without ids | `names` | made of the artists, the title, and the ISRC or album |
//! | playlist of a CSV export | `spotify-csv` | the normalised name of the file |
//! | playlist in a file with several | `spotify-csv` | the id of the file and the name of the playlist: `export:late night` |
//! | playlist of the privacy export | `spotify-privacy` | the normalised name of the playlist |
//!
//! A second playlist with the same name gets another id (`ids.rs`).
//!
//! **Age and rank.** The facts of a file have the time when the file was written. So an older export adds new tracks, but does
//! not change facts of a newer export or complete playlists of a newer file. The privacy export and the history have fewer
//! facts than CSV files, so they have a lower rank.
//!
//! **Places.** A row that is not music, or cannot be read, becomes a place without a track. A shorter export removes the end of the playlist,
//! unless the export is incomplete. If a file is deleted, the catalog keeps its playlist.
//!
//! | file | what |
//! |---|---|
//! | `model.rs`, `state.rs` | arguments, result, and the state of an import |
//! | `session.rs` | which files are read, and the result of each |
//! | `pending.rs` | rows that wait to be written, some thousands at a time |
//! | `rows.rs`, `track_key.rs` | the rows of the catalog's views, and the ids of tracks there |
//! | `match_tracks.rs` | tracks without an id that are Spotify's tracks |
//! | `existing.rs` | the present content of the catalog |
//! | `plays.rs` | the history |
//! | `account.rs` | playlists of an account, which `account/` reads |

mod account;
mod existing;
mod match_tracks;
mod model;
mod pending;
mod plays;
mod rows;
mod session;
mod state;
mod track_key;

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Error;

use crate::read::Folder;

pub(crate) use account::AccountWriter;
pub use model::{Args, HostServices, Report};

/// Imports exports.
///
/// # Errors
/// When a path does not exist, or a database fails. Written rows are kept; the next attempt writes them again.
pub fn import(
    services: HostServices<'_>,
    folders: &[Folder],
    args: &Args,
    findings: &mut Findings,
) -> Result<Report, Error> {
    session::Session::begin(services, folders, args, findings)?.run(args)
}
