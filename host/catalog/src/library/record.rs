//! Records the result of reading an item, in one transaction with the views of plugins (`files`, `fingerprints`).

use std::path::Path;

use baton_core::{Digest, path_text};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::Library;
use super::column::{self, number};
use super::model::ItemState;
use crate::CatalogError;

#[derive(Clone, Debug, PartialEq)]
pub struct FileReading {
    pub item: i64,
    /// Bytes, before the file was read.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub inode: u64,
    pub outcome: ReadingOutcome,
}

/// The values by which a file is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub inode: u64,
}

/// A file that was rewritten with the same audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewrittenFile {
    pub before: FileStat,
    pub after: FileStat,
    /// SHA-256 of the whole file after the change.
    pub file_sha256: [u8; 32],
}

/// The result of reading a file.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadingOutcome {
    /// It has a fingerprint.
    Fingerprinted(Box<AudioFacts>),
    /// It has no fingerprint.
    Without {
        /// [`ItemState::Failed`] or [`ItemState::Skipped`].
        state: ItemState,
        /// One word, for filters.
        reason: &'static str,
        /// For people.
        detail: String,
        /// Tags that could be read nevertheless.
        tags: Tags,
    },
}

/// The tags of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
}

/// The facts about the audio of a file. The names are those of the columns of `library_items` (`migrations/0002.sql`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioFacts {
    /// The algorithm, as the table `fingerprints` names it.
    pub algorithm: &'static str,
    /// The words of the fingerprint: four bytes each, little-endian.
    pub words: Vec<u8>,
    pub audio_sha256: Option<[u8; 32]>,
    pub file_sha256: Option<[u8; 32]>,
    pub codec: &'static str,
    pub container: &'static str,
    pub rate_hz: u32,
    pub channels: u16,
    pub bits: Option<u16>,
    pub bitrate: Option<u32>,
    pub duration_ms: u64,
    pub core_only: bool,
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
    /// A description for people.
    pub damage: Option<String>,
}

/// A repeated reading that confirmed the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedReading {
    pub item: i64,
    /// The file was decoded to its end and has no damage.
    pub is_intact: bool,
}

impl Library {
    /// Records the results of `readings` in one transaction.
    pub fn record(&mut self, readings: &[FileReading], now: Timestamp) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for reading in readings {
            write(&transaction, reading, now.as_millisecond())?;
        }
        Ok(transaction.commit()?)
    }

    /// Records that items were read again and agree with the catalog.
    pub fn record_compared(&mut self, items: &[ComparedReading], now: Timestamp) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for ComparedReading { item, is_intact } in items {
            transaction
                .prepare_cached(
                    "UPDATE library_items SET read_at = ?2, damage_checked = max(damage_checked, ?3),
                         read_scan = (SELECT scan FROM library_sources AS s WHERE s.id = library_items.source)
                     WHERE id = ?1",
                )?
                .execute(params![item, now.as_millisecond(), is_intact])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records that files were removed, or exist again, on behalf of the command that moved them. The next scan finds the
    /// files that exist.
    pub fn set_missing(&mut self, paths: &[&Path], missing: bool, now: Timestamp) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        let at = now.as_millisecond();
        for path in paths {
            transaction
                .prepare_cached("UPDATE library_items SET missing_since = ?2 WHERE path = ?1")?
                .execute(params![column::Path(path.as_os_str()), missing.then_some(at)])?;
            transaction
                .prepare_cached("UPDATE files SET missing = ?2, said_at = ?3 WHERE path = ?1")?
                .execute(params![path_text::to_text(path), missing, at])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records that a file was rewritten with the same audio. Returns false and does nothing if the catalog does not have the
    /// file as it was before the change: the next listing then finds that the file has changed.
    pub fn record_rewritten(
        &mut self,
        item: i64,
        rewritten: &RewrittenFile,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        let transaction = self.begin()?;
        let (before, after) = (rewritten.before, rewritten.after);
        let written = transaction.execute(
            "UPDATE library_items SET size = ?2, mtime_ns = ?3, inode = ?4, file_sha256 = ?5
             WHERE id = ?1 AND state = 'fingerprinted' AND (size, mtime_ns, inode) = (?6, ?7, ?8)",
            params![
                item,
                number(after.size),
                after.mtime_ns,
                after.inode.cast_signed(),
                rewritten.file_sha256,
                number(before.size),
                before.mtime_ns,
                before.inode.cast_signed()
            ],
        )?;
        if written > 0 {
            transaction.execute(
                "UPDATE files SET size = ?2, modified_at = ?3, sha256 = ?4, said_at = ?5
                 WHERE id = (SELECT file FROM library_items WHERE id = ?1)",
                params![
                    item,
                    number(after.size),
                    after.mtime_ns / 1_000_000,
                    Digest::from(rewritten.file_sha256).to_string(),
                    now.as_millisecond()
                ],
            )?;
        }
        transaction.commit()?;
        Ok(written > 0)
    }
}

fn write(tx: &Transaction<'_>, reading: &FileReading, at: i64) -> rusqlite::Result<()> {
    let mut none = AudioFacts::default();
    let (state, reason, detail, facts) = match &reading.outcome {
        ReadingOutcome::Fingerprinted(facts) => (ItemState::Fingerprinted, None, None, facts.as_ref()),
        ReadingOutcome::Without { state, reason, detail, tags } => {
            let Tags { title, artist, album, isrc } = tags.clone();
            none = AudioFacts { title, artist, album, isrc, ..none };
            (*state, Some(reason), Some(detail), &none)
        }
    };
    let known = state == ItemState::Fingerprinted;
    let file: Option<i64> = tx
        .prepare_cached(
            "UPDATE library_items SET size = ?2, mtime_ns = ?3, inode = ?4, state = ?5, reason = ?6, detail = ?7,
                 audio_sha256 = ?8, file_sha256 = ?9, codec = ?10, container = ?11, rate_hz = ?12, channels = ?13,
                 bits = ?14, bitrate = ?15, duration_ms = ?16, core_only = ?17, title = ?18, artist = ?19, album = ?20,
                 isrc = ?21, read_at = ?22, damage = ?23, damage_checked = ?24, found_inode = NULL,
                 read_scan = (SELECT scan FROM library_sources AS s WHERE s.id = library_items.source)
             WHERE id = ?1 RETURNING file",
        )?
        .query_row(
            params![
                reading.item,
                number(reading.size),
                reading.mtime_ns,
                reading.inode.cast_signed(),
                state,
                reason,
                detail,
                facts.audio_sha256,
                facts.file_sha256,
                known.then_some(facts.codec),
                known.then_some(facts.container),
                known.then_some(facts.rate_hz),
                known.then_some(facts.channels),
                facts.bits,
                facts.bitrate,
                known.then_some(number(facts.duration_ms)),
                known.then_some(facts.core_only),
                facts.title,
                facts.artist,
                facts.album,
                facts.isrc,
                at,
                facts.damage,
                known
            ],
            |row| row.get(0),
        )
        .optional()?;
    // There is no row if the item was moved to another item's path in the meantime, or if its source was removed.
    let Some(file) = file else {
        return Ok(());
    };
    clear_file_facts(tx, file)?;
    if known { publish(tx, file, reading, facts, at) } else { Ok(()) }
}

/// Writes the facts through the views that plugins read.
fn publish(
    tx: &Transaction<'_>,
    file: i64,
    reading: &FileReading,
    facts: &AudioFacts,
    at: i64,
) -> rusqlite::Result<()> {
    let path: String =
        tx.prepare_cached("SELECT path FROM files WHERE id = ?1")?.query_row([file], |row| row.get(0))?;
    let sha256 = facts.file_sha256.map(|digest| Digest::from(digest).to_string());
    let duration = number(facts.duration_ms);
    tx.prepare_cached(
        "INSERT INTO put_file (source, said_at, path, size, modified_at, sha256, format, duration_ms, missing)
         VALUES ('library', ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
    )?
    .execute(params![
        at,
        path,
        number(reading.size),
        reading.mtime_ns / 1_000_000,
        sha256,
        facts.codec,
        duration
    ])?;
    tx.prepare_cached(
        "INSERT INTO put_fingerprint (source, said_at, path, algorithm, duration_ms, data)
         VALUES ('library', ?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![at, path, facts.algorithm, duration, facts.words])?;
    Ok(())
}

/// Deletes the library's fingerprint of a file, and the file's digest, format and duration. Fingerprints of other sources
/// stay.
pub(super) fn clear_file_facts(tx: &Transaction<'_>, file: i64) -> rusqlite::Result<()> {
    let ours = "source = (SELECT id FROM sources WHERE name = 'library')";
    tx.prepare_cached(&format!("DELETE FROM fingerprints WHERE file = ?1 AND {ours}"))?.execute([file])?;
    let sql = "UPDATE files SET sha256 = NULL, format = NULL, duration_ms = NULL WHERE id = ?1";
    tx.prepare_cached(sql)?.execute([file])?;
    Ok(())
}
