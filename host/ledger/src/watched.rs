//! Files that plugins watch. A plugin groups its watched files under keys. For each file and key, the ledger stores the
//! state that the plugin saw and the state that a task last reported. A file has changed if its current state is neither of
//! these two states. So one change makes one task, even if the plugin read the file before the change and reports it
//! afterwards.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use crate::LedgerError;
use crate::database::{Reader, Tx};

/// The size and the modification time of a file. They change if its content changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Bytes.
    pub size: u64,
    /// The last change, in nanoseconds since 1970.
    pub modified_ns: u64,
}

/// The state of a file; `None` for a missing file.
pub type Stamp = Option<FileStamp>;

/// The stored states of one file, under all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchedFile {
    /// For each key: the state that the plugin saw, and the state that a task last reported; `None` if no task reported a state.
    stamps: Vec<(String, Option<String>)>,
}

impl WatchedFile {
    /// True if a file with the state `now` has changed.
    #[must_use]
    pub fn has_changed(&self, now: Stamp) -> bool {
        let now = text(now);
        self.stamps.iter().any(|(seen, told)| *seen != now && told.as_deref() != Some(now.as_str()))
    }
}

/// Replaces the files of `plugin` under `key`. The states that tasks reported do not change.
pub fn replace(tx: &Tx<'_>, plugin: &str, key: &str, files: &[(String, Stamp)]) -> Result<(), LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT path, seen FROM watched WHERE plugin = ?1 AND key = ?2")?;
    let rows = select.query_map([plugin, key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut before: BTreeMap<String, String> = rows.collect::<Result<_, _>>()?;
    let mut upsert = tx.connection.prepare_cached(
        "INSERT INTO watched (plugin, key, path, seen) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (plugin, key, path) DO UPDATE SET seen = excluded.seen",
    )?;
    for (path, stamp) in files {
        let seen = text(*stamp);
        if before.remove(path).as_ref() != Some(&seen) {
            upsert.execute(params![plugin, key, path, seen])?;
        }
    }
    let mut delete =
        tx.connection.prepare_cached("DELETE FROM watched WHERE plugin = ?1 AND key = ?2 AND path = ?3")?;
    before.keys().try_for_each(|path| delete.execute([plugin, key, path]).map(drop))?;
    Ok(())
}

/// The number of watched files of `plugin`, by key.
pub fn counts(tx: &Tx<'_>, plugin: &str) -> Result<BTreeMap<String, u64>, LedgerError> {
    let mut select =
        tx.connection.prepare_cached("SELECT key, count(*) FROM watched WHERE plugin = ?1 GROUP BY key")?;
    let rows =
        select.query_map([plugin], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The watched files of `plugin`, by path.
pub fn of_plugin(reader: &Reader, plugin: &str) -> Result<BTreeMap<String, WatchedFile>, LedgerError> {
    let mut select = reader.connection.prepare_cached("SELECT path, seen, told FROM watched WHERE plugin = ?1")?;
    let rows = select.query_map([plugin], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    let mut known: BTreeMap<String, WatchedFile> = BTreeMap::new();
    for row in rows {
        let (path, stamps): (String, _) = row?;
        known.entry(path).or_default().stamps.push(stamps);
    }
    Ok(known)
}

/// Records the states that a task reports. Returns the changed files, without those whose state was already reported or
/// seen.
pub fn record_reported(tx: &Tx<'_>, plugin: &str, files: Vec<(String, Stamp)>) -> Result<Vec<String>, LedgerError> {
    let mut update = tx.connection.prepare_cached(
        "UPDATE watched SET seen = ?3, told = ?3 WHERE plugin = ?1 AND path = ?2 AND seen <> ?3 AND told IS NOT ?3",
    )?;
    let mut news = Vec::new();
    for (path, stamp) in files {
        if update.execute(params![plugin, path, text(stamp)])? > 0 {
            news.push(path);
        }
    }
    Ok(news)
}

/// Forgets the watched files of plugins that are not among `names`.
pub fn keep_only(tx: &Tx<'_>, names: &BTreeSet<String>) -> Result<(), LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT DISTINCT plugin FROM watched")?;
    let known: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut delete = tx.connection.prepare_cached("DELETE FROM watched WHERE plugin = ?1")?;
    known.iter().filter(|plugin| !names.contains(*plugin)).try_for_each(|plugin| delete.execute([plugin]).map(drop))?;
    Ok(())
}

fn text(stamp: Stamp) -> String {
    stamp.map_or_else(|| "-".to_owned(), |FileStamp { size, modified_ns }| format!("{size}:{modified_ns}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    const ONE: Stamp = Some(FileStamp { size: 1, modified_ns: 1 });
    const TWO: Stamp = Some(FileStamp { size: 2, modified_ns: 2 });

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    fn watch(ledger: &Ledger, key: &'static str, files: &[(&str, Stamp)]) {
        let files: Vec<_> = files.iter().map(|(path, stamp)| ((*path).to_owned(), *stamp)).collect();
        ledger.write_blocking(move |tx| replace(tx, "p", key, &files)).unwrap();
    }

    fn report_one(ledger: &Ledger, path: &str, stamp: Stamp) -> bool {
        let files = vec![(path.to_owned(), stamp)];
        !ledger.write_blocking(move |tx| record_reported(tx, "p", files)).unwrap().is_empty()
    }

    #[test]
    fn a_change_makes_one_task_even_if_the_plugin_reports_its_state_later() {
        let (_folder, ledger) = ledger();
        watch(&ledger, "k", &[("/a", ONE)]);
        assert!(!report_one(&ledger, "/a", ONE), "the file is unchanged");
        assert!(report_one(&ledger, "/a", TWO));
        watch(&ledger, "k", &[("/a", ONE)]);
        assert!(!report_one(&ledger, "/a", TWO), "a task has reported this state already");
        assert!(report_one(&ledger, "/a", None));
        assert!(!report_one(&ledger, "/a", None));
        assert!(report_one(&ledger, "/a", TWO), "the file exists again");
        assert!(!report_one(&ledger, "/b", None), "no plugin watches the file");
    }

    #[test]
    fn new_states_replace_only_those_of_their_key() {
        let (_folder, ledger) = ledger();
        watch(&ledger, "k", &[("/a", None), ("/b", None)]);
        watch(&ledger, "l", &[("/b", ONE)]);
        watch(&ledger, "k", &[("/b", None), ("/c", None)]);
        let known = of_plugin(&ledger.reader().unwrap(), "p").unwrap();
        assert_eq!(known.keys().collect::<Vec<_>>(), ["/b", "/c"]);
        assert!(known["/b"].has_changed(None) && known["/b"].has_changed(ONE), "two keys have different states");
        assert!(!known["/c"].has_changed(None));
        watch(&ledger, "k", &[]);
        let counted = ledger.write_blocking(|tx| counts(tx, "p")).unwrap();
        assert_eq!(counted, [("l".to_owned(), 1)].into());
    }

    #[test]
    fn a_removed_plugin_is_forgotten() {
        let (_folder, ledger) = ledger();
        watch(&ledger, "k", &[("/a", None)]);
        let watched = || of_plugin(&ledger.reader().unwrap(), "p").unwrap().len();
        ledger.write_blocking(|tx| keep_only(tx, &BTreeSet::from(["p".to_owned()]))).unwrap();
        assert_eq!(watched(), 1);
        ledger.write_blocking(|tx| keep_only(tx, &BTreeSet::new())).unwrap();
        assert_eq!(watched(), 0);
    }
}
