//! The plugin's own database: known files, manifests and approvals. Its functions fail only when the database fails.
//!
//! A write is recorded before it happens (`next_…`). If the plugin crashes after the write, the next task recognises the
//! written file and does not treat it as edited by hand.

use std::collections::{BTreeMap, BTreeSet};

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::sql::{Error, Row, Value};

use crate::drive::spellings;
use crate::schema::{Column, State};

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS databases (
        id TEXT PRIMARY KEY,           -- in small letters
        title TEXT NOT NULL,
        folder TEXT NOT NULL DEFAULT '',
        source TEXT NOT NULL DEFAULT '',        -- the name of its files, or `catalog:tracks`
        source_stamp TEXT NOT NULL DEFAULT '',  -- the files that the CSV was made of
        csv_stamp TEXT NOT NULL DEFAULT '',     -- the CSV as it was written: size and time
        csv_digest TEXT NOT NULL DEFAULT '',
        next_digest TEXT NOT NULL DEFAULT '',
        taken_digest TEXT NOT NULL DEFAULT '',  -- an edited CSV whose changes were delivered, and the source's stamp then; or `=`
                                                -- and the digest of an edited CSV without changes for the source
        read_stamp TEXT NOT NULL DEFAULT '',    -- the last reading that was counted
        manifest TEXT NOT NULL DEFAULT '',
        next_manifest TEXT NOT NULL DEFAULT ''
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS approvals (
        database TEXT NOT NULL,
        property TEXT NOT NULL,        -- the key of a column: its property's id and type
        approved_at TEXT NOT NULL,
        PRIMARY KEY (database, property)
    ) STRICT, WITHOUT ROWID",
];

/// The last known state of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDatabase {
    /// The id in lower case.
    pub id: String,
    /// Its title at that time.
    pub title: String,
    /// Its folder on the Drive.
    pub folder: String,
    /// The name of the source: the name of its files, or `catalog:NAME` for a table of the catalog.
    pub source: String,
    /// The stamp of the source's files.
    pub source_stamp: String,
    /// The stamp of the written CSV.
    pub csv_stamp: String,
    /// SHA-256 of the written CSV.
    pub csv_digest: String,
    /// SHA-256 of the CSV that is to be written next.
    pub next_digest: String,
    /// SHA-256 of an edited CSV whose changes were delivered, and the stamp of its source; see [`KnownDatabase::take`].
    pub taken_digest: String,
    /// The stamp of the last reading that counted for the removal of columns.
    pub read_stamp: String,
    /// The manifest as JSON.
    pub manifest: String,
    /// The next manifest as JSON.
    pub next_manifest: String,
}

impl KnownDatabase {
    /// Accepts the CSV on the Drive as the known CSV, if it is the CSV that the plugin was about to write.
    pub fn settle(&mut self, digest: &str) {
        if !digest.is_empty() && digest == self.next_digest {
            self.csv_digest = std::mem::take(&mut self.next_digest);
            self.manifest = std::mem::take(&mut self.next_manifest);
        }
    }

    /// Records that the changes of an edited CSV were delivered, and the stamp that the source had at that time. `nothing` is
    /// true if the CSV has no changes for the source.
    pub fn take(&mut self, digest: &str, source_stamp: &str, nothing: bool) {
        self.taken_digest = if nothing { format!("={digest}") } else { format!("{digest} {source_stamp}") };
    }

    /// The delivered CSV, and the stamp of its source at that time.
    fn last_delivery(&self) -> (&str, &str) {
        self.taken_digest.split_once(' ').unwrap_or((&self.taken_digest, &self.read_stamp))
    }

    /// True if the changes of this CSV were delivered.
    #[must_use]
    pub fn is_delivered(&self, digest: &str) -> bool {
        !digest.is_empty() && self.last_delivery().0 == digest
    }

    /// True if a CSV with this digest may be replaced automatically. That is the case if this plugin wrote the CSV, if the
    /// CSV has nothing new for its source, or if its changes were delivered and the source was read again since.
    #[must_use]
    pub fn may_replace(&self, digest: &str, source_stamp: &str) -> bool {
        let nothing = self.taken_digest.strip_prefix('=') == Some(digest);
        let read_anew = !source_stamp.is_empty() && source_stamp != self.last_delivery().1;
        digest == self.csv_digest || nothing || self.is_delivered(digest) && read_anew
    }
}

/// The plugin's own database.
#[derive(Clone, Copy)]
pub struct Memory<'a>(&'a dyn Writable);

impl<'a> Memory<'a> {
    /// Opens it and creates missing tables.
    ///
    /// # Errors
    /// When the database fails.
    pub fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        // The tables are created only if they are missing, because creating tables takes the write lock.
        let known = own.query("SELECT count(*) FROM sqlite_master WHERE name IN ('databases', 'approvals')", &[])?;
        if known.rows.first().and_then(|row| row.first()) != Some(&Value::Integer(2)) {
            for table in TABLES {
                own.execute(table, &[])?;
            }
        }
        Ok(Self(own))
    }

    /// The states of all databases by the name of their source. Manifests are left out, because they are not needed to
    /// recognise unchanged databases.
    ///
    /// # Errors
    /// When the database fails.
    pub fn stamps(&self) -> Result<BTreeMap<String, KnownDatabase>, Error> {
        let rows =
            self.0.rows("SELECT id, title, folder, source, source_stamp, csv_stamp, csv_digest FROM databases", &[])?;
        let known = rows.map(|row| {
            let mut texts = texts(row?);
            let mut next = || texts.next().unwrap_or_default();
            let known = KnownDatabase {
                id: next(),
                title: next(),
                folder: next(),
                source: next(),
                source_stamp: next(),
                csv_stamp: next(),
                csv_digest: next(),
                ..KnownDatabase::default()
            };
            Ok((known.source.clone(), known))
        });
        known.collect()
    }

    /// Ids and titles of all databases that were ever synced.
    ///
    /// # Errors
    /// When the database fails.
    pub fn titles(&self) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.0.rows("SELECT id, title FROM databases", &[])?;
        rows.map(|row| {
            let mut texts = texts(row?);
            Ok((texts.next().unwrap_or_default(), texts.next().unwrap_or_default()))
        })
        .collect()
    }

    /// One database.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, id: &str) -> Result<Option<KnownDatabase>, Error> {
        let found = self.0.query(
            "SELECT id, title, folder, source, source_stamp, csv_stamp, csv_digest, next_digest, taken_digest, read_stamp, \
             manifest, next_manifest FROM databases WHERE id IN (?1, ?2) ORDER BY id <> ?1",
            &spellings(id).map(Value::from),
        )?;
        Ok(found.rows.into_iter().next().map(|row| {
            let mut texts = texts(row);
            let mut next = || texts.next().unwrap_or_default();
            KnownDatabase {
                id: next(),
                title: next(),
                folder: next(),
                source: next(),
                source_stamp: next(),
                csv_stamp: next(),
                csv_digest: next(),
                next_digest: next(),
                taken_digest: next(),
                read_stamp: next(),
                manifest: next(),
                next_manifest: next(),
            }
        }))
    }

    /// The stored spelling of an id, which can be a UUID with other dashes.
    fn as_remembered(&self, id: &str) -> Result<String, Error> {
        let written = spellings(id);
        let sql = "SELECT id FROM databases WHERE id IN (?1, ?2) ORDER BY id <> ?1 LIMIT 1";
        let found = self.0.query(sql, &written.clone().map(Value::from))?;
        let [written, _] = written;
        Ok(found.text().map_or(written, str::to_owned))
    }

    /// Stores the state of a database.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put(&self, known: &KnownDatabase) -> Result<(), Error> {
        let values = [
            &known.id,
            &known.title,
            &known.folder,
            &known.source,
            &known.source_stamp,
            &known.csv_stamp,
            &known.csv_digest,
            &known.next_digest,
            &known.taken_digest,
            &known.read_stamp,
            &known.manifest,
            &known.next_manifest,
        ];
        let values: Row = values.into_iter().map(|text| text.as_str().into()).collect();
        let sql = "INSERT OR REPLACE INTO databases (id, title, folder, source, source_stamp, csv_stamp, csv_digest, next_digest, \
                   taken_digest, read_stamp, manifest, next_manifest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        self.0.execute(sql, &values)?;
        // A source belongs to the database that was last read from it, so other databases lose this source.
        let sql = "UPDATE databases SET source = '', source_stamp = '' WHERE source = ?1 AND id <> ?2";
        self.0.execute(sql, &[known.source.as_str().into(), known.id.as_str().into()]).map(drop)
    }

    /// The approved columns of a database, by key.
    ///
    /// # Errors
    /// When the database fails.
    pub fn approved(&self, id: &str) -> Result<BTreeSet<String>, Error> {
        let id = self.as_remembered(id)?;
        let found = self.0.query("SELECT property FROM approvals WHERE database = ?1", &[id.into()])?;
        Ok(found.rows.into_iter().flat_map(texts).collect())
    }

    /// Approves the removal of a column. The next sync reads the database again, even if nothing else changed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn approve(&self, id: &str, key: &str, now: &str) -> Result<(), Error> {
        let id = self.as_remembered(id)?;
        let sql = "INSERT OR REPLACE INTO approvals (database, property, approved_at) VALUES (?1, ?2, ?3)";
        self.0.execute(sql, &[id.as_str().into(), key.into(), now.into()])?;
        self.0.execute("UPDATE databases SET source_stamp = '' WHERE id = ?1", &[id.as_str().into()]).map(drop)
    }

    /// Deletes approvals of columns that do not wait for an approval, and returns the others. An approval is valid once: it
    /// ends when its column is removed or its property exists again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_approvals(&self, id: &str, columns: &[Column]) -> Result<BTreeSet<String>, Error> {
        let id = self.as_remembered(id)?;
        let waiting: BTreeSet<String> =
            columns.iter().filter(|column| column.state != State::Live).map(Column::key).collect();
        let mut approved = self.approved(&id)?;
        for key in approved.difference(&waiting) {
            let sql = "DELETE FROM approvals WHERE database = ?1 AND property = ?2";
            self.0.execute(sql, &[id.as_str().into(), key.as_str().into()])?;
        }
        approved.retain(|key| waiting.contains(key));
        Ok(approved)
    }
}

impl std::fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

fn texts(row: Row) -> impl Iterator<Item = String> {
    row.into_iter().map(|value| match value {
        Value::Text(text) => text,
        _ => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use baton_tests::host_services::HostDatabase;

    use super::*;

    #[test]
    fn stored_values_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let own = HostDatabase::own(folder.path());
        let memory = Memory::open(&own).unwrap();
        let known = KnownDatabase {
            id: "id-1".into(),
            title: "T".into(),
            source: "T".into(),
            source_stamp: "1-2/3-4".into(),
            manifest: "{}".into(),
            ..KnownDatabase::default()
        };
        memory.put(&known).unwrap();
        assert_eq!(memory.get("ID-1").unwrap(), Some(known.clone()));
        assert_eq!(memory.get("id-2").unwrap(), None);
        assert_eq!(memory.stamps().unwrap()["T"].source_stamp, "1-2/3-4");
        memory.put(&KnownDatabase { id: "id-9".into(), source: "T".into(), ..KnownDatabase::default() }).unwrap();
        assert_eq!(memory.stamps().unwrap()["T"].id, "id-9", "the files have another id now");
        memory.approve("ID-1", "a", "now").unwrap();
        let again = Memory::open(&own).unwrap();
        assert_eq!(again.approved("id-1").unwrap(), ["a".to_owned()].into());
        assert_eq!(again.get("id-1").unwrap().unwrap().source_stamp, "", "the database must be read again");
        assert!(again.settle_approvals("ID-1", &[]).unwrap().is_empty());
        assert!(again.approved("id-1").unwrap().is_empty());
    }
}
