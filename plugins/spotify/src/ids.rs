//! Ids of playlists whose export has none. They are derived from names; a second playlist with the same name gets another id. A
//! given id does not change, so a playlist keeps its id when other files are added or deleted.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{Tables, Writable};
use baton_plugin_kit::playlist_names::playlist_id;
use baton_plugin_sdk::sql::{Row, Value};
use baton_plugin_sdk::{Error, Severity};

use crate::model::Playlist;
use crate::read::{Folder, FoundFile, Kind};

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS csv_ids (file TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT, WITHOUT ROWID";

/// The table of an earlier version: files by their paths on the host, which change with another grant of the folder.
const OLD_TABLE: &str = "csv_files";

/// The ids of CSV files by the path that people see. The path below the granted folder identifies the file, so a file keeps its id when the
/// folder is moved or renamed, or when a folder around it is granted.
pub(crate) fn csv(
    own: &dyn Writable,
    folders: &[Folder],
    files: &[FoundFile],
    findings: &mut Findings,
) -> Result<HashMap<String, String>, Error> {
    own.execute(TABLE, &[])?;
    let known = known(own)?;
    let (ids, keys) = csv_ids(folders, files, &known);
    for found in files {
        let Some(id) = ids.get(&found.shown).filter(|id| **id != playlist_id(&found.stem())) else { continue };
        let title = format!("{} has the name of another export; its playlist is `{id}` in the catalog", found.shown);
        findings.add("same-name", &found.shown, Severity::Low, title, "");
    }
    // Rows are changed one by one and the table is never emptied: another import may run, or this one may be killed.
    let mut new = keys.iter().filter(|(key, id)| known.get(*key) != Some(*id)).map(|(key, id)| pair(key, id));
    let put = "INSERT INTO csv_ids VALUES (?1, ?2) ON CONFLICT (file) DO UPDATE SET id = excluded.id";
    own.batch(put, &mut new)?;
    // A deleted file may be restored: its id is kept until another file gets it.
    let taken: HashSet<&String> = keys.values().collect();
    let mut missing =
        known.iter().filter(|(key, id)| !keys.contains_key(*key) && taken.contains(id)).map(|(key, id)| pair(key, id));
    own.batch("DELETE FROM csv_ids WHERE file = ?1 AND id = ?2", &mut missing)?;
    Ok(ids)
}

fn pair(key: &str, id: &str) -> Row {
    vec![key.into(), id.into()]
}

/// The files that have an id. If this version has not stored ids yet, the files whose ids an earlier version stored.
pub(crate) fn known(own: &dyn Tables) -> Result<HashMap<String, String>, Error> {
    for table in ["csv_ids", OLD_TABLE] {
        let there = own.query("SELECT count(*) FROM sqlite_schema WHERE name = ?1", &[table.into()])?;
        if there.integer() == Some(0) {
            continue;
        }
        let mut known = HashMap::new();
        for row in own.rows(&format!("SELECT file, id FROM {table}"), &[])? {
            let row = row?;
            let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
            known.insert(text(0), text(1));
        }
        if !known.is_empty() {
            return Ok(known);
        }
    }
    Ok(HashMap::new())
}

/// The keys of CSV files: their paths below the granted folder. If two granted folders have a file with the same path,
/// the key of the second file gets a number.
fn keys(folders: &[Folder], files: &[FoundFile]) -> Vec<(String, FoundFile)> {
    let mut taken = HashSet::new();
    let mut keys = Vec::new();
    for found in files.iter().filter(|found| found.kind == Kind::Csv) {
        let below = folders.iter().find_map(|folder| found.path.strip_prefix(&folder.path).ok());
        let below = below.map_or_else(|| found.shown.clone(), |below| below.to_string_lossy().replace('\\', "/"));
        let numbered = (2_u32..).map(|number| format!("{number}:{below}"));
        let key = std::iter::once(below.clone()).chain(numbered).find(|key| taken.insert(key.clone()));
        keys.push((key.unwrap_or(below), found.clone()));
    }
    keys
}

/// The ids of CSV files. The id of a file is its name. If several files have the name, the folder is added (`mix#2026`). If
/// that id is in use, a number is added. Returns the ids by the path that people see, and by the key.
pub(crate) fn csv_ids(
    folders: &[Folder],
    files: &[FoundFile],
    known: &HashMap<String, String>,
) -> (HashMap<String, String>, HashMap<String, String>) {
    let files = keys(folders, files);
    let moved = moved(&files, known);
    let (mut ids, mut by_key, mut taken) = (HashMap::new(), HashMap::new(), HashSet::new());
    let mut new = Vec::new();
    let mut give = |key: &str, found: &FoundFile, id: String| {
        ids.insert(found.shown.clone(), id.clone());
        by_key.insert(key.to_owned(), id);
    };
    for (key, found) in &files {
        let before = known.get(key).or_else(|| known.get(*moved.get(key.as_str())?));
        match before.filter(|id| taken.insert((*id).clone())) {
            Some(id) => give(key, found, id.clone()),
            None => new.push((key, found)),
        }
    }
    for (key, found) in new {
        let plain = playlist_id(&found.stem());
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let named = format!("{plain}#{}", playlist_id(folder));
        let choices = [plain.clone(), named].into_iter().filter(|id| *id == plain || !folder.is_empty());
        let numbered = (2_u32..).map(|number| format!("{plain}#{number}"));
        let Some(id) = choices.chain(numbered).find(|id| taken.insert(id.clone())) else { continue };
        give(key, found, id);
    }
    (ids, by_key)
}

/// Pairs unknown files with known paths of missing files if one path is the end of the other. This is the case after the operator
/// grants a folder above or below the previous one. Pairs with the smallest difference in length come first.
fn moved<'a>(files: &'a [(String, FoundFile)], known: &'a HashMap<String, String>) -> HashMap<&'a str, &'a str> {
    let name = |path: &'a str| path.rsplit('/').next().unwrap_or_default();
    let there: HashSet<&str> = files.iter().map(|(key, _)| key.as_str()).collect();
    let mut missing: HashMap<&str, Vec<&str>> = HashMap::new();
    for key in known.keys().filter(|key| !there.contains(key.as_str())) {
        missing.entry(name(key)).or_default().push(key);
    }
    let below = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
    let mut pairs = Vec::new();
    for (key, _) in files.iter().filter(|(key, _)| !known.contains_key(key)) {
        let near = missing.get(name(key)).into_iter().flatten().filter(|old| below(old, key) || below(key, old));
        pairs.extend(near.map(|old| (old.len().abs_diff(key.len()), key.as_str(), *old)));
    }
    pairs.sort_unstable();
    let (mut moved, mut used) = (HashMap::new(), HashSet::new());
    for (_, key, old) in pairs {
        if !moved.contains_key(key) && used.insert(old) {
            moved.insert(key, old);
        }
    }
    moved
}

/// Ids of playlists of the privacy export. The id of a playlist is its name. If several playlists have one name, a number is
/// added; all files are counted in their order.
#[derive(Debug, Default)]
pub(crate) struct PrivacyIds {
    /// How often each name was used.
    times: HashMap<String, usize>,
    given: HashSet<String>,
}

impl PrivacyIds {
    /// Sets the ids of the playlists of the next file.
    pub(crate) fn set_ids(&mut self, playlists: &mut [Playlist]) {
        for playlist in playlists {
            let times = self.times.entry(playlist.id.clone()).or_insert(0);
            *times += 1;
            if *times > 1 {
                playlist.id = format!("{}#{times}", playlist.id);
            }
            self.given.insert(playlist.id.clone());
        }
    }

    /// True if a playlist got this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.given.contains(id)
    }
}
