//! The sources of playlists: export files below the granted folder, or the catalog.

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_kit::playlist_names::{playlist_id, report_unknown};
use baton_plugin_sdk::Error;

use crate::catalog::{self, EntryDetails, MOST_ENTRIES};
use crate::episodes;
use crate::ids::{self, PrivacyIds};
use crate::model::{Playlist, SERVICE_ACCOUNT};
use crate::read::{Content, Folder, Kind, find, read};

/// The word for the catalog, used instead of a path.
pub const CATALOG: &str = "catalog";

/// The word for the playlists of the account in the catalog, used instead of a path.
pub const ACCOUNT: &str = "account";

/// The error of a task without a grant of the folder with exports.
pub const NOT_GRANTED: &str = "the folder with Spotify's exports is not granted: baton plugin grant spotify \
    files:ro=spotify=FOLDER (the folder with the CSV files, or with the privacy export)";

/// The sources of playlists.
#[derive(Clone, Copy)]
pub struct PlaylistSources<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Tables,
    /// The plugin's own tables, if they are granted: which file was imported as which playlist.
    pub own: Option<&'a dyn Tables>,
    /// The folders with exports.
    pub folders: &'a [Folder],
}

impl PlaylistSources<'_> {
    /// The playlists of these places (`catalog`, `account`, files, folders), in the order of the places. If `only` has
    /// names, only playlists with these names are loaded.
    ///
    /// # Errors
    /// When a place does not exist, none of its files can be read, no playlist has one of the names, or there are too many entries.
    pub fn load(
        &self,
        places: &[String],
        only: &[String],
        with: EntryDetails,
        findings: &mut Findings,
    ) -> Result<Vec<Playlist>, Error> {
        let (playlists, names) = self.gather(places, only, with, findings)?;
        report_unknown(&format!("`{}`", places.join("`, `")), only, &names, findings)?;
        Ok(playlists)
    }

    /// As [`PlaylistSources::load`], and also returns the names of all existing playlists.
    ///
    /// # Errors
    /// As [`PlaylistSources::load`], but a name without a playlist is not an error.
    pub fn gather(
        &self,
        places: &[String],
        only: &[String],
        with: EntryDetails,
        findings: &mut Findings,
    ) -> Result<(Vec<Playlist>, Vec<String>), Error> {
        let (mut playlists, mut names, mut entries) = (Vec::new(), Vec::new(), 0);
        for place in places {
            let here = if place == CATALOG || place == ACCOUNT {
                if !only.is_empty() {
                    names.extend(catalog::names(self.catalog)?);
                }
                let mut here = catalog::playlists(self.catalog, only, with)?;
                if place == ACCOUNT {
                    here.retain(|playlist| playlist.service == SERVICE_ACCOUNT);
                }
                // The grant of the own tables is optional. Without them, episodes have no names.
                if let Some(own) = self.own {
                    if_granted(episodes::fill(own, &mut here))?;
                }
                here
            } else {
                self.exports(place, only, &mut names, findings)?
            };
            entries += here.iter().map(|playlist| playlist.entries.len()).sum::<usize>();
            if entries > MOST_ENTRIES {
                return Err(Error::Permanent(format!(
                    "`{}` has more than {MOST_ENTRIES} entries; name fewer files, or some playlists in `playlists`",
                    places.join("`, `")
                )));
            }
            playlists.extend(here);
        }
        Ok((playlists, names))
    }

    /// The path of a playlist's file relative to a named place. If the file is not below the place, the path is relative to
    /// the granted folder.
    #[must_use]
    pub fn below<'a>(&self, place: &str, file: &'a str) -> &'a str {
        let place = place.trim_end_matches('/');
        for folder in self.folders {
            let Some(rest) = file.strip_prefix(folder.shown.as_str()).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let shown = place.strip_prefix(folder.shown.as_str()).and_then(|rest| rest.strip_prefix('/'));
            let inside = [Some(place), shown].into_iter().flatten();
            let mut cut = inside.filter_map(|place| rest.strip_prefix(place)?.strip_prefix('/'));
            return cut.next().unwrap_or(rest);
        }
        file
    }

    fn exports(
        &self,
        place: &str,
        only: &[String],
        names: &mut Vec<String>,
        findings: &mut Findings,
    ) -> Result<Vec<Playlist>, Error> {
        if self.folders.is_empty() {
            return Err(Error::NeedsGrant(NOT_GRANTED.to_owned()));
        }
        let only: Vec<_> = only.iter().map(|name| playlist_id(name)).collect();
        let found = find(self.folders, &[place.to_owned()], findings).map_err(Error::Permanent)?;
        let all = find(self.folders, &[], &mut Findings::default()).map_err(Error::Permanent)?;
        // Without the own tables, ids are those of a first import.
        let known = self.own.map(|own| if_granted(ids::known(own))).transpose()?.flatten().unwrap_or_default();
        let (ids, mut privacy_ids) = (ids::csv_ids(self.folders, &all, &known).0, PrivacyIds::default());
        let (mut playlists, mut count, mut files) = (Vec::new(), 0, 0);
        for file in &found {
            let Some(Content::Playlists(mut here)) = read(file, findings) else { continue };
            files += 1;
            if file.kind == Kind::Csv {
                let id = ids.get(&file.shown).map_or_else(|| playlist_id(&file.stem()), Clone::clone);
                for playlist in &mut here {
                    playlist.identify(&id);
                }
            } else {
                privacy_ids.set_ids(&mut here);
            }
            names.extend(here.iter().map(|playlist| playlist.name.clone()));
            let named = |playlist: &Playlist| only.contains(&playlist_id(&playlist.name));
            let selected = here.into_iter().filter(|playlist| only.is_empty() || named(playlist));
            for playlist in selected {
                count += playlist.entries.len();
                playlists.push(playlist);
            }
            if count > MOST_ENTRIES {
                return Err(Error::Permanent(format!(
                    "`{place}` has more than {MOST_ENTRIES} entries; name fewer files"
                )));
            }
        }
        if files == 0 {
            let why = first_file_finding(findings);
            return Err(Error::Permanent(format!("`{place}` has no playlist that can be read{why}")));
        }
        Ok(playlists)
    }
}

/// Converts the error of a missing grant to `None`.
fn if_granted<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::NeedsGrant(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The title of the first finding about a file. It becomes a part of the error message, because a task with an error has no
/// findings.
fn first_file_finding(findings: &mut Findings) -> String {
    let list = std::mem::take(findings).into_list();
    list.into_iter()
        .find(|finding| finding.id.starts_with("file:"))
        .map(|finding| format!(": {}", finding.title))
        .unwrap_or_default()
}
