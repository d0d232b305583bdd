//! The plugin's own tables: the data sources, and their rows as Notion has them (`cells`) and as the CSV file has them (`written`).
//!
//! `cells` is null if the row is proven to be deleted at Notion, and `written` is null if the file does not have the row yet. Both are
//! JSON objects of texts by the ids of properties, so that a renamed property changes no row.
//!
//! # Errors
//! Every function returns the SQL errors that `wit/sql.wit` defines.

use std::collections::{BTreeMap, HashMap};

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::schema::Property;

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS sources (
        id TEXT PRIMARY KEY, database TEXT NOT NULL, title TEXT NOT NULL, properties TEXT NOT NULL, newest TEXT NOT NULL,
        full_at INTEGER NOT NULL, reading_from TEXT, reading_since TEXT NOT NULL, stuck_at TEXT NOT NULL, run INTEGER NOT NULL,
        file TEXT NOT NULL, digest TEXT NOT NULL, next_digest TEXT NOT NULL, file_properties TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS rows (
        source TEXT NOT NULL, page TEXT NOT NULL, created TEXT NOT NULL, edited TEXT NOT NULL, synced TEXT NOT NULL,
        run INTEGER NOT NULL, cells TEXT, written TEXT, PRIMARY KEY (source, page)) STRICT, WITHOUT ROWID",
];

const COLUMNS: &str = "id, database, title, properties, newest, full_at, reading_from, reading_since, stuck_at, run, file, digest, \
                       next_digest, file_properties";

/// The texts of a row by the ids of the properties.
pub type Cells = BTreeMap<String, String>;

/// A data source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// The id of its database.
    pub database: String,
    /// Its title.
    pub title: String,
    /// Its properties in the order of the columns.
    pub properties: Vec<Property>,
    /// The properties when the CSV file was written; empty if there is no file yet.
    pub file_properties: Vec<Property>,
    /// All edits up to this `last_edited_time` have been read. Empty before the first pull.
    pub newest: String,
    /// When every row was read, in milliseconds since 1970 UTC; 0: never.
    pub full_at: i64,
    /// The `created_time` from which an interrupted reading of all rows continues; `None` if no reading was
    /// interrupted.
    pub reading_from: Option<String>,
    /// `newest` when that reading began.
    pub reading_since: String,
    /// A minute in which more rows were created than Notion returns. The last reading of all rows is then incomplete. Empty if
    /// there is no such minute.
    pub stuck_at: String,
    /// The sequence number of the last reading of all rows. Each row stores the number of the last reading that found it.
    pub run: i64,
    /// The name of the CSV file without its extension.
    pub file: String,
    /// The digest of the CSV file.
    pub digest: String,
    /// The digest of the CSV file that is being written.
    pub next_digest: String,
}

/// A row as Notion has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The id of its page.
    pub page: String,
    /// When the page was created.
    pub created: String,
    /// When the page was edited last.
    pub edited: String,
    /// Its texts.
    pub cells: Cells,
}

/// A stored row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredRow {
    /// The texts at Notion.
    pub cells: Option<Cells>,
    /// The texts in the file.
    pub written: Option<Cells>,
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The id of its page.
    pub page: String,
    /// When the row was read.
    pub synced: String,
    /// Its texts.
    pub cells: Cells,
}

/// The tables.
#[derive(Clone, Copy)]
pub struct Store<'a>(&'a dyn Writable);

impl<'a> Store<'a> {
    /// Creates missing tables.
    pub fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        for table in TABLES {
            own.execute(table, &[])?;
        }
        Ok(Self(own))
    }

    /// The known data sources.
    pub fn sources(&self) -> Result<Vec<Source>, Error> {
        let rows = self.0.all(&format!("SELECT {COLUMNS} FROM sources ORDER BY id"), &[])?;
        rows.iter().map(source).collect()
    }

    /// Stores a data source.
    pub fn save(&self, source: &Source) -> Result<(), Error> {
        let properties = json_of(&source.properties)?;
        let statement = format!(
            "INSERT OR REPLACE INTO sources ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        );
        let parameters: [Value; 14] = [
            source.id.as_str().into(),
            source.database.as_str().into(),
            source.title.as_str().into(),
            properties.into(),
            source.newest.as_str().into(),
            source.full_at.into(),
            source.reading_from.as_deref().into(),
            source.reading_since.as_str().into(),
            source.stuck_at.as_str().into(),
            source.run.into(),
            source.file.as_str().into(),
            source.digest.as_str().into(),
            source.next_digest.as_str().into(),
            json_of(&source.file_properties)?.into(),
        ];
        self.0.execute(&statement, &parameters)?;
        Ok(())
    }

    /// Stores rows as Notion has them now.
    pub fn put(&self, source: &Source, rows: &[ReadRow], now: &str) -> Result<(), Error> {
        let statement = "INSERT INTO rows (source, page, created, edited, synced, run, cells) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (source, page) DO UPDATE SET created = excluded.created, edited = excluded.edited, run = excluded.run,
                synced = CASE WHEN cells IS excluded.cells THEN synced ELSE excluded.synced END, cells = excluded.cells";
        let row = |row: &ReadRow| -> Result<Row, Error> {
            let texts = [source.id.as_str(), &row.page, &row.created, &row.edited, now];
            let mut values: Row = texts.into_iter().map(Value::from).collect();
            values.extend([source.run.into(), json_of(&row.cells)?.into()]);
            Ok(values)
        };
        self.0.write(statement, rows.iter().map(row).collect::<Result<Vec<Row>, Error>>()?)?;
        Ok(())
    }

    /// The texts of a row, if the present reading of all rows has already found the row and the row was not edited since.
    pub fn seen(&self, source: &Source, page: &str, edited: &str) -> Result<Option<Cells>, Error> {
        let statement = "SELECT cells FROM rows WHERE source = ?1 AND page = ?2 AND run = ?3 AND edited = ?4";
        let parameters = [source.id.as_str().into(), page.into(), source.run.into(), edited.into()];
        let found = self.0.query(statement, &parameters)?;
        found.rows.first().map_or(Ok(None), |row| cells(row, 0))
    }

    /// Records rows that are proven to be deleted at Notion. Returns how many were not known as deleted.
    pub fn delete(&self, source: &str, pages: &[String]) -> Result<u64, Error> {
        let statement = "UPDATE rows SET cells = NULL WHERE source = ?1 AND page = ?2 AND cells IS NOT NULL";
        let rows = pages.iter().map(|page| vec![source.into(), page.as_str().into()]);
        Ok(self.0.batch(statement, &mut rows.collect::<Vec<Row>>().into_iter())?)
    }

    /// The rows that the last reading of all rows did not find.
    pub fn unseen(&self, source: &Source) -> Result<Vec<String>, Error> {
        let statement = "SELECT page FROM rows WHERE source = ?1 AND run <> ?2 AND cells IS NOT NULL ORDER BY page";
        let rows = self.0.all(statement, &[source.id.as_str().into(), source.run.into()])?;
        Ok(rows.iter().map(|row| text(row, 0)).collect())
    }

    /// The number of rows at Notion, and the number of rows that differ between Notion and the file.
    pub fn counts(&self, source: &str) -> Result<(i64, i64), Error> {
        let statement = "SELECT count(cells), coalesce(sum(cells IS NOT written), 0) FROM rows WHERE source = ?1";
        let table = self.0.query(statement, &[source.into()])?;
        let row = table.rows.first().cloned().unwrap_or_default();
        Ok((integer(&row, 0), integer(&row, 1)))
    }

    /// All rows at Notion, in the order of the file.
    pub fn file_rows(&self, source: &str) -> Result<Vec<FileRow>, Error> {
        let statement =
            "SELECT page, synced, cells FROM rows WHERE source = ?1 AND cells IS NOT NULL ORDER BY created, page";
        let rows = self.0.all(statement, &[source.into()])?;
        let row = |row: &Row| {
            Ok(FileRow { page: text(row, 0), synced: text(row, 1), cells: cells(row, 2)?.unwrap_or_default() })
        };
        rows.iter().map(row).collect()
    }

    /// All rows by their pages.
    pub fn rows(&self, source: &str) -> Result<HashMap<String, StoredRow>, Error> {
        let rows = self.0.all("SELECT page, cells, written FROM rows WHERE source = ?1", &[source.into()])?;
        let row = |row: &Row| Ok((text(row, 0), StoredRow { cells: cells(row, 1)?, written: cells(row, 2)? }));
        rows.iter().map(row).collect()
    }

    /// Records that the file has Notion's values.
    pub fn written(&self, source: &str) -> Result<(), Error> {
        self.0
            .execute("UPDATE rows SET written = cells WHERE source = ?1 AND cells IS NOT written", &[source.into()])?;
        self.0.execute("DELETE FROM rows WHERE source = ?1 AND cells IS NULL", &[source.into()])?;
        Ok(())
    }

    /// Records texts that a plan wrote to a page, and those texts that the file also has.
    pub fn set(&self, source: &str, page: &str, texts: &Cells, in_file: &Cells) -> Result<(), Error> {
        let found = self
            .0
            .query("SELECT cells, written FROM rows WHERE source = ?1 AND page = ?2", &[source.into(), page.into()])?;
        let Some(row) = found.rows.first() else { return Ok(()) };
        let with = |column: usize, texts: &Cells| -> Result<Value, Error> {
            let Some(mut all) = cells(row, column)? else { return Ok(Value::Null) };
            all.extend(texts.clone());
            Ok(json_of(&all)?.into())
        };
        let (cells, written) = (with(0, texts)?, with(1, in_file)?);
        self.0.execute(
            "UPDATE rows SET cells = ?3, written = ?4 WHERE source = ?1 AND page = ?2",
            &[source.into(), page.into(), cells, written],
        )?;
        Ok(())
    }
}

fn source(row: &Row) -> Result<Source, Error> {
    let properties = |column| serde_json::from_str(&text(row, column)).map_err(|error| damaged(&error));
    Ok(Source {
        id: text(row, 0),
        database: text(row, 1),
        title: text(row, 2),
        properties: properties(3)?,
        file_properties: properties(13)?,
        newest: text(row, 4),
        full_at: integer(row, 5),
        reading_from: row.get(6).and_then(Value::as_text).map(str::to_owned),
        reading_since: text(row, 7),
        stuck_at: text(row, 8),
        run: integer(row, 9),
        file: text(row, 10),
        digest: text(row, 11),
        next_digest: text(row, 12),
    })
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::Permanent(format!("the plugin's tables are damaged: {error}"))
}

fn cells(row: &Row, column: usize) -> Result<Option<Cells>, Error> {
    let text = row.get(column).and_then(Value::as_text);
    text.map(|text| serde_json::from_str(text).map_err(|error| damaged(&error))).transpose()
}

/// A value as JSON text.
pub(crate) fn json_of(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Permanent(error.to_string()))
}

/// A column as text; empty if it is null.
pub(crate) fn text(row: &Row, column: usize) -> String {
    row.get(column).and_then(Value::as_text).unwrap_or_default().to_owned()
}

/// A column as a number; 0 if it is null.
pub(crate) fn integer(row: &Row, column: usize) -> i64 {
    row.get(column).and_then(Value::as_integer).unwrap_or_default()
}
