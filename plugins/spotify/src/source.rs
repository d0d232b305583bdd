//! Where playlists come from: export files below the granted folder, or the catalog.

use baton_plugin_kit::Findings;
use baton_plugin_kit::lent::Tables;
use baton_plugin_sdk::Error;

use crate::catalog::{self, MOST_ENTRIES, With};
use crate::model::Playlist;
use crate::names::playlist_id;
use crate::read::{Content, Folder, find, read};

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
                self.exports(place, only, findings)?
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

    fn exports(&self, place: &str, only: &[String], findings: &mut Findings) -> Result<Vec<Playlist>, Error> {
        if self.folders.is_empty() {
            return Err(Error::NeedsGrant(crate::grants::SPOTIFY.to_owned()));
        }
        let only: Vec<_> = only.iter().map(|name| playlist_id(name)).collect();
        let found = find(self.folders, &[place.to_owned()], findings).map_err(Error::Permanent)?;
        let (mut playlists, mut count, mut files) = (Vec::new(), 0, 0);
        for file in &found {
            let Some(Content::Playlists(here)) = read(file, findings) else { continue };
            files += 1;
            let wanted = here.into_iter().filter(|playlist| only.is_empty() || only.contains(&playlist.id));
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
