//! The arguments, host services and result of an import.

use baton_plugin_kit::host::{Progress, Writable};
use baton_plugin_sdk::Outcome;
use serde::Deserialize;

use crate::read::Mapping;
use baton_plugin_kit::counted;

/// The host services that an import uses.
#[derive(Clone, Copy)]
pub struct HostServices<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Writable,
    /// The plugin's own tables: imported files of the history, and descriptions of playlists.
    pub own: &'a dyn Writable,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
}

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Files and folders below the granted folder; absent: all.
    pub paths: Vec<String>,
    /// Names of playlists; absent: all.
    pub playlists: Vec<String>,
    /// The columns of files of unknown programs.
    pub columns: Mapping,
}

/// The counts of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were checked.
    pub files: usize,
    /// Unchanged files, and unchanged playlists of a file with several playlists.
    pub unchanged: usize,
    /// Files that could not be read; the findings say why.
    pub unread: usize,
    /// Files without a playlist; the findings say why.
    pub empty: usize,
    /// Playlists that were written in part, because their export is incomplete or has too many rows.
    pub part: usize,
    /// Written playlists, including lists of liked songs.
    pub playlists: usize,
    /// Entries of these playlists.
    pub entries: usize,
    /// Different tracks in these playlists and in the history.
    pub tracks: usize,
    /// Plays that the catalog did not have.
    pub plays: usize,
    /// Plays of the catalog that had no track and have one now.
    pub linked: usize,
    /// Plays of the catalog without a track, as far as the history was read.
    pub unlinked: usize,
}

impl Report {
    /// The outcome: `refused` if no file could be read, or none has anything to import. Findings report other parts that were
    /// left out.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.files == 0 {
            let step = "put Spotify's exports (CSV files of Exportify, or the privacy export) into the granted folder \
                        (`baton plugin grants spotify` shows it), or grant the folder that has them";
            return Outcome::refused(self.summary()).with_next_step(step);
        }
        if self.unread + self.empty == self.files {
            let step = "export the playlists again, or name the columns of the files (argument `columns`): the findings have the \
                        problem of each file";
            return Outcome::refused(self.summary()).with_next_step(step);
        }
        Outcome::new(self.summary())
    }

    /// The counts as text.
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
        let empty = match self.empty {
            0 => String::new(),
            1 => " 1 file has no playlist; the findings say why.".to_owned(),
            empty => format!(" {empty} files have no playlist; the findings say why."),
        };
        let (read, files) = (self.files.saturating_sub(self.unread + self.empty), self.files);
        if read == 0 {
            return format!("Nothing was imported.{empty}{unread}");
        }
        if self.playlists + self.plays + self.linked == 0 {
            return format!(
                "Nothing has changed: {read} of {files} files were read, and the catalog already has their data.{empty}{unread}"
            );
        }
        let unchanged = match self.unchanged {
            0 => String::new(),
            1 => " 1 was unchanged.".to_owned(),
            unchanged => format!(" {unchanged} were unchanged."),
        };
        let sentence = |number: usize, said: String| if number > 0 { format!(" {said}.") } else { String::new() };
        let plays = sentence(self.plays, format!("{} imported", counted(self.plays, "play was", "plays were")))
            + &sentence(self.linked, format!("{} linked to a track", counted(self.linked, "play was", "plays were")))
            + &sentence(
                self.unlinked,
                format!("{} no known track", counted(self.unlinked, "play names", "plays name")),
            );
        let part = match self.part {
            0 => String::new(),
            1 => " Only a part of 1 of them was read; the findings say why.".to_owned(),
            part => format!(" Only a part of {part} of them was read; the findings say why."),
        };
        format!(
            "{} with {} and {} were imported from {}.{part}{unchanged}{plays}{empty}{unread}",
            counted(self.playlists, "playlist", "playlists"),
            counted(self.entries, "entry", "entries"),
            counted(self.tracks, "track", "tracks"),
            counted(read, "file", "files"),
        )
    }
}
