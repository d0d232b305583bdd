//! Where playlists come from: export files below the granted folder, or the catalog.

use std::collections::HashMap;

use baton_plugin_kit::Findings;
use baton_plugin_kit::lent::Tables;
use baton_plugin_sdk::Error;

use crate::catalog::{self, MOST_ENTRIES, With};
use crate::ids::{PrivacyIds, csv_ids};
use crate::model::Playlist;
use crate::names::playlist_id;
use crate::read::{Content, Folder, Kind, find, read};

/// The word that names the catalog where a path may stand.
pub const CATALOG: &str = "catalog";

/// What playlists are read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Tables,
    /// The folders with exports.
    pub folders: &'a [Folder],
}

impl Sources<'_> {
    /// The playlists of some places, in the order in which those are named: `catalog`, or files and folders. With names only those.
    ///
    /// # Errors
    /// When a place is not there, none of its files can be read, or there are too many entries.
    pub fn load(
        &self,
        places: &[String],
        only: &[String],
        with: With,
        findings: &mut Findings,
    ) -> Result<Vec<Playlist>, Error> {
        let (mut playlists, mut entries) = (Vec::new(), 0);
        for place in places {
            let here = if place == CATALOG {
                catalog::playlists(self.catalog, only, with)?
            } else {
                let mut here = self.exports(place, only, findings)?;
                if with.files {
                    catalog::files_by_id(self.catalog, &mut here)?;
                }
                here
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
        Ok(playlists)
    }

    /// The path of a playlist's file below a place that was named; the whole one where it lies elsewhere.
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

    fn exports(&self, place: &str, only: &[String], findings: &mut Findings) -> Result<Vec<Playlist>, Error> {
        if self.folders.is_empty() {
            return Err(Error::NeedsGrant(crate::grants::SPOTIFY.to_owned()));
        }
        let only: Vec<_> = only.iter().map(|name| playlist_id(name)).collect();
        let found = find(self.folders, &[place.to_owned()], findings).map_err(Error::Permanent)?;
        let all = find(self.folders, &[], &mut Findings::default()).map_err(Error::Permanent)?;
        let (ids, mut privacy_ids) = (csv_ids(&all, &HashMap::new()), PrivacyIds::default());
        let (mut playlists, mut count, mut files) = (Vec::new(), 0, 0);
        for file in &found {
            let Some(Content::Playlists(mut here)) = read(file, findings) else { continue };
            files += 1;
            if file.kind == Kind::Csv {
                let id = ids.get(&file.shown);
                here.iter_mut().zip(id).for_each(|(playlist, id)| playlist.id.clone_from(id));
            } else {
                privacy_ids.give(&mut here);
            }
            let named = |playlist: &Playlist| only.contains(&playlist_id(&playlist.name));
            let wanted = here.into_iter().filter(|playlist| only.is_empty() || named(playlist));
            for playlist in wanted {
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
            let why = findings_of(findings);
            return Err(Error::Permanent(format!("`{place}` holds no playlist that can be read{why}")));
        }
        Ok(playlists)
    }
}

/// Why a file was not read, for the message: the findings are lost with an error.
fn findings_of(findings: &mut Findings) -> String {
    let list = std::mem::take(findings).into_list();
    list.into_iter()
        .find(|finding| finding.id.starts_with("file:"))
        .map(|finding| format!(": {}", finding.title))
        .unwrap_or_default()
}
