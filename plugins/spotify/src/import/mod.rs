//! `import`: what Spotify exported becomes what the catalog knows. Saying the same again changes nothing, and a CSV file or a history
//! that is as it was is not even parsed.
//!
//! **Services.** Tracks have Spotify's own ids (`spotify`; local files their whole URI). A CSV export holds no id of its playlist, so
//! that is `spotify-csv` and the normalised name of the file; a playlist of the privacy export is `spotify-privacy` and its name. Of
//! several with one name the next ones get another (`ids.rs`). In a file that holds several playlists each has the file's id with its
//! own name behind it (`export:late night`). A track of an export that has no ids is `names` and its artists, title and ISRC or album.
//!
//! **What counts.** What a file says was so when it was written (its time of change), so an older export overrides nothing of a newer
//! one: of tracks the catalog takes what is new, and a playlist that was written whole from a newer file stays. CSV files know more
//! than the privacy export, so that and the history have a lower rank.
//!
//! **A playlist keeps its places.** What a row names that is no music, or that cannot be read, is a place without a track. A shorter
//! export takes the end out of the playlist, unless it breaks off. A file that is gone takes nothing out.
//!
//! | file | what |
//! |---|---|
//! | `model.rs`, `state.rs` | arguments, result; the state of an import |
//! | `session.rs` | which files are read, and the result of each |
//! | `pending.rs` | rows that wait to be written, some thousands at a time |
//! | `rows.rs`, `track_key.rs` | the rows of the catalog's views, and what a track is called there |
//! | `same.rs` | tracks without an id that are Spotify's tracks |
//! | `existing.rs` | what the catalog has already |
//! | `plays.rs` | the history |

mod existing;
mod model;
mod pending;
mod plays;
mod rows;
mod same;
mod session;
mod state;
mod track_key;

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Error;

use crate::read::Folder;

pub use model::{Args, HostServices, Report};

/// Imports.
///
/// # Errors
/// When a path leads nowhere, or a database fails. What was written until then stays and is said again by the next attempt.
pub fn import(
    services: HostServices<'_>,
    folders: &[Folder],
    args: &Args,
    findings: &mut Findings,
) -> Result<Report, Error> {
    session::Session::begin(services, folders, args, findings)?.run(args)
}
