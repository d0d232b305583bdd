//! The facts of files and folders, so that the next audit does not read them again.

use baton_plugin_kit::host::ServiceError;
use baton_plugin_sdk::sql::Value;

use super::cells::{boolean, count, integer, number, optional_number, optional_text, text, text_or_empty, text_value};
use super::memory::Memory;
use crate::limits;
use crate::verify::{Fact, FactStore, Facts, Folders, SearchedFolder, Stub, SymbolLookup};

impl FactStore for Memory<'_> {
    /// If the database fails, no fact is known and the files are read.
    fn facts(&self, keys: &[String]) -> Vec<(String, Fact)> {
        let statement = "SELECT key, bytes, changed_ns, sha256, lines, blank, whole, stub, looked FROM facts
            WHERE key IN (SELECT value FROM json_each(?1))";
        let mut facts = Vec::new();
        for page in keys.chunks(limits::MEMORY_PAGE / 4) {
            let Ok(list) = serde_json::to_string(page) else { continue };
            let rows = self.database.all(statement, &[Value::Text(list)]).unwrap_or_default();
            facts.extend(rows.iter().map(|row| (text_or_empty(row, 0), fact(row))));
        }
        facts
    }
}

impl Memory<'_> {
    /// Folders that earlier audits searched for stubs.
    pub fn folders(&self) -> Result<Folders, ServiceError> {
        let statement =
            "SELECT path, changed_ns, files, junk FROM folders WHERE scope = ?1 AND path > ?2 ORDER BY path LIMIT ?3";
        let mut folders = Folders::new();
        self.pages(statement, &Value::Text(self.scope.clone()), |row| {
            let junk = serde_json::from_str(&text_or_empty(row, 3)).unwrap_or_default();
            let looked = SearchedFolder {
                changed_ns: count(row, 1).unwrap_or_default(),
                files: count(row, 2).unwrap_or_default(),
                junk,
            };
            // Stored paths begin with `/`, because each page starts after a path, and the path of the root is empty.
            let path = text_or_empty(row, 0);
            folders.insert(path.strip_prefix('/').unwrap_or(&path).to_owned(), looked);
        })?;
        Ok(folders)
    }

    /// Stores the facts of files from a run. A run over all plans deletes the facts that it did not use.
    pub(super) fn keep_facts(&self, facts: &Facts<'_>, whole: bool) -> Result<(), ServiceError> {
        let statement =
            "INSERT OR REPLACE INTO facts (key, bytes, changed_ns, sha256, lines, blank, whole, stub, looked)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        for page in facts.learned().chunks(limits::MEMORY_BATCH) {
            self.database.write(statement, page.iter().map(|(key, fact)| fact_row(key, fact)).collect())?;
        }
        if whole { self.forget_facts(facts) } else { Ok(()) }
    }

    fn forget_facts(&self, facts: &Facts<'_>) -> Result<(), ServiceError> {
        let all = self.database.all("SELECT count(*) FROM facts", &[])?;
        let all = all.first().and_then(|row| count(row, 0)).unwrap_or_default();
        if all <= facts.len() as u64 {
            return Ok(());
        }
        let mut stale = Vec::new();
        let roots = facts.roots();
        let statement = "SELECT key FROM facts WHERE ?1 AND key > ?2 ORDER BY key LIMIT ?3";
        self.pages(statement, &Value::Integer(1), |row| {
            let key = text_or_empty(row, 0);
            let ours = key.split_once("//").is_some_and(|(root, _)| roots.contains(&root));
            if (!ours && all > limits::FACTS as u64) || (ours && !facts.has(&key)) {
                stale.push(vec![Value::Text(key)]);
            }
        })?;
        while !stale.is_empty() {
            let page = stale.split_off(stale.len().saturating_sub(limits::MEMORY_BATCH));
            self.database.write("DELETE FROM facts WHERE key = ?1", page)?;
        }
        Ok(())
    }

    /// Stores the folders that were searched; writes only changes.
    pub(super) fn keep_folders(&self, folders: &Folders) -> Result<(), ServiceError> {
        let before = self.folders()?;
        let key = |path: &str| Value::Text(format!("/{path}"));
        let new = folders.iter().filter(|(path, looked)| before.get(*path) != Some(looked));
        let new: Vec<Vec<Value>> = new
            .map(|(path, looked)| {
                let junk = serde_json::to_string(&looked.junk).unwrap_or_default();
                let (changed_ns, files) = (number(looked.changed_ns), number(looked.files));
                vec![text_value(&self.scope), key(path), changed_ns, files, Value::Text(junk)]
            })
            .collect();
        let gone = before.keys().filter(|path| !folders.contains_key(*path));
        let gone: Vec<Vec<Value>> = gone.map(|path| vec![text_value(&self.scope), key(path)]).collect();
        let put = "INSERT OR REPLACE INTO folders (scope, path, changed_ns, files, junk) VALUES (?1, ?2, ?3, ?4, ?5)";
        for (statement, rows) in [(put, new), ("DELETE FROM folders WHERE scope = ?1 AND path = ?2", gone)] {
            for page in rows.chunks(limits::MEMORY_BATCH) {
                self.database.write(statement, page.to_vec())?;
            }
        }
        Ok(())
    }
}

fn fact(row: &[Value]) -> Fact {
    let looked: Vec<(String, Option<u64>)> = serde_json::from_str(&text_or_empty(row, 8)).unwrap_or_default();
    Fact {
        bytes: count(row, 1).unwrap_or_default(),
        changed_ns: count(row, 2).unwrap_or_default(),
        sha256: text(row, 3),
        lines: count(row, 4),
        blank: integer(row, 5) != 0,
        whole: integer(row, 6) != 0,
        stub: text(row, 7).and_then(|code| Stub::of_code(&code)),
        looked: looked.into_iter().map(|(name, line)| SymbolLookup { name, line }).collect(),
    }
}

fn fact_row(key: &str, fact: &Fact) -> Vec<Value> {
    vec![
        text_value(key),
        number(fact.bytes),
        number(fact.changed_ns),
        optional_text(fact.sha256.as_deref()),
        optional_number(fact.lines),
        boolean(fact.blank),
        boolean(fact.whole),
        optional_text(fact.stub.map(Stub::code)),
        Value::Text(looked_text(&fact.looked)),
    ]
}

/// The searched definitions by name, up to the limit of [`limits::DEFINITION_CACHE_BYTES`].
fn looked_text(looked: &[SymbolLookup]) -> String {
    let mut room = limits::DEFINITION_CACHE_BYTES;
    let mut fits = |looked: &&SymbolLookup| {
        let weight = looked.name.len() + 16;
        let fits = weight <= room;
        room -= if fits { weight } else { 0 };
        fits
    };
    let kept: Vec<(&str, Option<u64>)> =
        looked.iter().filter(|looked| fits(looked)).map(|looked| (looked.name.as_str(), looked.line)).collect();
    serde_json::to_string(&kept).unwrap_or_default()
}
