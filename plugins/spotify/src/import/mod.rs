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
//! | `session.rs` | which files are read, and what comes of each |
//! | `pending.rs` | rows that wait to be written, some thousands at a time |
//! | `rows.rs`, `track_key.rs` | the rows of the catalog's views, and what a track is called there |
//! | `same.rs` | tracks without an id that are Spotify's tracks |
//! | `known.rs` | what the catalog has from before |
//! | `plays.rs` | the history |

mod existing;
mod pending;
mod plays;
mod rows;
mod same;
mod session;
mod track_key;

pub(crate) use existing::{CSV, PRIVACY};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::{Error, Outcome};
use serde::Deserialize;

use crate::names::counted;
use crate::read::{Folder, Mapping};
use crate::watch::Watch;

/// What is lent.
#[derive(Clone, Copy)]
pub struct HostServices<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Writable,
    /// The plugin's own tables: which files of the history are imported, and what playlists say of themselves.
    pub own: &'a dyn Writable,
    /// Whoever watches.
    pub watch: &'a dyn Watch,
}

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Files and folders below the granted one; all when there are none.
    pub paths: Vec<String>,
    /// Names of playlists; all when there are none.
    pub playlists: Vec<String>,
    /// Which column is what in files of programs that are not known.
    pub columns: Mapping,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were looked at.
    pub files: usize,
    /// Files, or playlists of one, that are as they were.
    pub unchanged: usize,
    /// Files that could not be read; the findings say why.
    pub unread: usize,
    /// Playlists that were written in part only, because their export breaks off or has too many rows.
    pub part: usize,
    /// Playlists that were written, with those of liked songs.
    pub playlists: usize,
    /// Their entries.
    pub entries: usize,
    /// Different tracks in them and in the history.
    pub tracks: usize,
    /// Plays that the catalog did not have.
    pub plays: usize,
    /// Plays that it had without a track, and that have one now.
    pub linked: usize,
    /// Plays of the catalog that are linked to no track, as far as the history was read.
    pub unlinked: usize,
}

impl Report {
    /// The outcome: `refused` where no file could be read. What else was left out the findings say.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.files == 0 {
            let step = "put Spotify's exports (CSV files of Exportify, or the privacy export) into the granted folder \
                        (`baton plugin grants spotify` shows it), or grant the folder that has them";
            return Outcome::refused(self.summary()).with_next_step(step);
        }
        if self.unread == self.files {
            let step = "export the playlists again, or say which column is what (argument `columns`): the findings say what is \
                        wrong with each file";
            return Outcome::refused(self.summary()).with_next_step(step);
        }
        Outcome::new(self.summary())
    }

    /// In words.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.files == 0 {
            return "There is no export to import: no CSV file and no file of the privacy export.".to_owned();
        }
        let unread = match self.unread {
            0 => String::new(),
            1 => " 1 file could not be read; the findings say why.".to_owned(),
            unread => format!(" {unread} files could not be read; the findings say why."),
        };
        let (read, files) = (self.files.saturating_sub(self.unread), self.files);
        if read == 0 {
            return format!("Nothing was imported.{unread}");
        }
        if self.playlists + self.plays + self.linked == 0 {
            return format!(
                "Nothing has changed: {read} of {files} files were read, and all that they say is known.{unread}"
            );
        }
        let unchanged = match self.unchanged {
            0 => String::new(),
            1 => " 1 was as before.".to_owned(),
            unchanged => format!(" {unchanged} were as before."),
        };
        let tell = |number: usize, said: String| if number > 0 { format!(" {said}.") } else { String::new() };
        let plays = tell(self.plays, format!("{} imported", counted(self.plays, "play was", "plays were")))
            + &tell(self.linked, format!("{} linked to a track", counted(self.linked, "play was", "plays were")))
            + &tell(
                self.unlinked,
                format!("{} no track that is known", counted(self.unlinked, "play names", "plays name")),
            );
        let part = match self.part {
            0 => String::new(),
            1 => " 1 of them was read in part only; the findings say why.".to_owned(),
            part => format!(" {part} of them were read in part only; the findings say why."),
        };
        format!(
            "{} with {} and {} were imported from {}.{part}{unchanged}{plays}{unread}",
            counted(self.playlists, "playlist", "playlists"),
            counted(self.entries, "entry", "entries"),
            counted(self.tracks, "track", "tracks"),
            counted(read, "file", "files"),
        )
    }
}

/// Imports.
///
/// # Errors
/// When a path leads nowhere, or a database fails. What was written until then stays and is said again by the next attempt.
pub fn import(
    lent: HostServices<'_>,
    folders: &[Folder],
    args: &Args,
    findings: &mut Findings,
) -> Result<Report, Error> {
    session::Session::begin(lent, folders, args, findings)?.run(args)
}
