//! `import`: reads Spotify's exports into the catalog. A second import of the same files changes nothing, and an unchanged CSV file or
//! history is not parsed again.
//!
//! **Services.** Tracks have Spotify's ids (`spotify`; local files the whole URI). A CSV export has no id of its playlist, so the playlist is
//! `spotify-csv` with the normalised name of the file; a playlist of the privacy export is `spotify-privacy` with its name. Further
//! playlists with the same name get another id (`ids.rs`). If a file has several playlists, the id of each is the file's id and the name of
//! the playlist (`export:late night`). A track of an export without ids has the service `names`, and an id of its artists, title and ISRC
//! or album.
//!
//! **Age and rank.** The facts of a file have the time when the file was written. So an older export adds new tracks, but changes no facts of
//! a newer export and no complete playlist of a newer file. CSV files have more facts than the privacy export and the history, which
//! therefore have a lower rank.
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
