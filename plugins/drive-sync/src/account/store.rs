//! The plugin's own database about an account: requested ids, the known content, the state of the last sync, and the
//! token of changes. Its functions fail only when the database fails.

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::sql::{Error, Row, Value};

use super::files::{Marker, RemoteFile};

const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS account_ids (
        place TEXT NOT NULL, key TEXT NOT NULL,  -- `top`, or a database and `folder`, `csv`, `manifest`
        id TEXT NOT NULL,                        -- requested before the creation, or of an existing file
        PRIMARY KEY (place, key)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS account_files (
        place TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL, is_folder INTEGER NOT NULL,
        md5 TEXT NOT NULL, created TEXT NOT NULL, database TEXT NOT NULL, part TEXT NOT NULL,
        merged TEXT NOT NULL,                    -- the folder into which this one was merged
        PRIMARY KEY (place, id)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS account_synced (
        place TEXT NOT NULL, key TEXT NOT NULL,
        md5 TEXT NOT NULL,                       -- the content that both sides had last
        next_md5 TEXT NOT NULL,                  -- the content that is being uploaded
        PRIMARY KEY (place, key)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS account_tokens (
        place TEXT PRIMARY KEY, token TEXT NOT NULL,
        begun_at INTEGER NOT NULL                -- when the complete list was read; 0: searches have everything from before
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS account_sheets (
        place TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL,
        modified TEXT NOT NULL,                  -- as the account says
        read TEXT NOT NULL,                      -- `modified` of the content that was written; empty: none
        PRIMARY KEY (place, id)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS account_users (
        place TEXT PRIMARY KEY, user TEXT NOT NULL  -- the permission id of the Google account that the other rows describe
    ) STRICT",
];

/// The stored state of one place of an account.
#[derive(Clone)]
pub(super) struct Store<'a> {
    own: &'a dyn Writable,
    place: String,
}

/// A spreadsheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StoredSheet {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) modified: String,
}

/// The position in the changes feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) begun_at: i64,
}

/// The content of a file at the last sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SyncedContent {
    md5: String,
    next_md5: String,
}

impl SyncedContent {
    /// True if the last sync had this content.
    pub(super) fn is_last(&self, md5: &str) -> bool {
        !md5.is_empty() && self.md5 == md5
    }

    /// True if the last sync had this content, or a killed task was uploading it.
    pub(super) fn is(&self, md5: &str) -> bool {
        !md5.is_empty() && (self.md5 == md5 || self.next_md5 == md5)
    }
}

impl<'a> Store<'a> {
    pub(super) fn open(own: &'a dyn Writable, place: String) -> Result<Self, Error> {
        let known = own.query(
            "SELECT count(*) FROM sqlite_master WHERE name LIKE 'account\\_%' ESCAPE '\\' AND type = 'table'",
            &[],
        )?;
        if known.integer() != i64::try_from(TABLES.len()).ok() {
            for table in TABLES {
                own.execute(table, &[])?;
            }
        }
        Ok(Self { own, place })
    }

    /// The id for a key.
    pub(super) fn id(&self, key: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT id FROM account_ids WHERE place = ?1 AND key = ?2";
        Ok(self.own.query(sql, &[self.place.as_str().into(), key.into()])?.text().map(str::to_owned))
    }

    /// Stores a requested id for a key, unless another task has stored an id for this key. Returns the id that is stored.
    pub(super) fn claim(&self, key: &str, id: &str) -> Result<String, Error> {
        let sql = "INSERT OR IGNORE INTO account_ids (place, key, id) VALUES (?1, ?2, ?3)";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), id.into()])?;
        Ok(self.id(key)?.unwrap_or_else(|| id.to_owned()))
    }

    /// Replaces the id of a key, if it is still `before`.
    pub(super) fn replace_id(&self, key: &str, before: &str, id: &str) -> Result<(), Error> {
        if before == id {
            return Ok(());
        }
        let sql = "UPDATE account_ids SET id = ?4 WHERE place = ?1 AND key = ?2 AND id = ?3";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), before.into(), id.into()])?;
        self.claim(key, id).map(drop)
    }

    /// Deletes the id of a key, if it is still `before`.
    pub(super) fn forget_id(&self, key: &str, before: &str) -> Result<(), Error> {
        let sql = "DELETE FROM account_ids WHERE place = ?1 AND key = ?2 AND id = ?3";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), before.into()]).map(drop)
    }

    /// Sets the id of a key, and replaces the id that is stored.
    pub(super) fn use_id(&self, key: &str, id: &str) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO account_ids (place, key, id) VALUES (?1, ?2, ?3)";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), id.into()]).map(drop)
    }

    /// The token of changes. `begun_at` is the time of the complete list that was read before the token was used, or 0 if that
    /// list need not be read again.
    pub(super) fn token(&self) -> Result<Option<Token>, Error> {
        let sql = "SELECT token, begun_at FROM account_tokens WHERE place = ?1";
        let found = self.own.query(sql, &[self.place.as_str().into()])?;
        Ok(found.rows.first().map(|row| Token {
            text: row.first().and_then(Value::as_text).unwrap_or_default().to_owned(),
            begun_at: row.get(1).and_then(Value::as_integer).unwrap_or_default(),
        }))
    }

    pub(super) fn set_token(&self, token: &Token) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO account_tokens (place, token, begun_at) VALUES (?1, ?2, ?3)";
        let values = [self.place.as_str().into(), token.text.as_str().into(), token.begun_at.into()];
        self.own.execute(sql, &values).map(drop)
    }

    /// Deletes the known content, before a complete reading.
    pub(super) fn clear(&self) -> Result<(), Error> {
        for table in ["tokens", "files", "sheets"] {
            self.own
                .execute(&format!("DELETE FROM account_{table} WHERE place = ?1"), &[self.place.as_str().into()])?;
        }
        Ok(())
    }

    /// Deletes everything about a place if another Google account is used now.
    pub(super) fn set_user(&self, user: &str) -> Result<(), Error> {
        let place = self.place.as_str();
        let stored = self.own.query("SELECT user FROM account_users WHERE place = ?1", &[place.into()])?;
        let stored = stored.text().map(str::to_owned);
        if stored.as_deref() == Some(user) {
            return Ok(());
        }
        if stored.is_some() {
            self.clear()?;
            for sql in ["DELETE FROM account_ids WHERE place = ?1", "DELETE FROM account_synced WHERE place = ?1"] {
                self.own.execute(sql, &[place.into()])?;
            }
        }
        let sql = "INSERT OR REPLACE INTO account_users (place, user) VALUES (?1, ?2)";
        self.own.execute(sql, &[place.into(), user.into()]).map(drop)
    }

    /// Records a file of the account.
    pub(super) fn put(&self, file: &RemoteFile) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO account_files (place, id, name, parent, is_folder, md5, created, database, part, merged)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let values: [Value; 10] = [
            self.place.as_str().into(),
            file.id.as_str().into(),
            file.name.as_str().into(),
            file.parent.as_str().into(),
            i64::from(file.is_folder).into(),
            file.md5.as_str().into(),
            file.created.as_str().into(),
            file.marker.database.as_str().into(),
            file.marker.part.as_str().into(),
            file.marker.merged.as_str().into(),
        ];
        self.own.execute(sql, &values).map(drop)
    }

    /// Records a spreadsheet.
    pub(super) fn put_sheet(&self, file: &RemoteFile) -> Result<(), Error> {
        let sql = "INSERT INTO account_sheets (place, id, name, parent, modified, read) VALUES (?1, ?2, ?3, ?4, ?5, '')
            ON CONFLICT (place, id) DO UPDATE SET name = excluded.name, parent = excluded.parent, modified = excluded.modified";
        let values = [self.place.as_str(), &file.id, &file.name, &file.parent, &file.modified].map(Value::from);
        self.own.execute(sql, &values).map(drop)
    }

    /// Whether a spreadsheet is known.
    pub(super) fn is_known_sheet(&self, id: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM account_sheets WHERE place = ?1 AND id = ?2";
        Ok(!self.own.query(sql, &[self.place.as_str().into(), id.into()])?.rows.is_empty())
    }

    /// The spreadsheets that changed since they were read, in the folders of a database.
    pub(super) fn changed_sheets(&self, database: &str) -> Result<Vec<StoredSheet>, Error> {
        let sql = "SELECT sheet.id, sheet.name, sheet.modified FROM account_sheets AS sheet
            JOIN account_files AS folder ON folder.place = sheet.place AND folder.id = sheet.parent
            WHERE sheet.place = ?1 AND folder.database = ?2 AND folder.part = 'folder' AND sheet.modified <> sheet.read
            ORDER BY sheet.id";
        let rows = self.own.all(sql, &[self.place.as_str().into(), database.into()])?;
        let text = |row: &Row, column: usize| row.get(column).and_then(Value::as_text).unwrap_or_default().to_owned();
        let sheet = |row: &Row| StoredSheet { id: text(row, 0), name: text(row, 1), modified: text(row, 2) };
        Ok(rows.iter().map(sheet).collect())
    }

    /// Records that the content of a spreadsheet was written.
    pub(super) fn set_sheet_read(&self, id: &str, modified: &str) -> Result<(), Error> {
        let sql = "UPDATE account_sheets SET read = ?3 WHERE place = ?1 AND id = ?2";
        self.own.execute(sql, &[self.place.as_str().into(), id.into(), modified.into()]).map(drop)
    }

    /// Deletes the record of a spreadsheet.
    pub(super) fn remove_sheet(&self, id: &str) -> Result<(), Error> {
        let sql = "DELETE FROM account_sheets WHERE place = ?1 AND id = ?2";
        self.own.execute(sql, &[self.place.as_str().into(), id.into()]).map(drop)
    }

    /// Deletes the record of a file that is not in the account any more.
    pub(super) fn remove(&self, id: &str) -> Result<(), Error> {
        let sql = "DELETE FROM account_files WHERE place = ?1 AND id = ?2";
        self.own.execute(sql, &[self.place.as_str().into(), id.into()]).map(drop)
    }

    /// Deletes the records of a file and its content: the changes feed does not always name the content of a removed folder.
    pub(super) fn remove_with_content(&self, id: &str) -> Result<(), Error> {
        let sql = "DELETE FROM account_files WHERE place = ?1 AND id IN (
            WITH RECURSIVE below (id) AS (
                VALUES (?2)
                UNION SELECT file.id FROM account_files AS file JOIN below ON file.parent = below.id WHERE file.place = ?1
            ) SELECT id FROM below)";
        self.own.execute(sql, &[self.place.as_str().into(), id.into()]).map(drop)
    }

    /// Whether a file is known.
    pub(super) fn is_known(&self, id: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM account_files WHERE place = ?1 AND id = ?2";
        Ok(!self.own.query(sql, &[self.place.as_str().into(), id.into()])?.rows.is_empty())
    }

    /// All known files, the oldest first.
    pub(super) fn files(&self) -> Result<Vec<RemoteFile>, Error> {
        self.select("", &[])
    }

    /// The known files of one part of a database, the oldest first.
    pub(super) fn of_part(&self, database: &str, part: &str) -> Result<Vec<RemoteFile>, Error> {
        self.select("AND is_folder = 0 AND database = ?2 AND part = ?3", &[database.into(), part.into()])
    }

    /// The known files in a folder.
    pub(super) fn below(&self, parent: &str) -> Result<Vec<RemoteFile>, Error> {
        self.select("AND parent = ?2", &[parent.into()])
    }

    /// The known folders that may belong to a database, the oldest first: the folders with its marker, and the folders
    /// without a marker.
    pub(super) fn folders_of(&self, database: &str) -> Result<Vec<RemoteFile>, Error> {
        self.select("AND is_folder = 1 AND (database = ?2 OR part = '')", &[database.into()])
    }

    fn select(&self, condition: &str, values: &[Value]) -> Result<Vec<RemoteFile>, Error> {
        let sql = format!(
            "SELECT id, name, parent, is_folder, md5, created, database, part, merged FROM account_files
            WHERE place = ?1 {condition} ORDER BY created, id"
        );
        let values: Vec<Value> = std::iter::once(self.place.as_str().into()).chain(values.iter().cloned()).collect();
        Ok(self.own.all(&sql, &values)?.iter().map(|row| self.file(row)).collect())
    }

    fn file(&self, row: &Row) -> RemoteFile {
        let text = |column: usize| row.get(column).and_then(Value::as_text).unwrap_or_default().to_owned();
        RemoteFile {
            id: text(0),
            name: text(1),
            parent: text(2),
            is_folder: row.get(3).and_then(Value::as_integer) == Some(1),
            md5: text(4),
            created: text(5),
            modified: String::new(),
            trashed: false,
            is_owned: true,
            drive: String::new(),
            marker: Marker { place: self.place.clone(), database: text(6), part: text(7), merged: text(8) },
        }
    }

    /// The content of a file at the last sync.
    pub(super) fn synced(&self, key: &str) -> Result<SyncedContent, Error> {
        let sql = "SELECT md5, next_md5 FROM account_synced WHERE place = ?1 AND key = ?2";
        let found = self.own.query(sql, &[self.place.as_str().into(), key.into()])?;
        let text = |column: usize| {
            found.rows.first().and_then(|row| row.get(column)).and_then(Value::as_text).unwrap_or_default().to_owned()
        };
        Ok(SyncedContent { md5: text(0), next_md5: text(1) })
    }

    /// Records that the folder and the account have this content.
    pub(super) fn set_synced(&self, key: &str, md5: &str) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO account_synced (place, key, md5, next_md5) VALUES (?1, ?2, ?3, '')";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), md5.into()]).map(drop)
    }

    /// Records the content that is uploaded next.
    pub(super) fn set_next(&self, key: &str, md5: &str) -> Result<(), Error> {
        let sql = "INSERT INTO account_synced (place, key, md5, next_md5) VALUES (?1, ?2, '', ?3)
            ON CONFLICT (place, key) DO UPDATE SET next_md5 = excluded.next_md5";
        self.own.execute(sql, &[self.place.as_str().into(), key.into(), md5.into()]).map(drop)
    }
}
