//! The arguments, host services and result of an import.

use baton_plugin_kit::host::{Progress, Writable};
use baton_plugin_sdk::Outcome;
use serde::Deserialize;

use crate::names::counted;
use crate::read::Mapping;

/// The host services that an import uses.
#[derive(Clone, Copy)]
pub struct HostServices<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Writable,
    /// The plugin's own tables: which files of the history are imported, and what playlists say of themselves.
    pub own: &'a dyn Writable,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
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

/// Counts of what was done.
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
