//! Ids of playlists whose export gives them none. They are made of names, and a second playlist of one name needs another one: that
//! must not depend on which files happen to lie there, or a playlist becomes another one when a file comes or goes.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::lent::Writable;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use crate::model::Playlist;
use crate::names::playlist_id;
use crate::read::{Found, Kind};

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS csv_files (file TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT, WITHOUT ROWID";

/// The ids of CSV files, by the path that people see. A file that is there keeps the one that it has got.
pub(crate) fn csv(
    own: &dyn Writable,
    files: &[Found],
    findings: &mut Findings,
) -> Result<HashMap<String, String>, Error> {
    own.execute(TABLE, &[])?;
    let mut known = HashMap::new();
    for row in own.rows("SELECT file, id FROM csv_files", &[])? {
        let row = row?;
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        known.insert(text(0), text(1));
    }
    let ids = csv_ids(files, &known);
    for found in files {
        let Some(id) = ids.get(&found.shown).filter(|id| **id != playlist_id(&found.stem())) else { continue };
        let title = format!("{} is called like another export; its playlist is `{id}` in the catalog", found.shown);
        findings.add("same-name", &found.shown, Severity::Low, title, "");
    }
    // A file that is gone may come back: until another file has its id it stays known.
    let taken: HashSet<&String> = ids.values().collect();
    let gone = known.iter().filter(|(file, id)| !ids.contains_key(*file) && !taken.contains(id));
    let all: HashMap<_, _> = ids.iter().chain(gone).collect();
    if all != known.iter().collect() {
        own.execute("DELETE FROM csv_files", &[])?;
        let mut rows = all.iter().map(|(file, id)| vec![file.as_str().into(), id.as_str().into()]);
        own.batch("INSERT INTO csv_files VALUES (?1, ?2)", &mut rows)?;
    }
    Ok(ids)
}

/// Ids of CSV files: their names; where several have one, with the folder (`mix#2026`), and where that is taken with a number.
pub(crate) fn csv_ids(files: &[Found], known: &HashMap<String, String>) -> HashMap<String, String> {
    let (mut ids, mut taken) = (HashMap::new(), HashSet::new());
    let mut new = Vec::new();
    for found in files.iter().filter(|found| found.kind == Kind::Csv) {
        match known.get(&found.shown).filter(|id| taken.insert((*id).clone())) {
            Some(id) => drop(ids.insert(found.shown.clone(), id.clone())),
            None => new.push(found),
        }
    }
    for found in new {
        let plain = playlist_id(&found.stem());
        let below = found.shown.split_once('/').map_or("", |(_, below)| below);
        let folder = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let named = format!("{plain}#{}", playlist_id(folder));
        let choices = [plain.clone(), named].into_iter().filter(|id| *id == plain || !folder.is_empty());
        let numbered = (2_u32..).map(|number| format!("{plain}#{number}"));
        let Some(id) = choices.chain(numbered).find(|id| taken.insert(id.clone())) else { continue };
        ids.insert(found.shown.clone(), id);
    }
    ids
}

/// Ids of playlists of the privacy export: the names, with a number where several have one, over all its files in their order.
#[derive(Debug, Default)]
pub(crate) struct PrivacyIds(HashMap<String, usize>, HashSet<String>);

impl PrivacyIds {
    /// Gives the playlists of the next file their ids.
    pub(crate) fn give(&mut self, playlists: &mut [Playlist]) {
        for playlist in playlists {
            let times = self.0.entry(playlist.id.clone()).or_insert(0);
            *times += 1;
            if *times > 1 {
                playlist.id = format!("{}#{times}", playlist.id);
            }
            self.1.insert(playlist.id.clone());
        }
    }

    /// Whether any got this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.1.contains(id)
    }
}
