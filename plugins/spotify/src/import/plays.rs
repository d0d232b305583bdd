//! The history: played tracks with the duration of the play.
//!
//! A play has no id in the exports. Its id is made from the minute in which it ended, its duration and the names, so the short
//! and the long form of a play have the same id. The long form has the track's id. A play of the short form is linked to a
//! track only if exactly one of Spotify's tracks in the catalog has its title and artist. The short form has only the minute of
//! a play, so it never replaces a time that is already stored.

use std::collections::HashMap;

use baton_core::Digest;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::sql::{Row, Value};
use baton_plugin_sdk::{Error, Severity};
use sha2::{Digest as _, Sha256};

use super::existing::TrackNames;
use super::rows::{self, ExportTime, PUT_PLAY, PUT_SHORT_PLAY};
use super::state::ImportState;
use crate::model::{Entry, Play, SERVICE_HISTORY, TRACKS};
use crate::read::{Content, FoundFile, Kind, read};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS history_files (file TEXT PRIMARY KEY, digest TEXT NOT NULL, \
    plays INTEGER NOT NULL, unlinked INTEGER NOT NULL, last TEXT NOT NULL, tracks INTEGER NOT NULL) STRICT";

/// Imports files of the history, those with ids first.
pub(super) fn import(state: &mut ImportState<'_>, files: &[&FoundFile]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    state.services.own.execute(TABLE, &[])?;
    let before = PlayCounts::load(state.services.catalog, i64::MAX)?;
    let (mut names, mut written) = (None, 0);
    for found in files {
        state.report.files += 1;
        state.services.progress.step(95, &found.shown)?;
        let digest = match found.digest() {
            Ok(digest) => digest,
            Err(why) => {
                state.report_unread(found, &why);
                continue;
            }
        };
        if is_known(state, &digest)? {
            state.report.unchanged += 1;
            continue;
        }
        let Some(Content::Plays(plays)) = read(found, state.findings) else {
            state.report.unread += 1;
            continue;
        };
        write_tracks(state, found, &plays)?;
        if names.is_none() && plays.iter().any(|play| play.uri.is_none()) {
            names = Some(TrackNames::load(state.services.catalog)?);
        }
        put(state, found, &digest, &plays, names.as_ref())?;
        written += 1;
    }
    if written > 0 { count(state, before) } else { Ok(()) }
}

/// Counts of the history's plays in the catalog: all plays, and plays without a track (`open`). `newest` is the highest
/// number of a play.
#[derive(Clone, Copy, Debug, Default)]
struct PlayCounts {
    plays: i64,
    open: i64,
    newest: i64,
}

impl PlayCounts {
    /// Counts the plays whose number in the catalog is at most `newest`.
    fn load(catalog: &dyn Writable, newest: i64) -> Result<Self, Error> {
        let sql = "SELECT count(*), count(*) - count(p.track), coalesce(max(p.id), 0) FROM external_ids AS e \
            JOIN plays AS p ON p.id = e.item WHERE e.kind = 'play' AND e.service = ?1 AND p.id <= ?2";
        let found = catalog.query(sql, &[SERVICE_HISTORY.into(), newest.into()])?;
        let number = |at: usize| found.rows.first().and_then(|row| row.get(at)?.as_integer()).unwrap_or_default();
        Ok(Self { plays: number(0), open: number(1), newest: number(2) })
    }
}

/// Reports the plays that are new in the catalog. They are counted in the catalog and not in the files, because several
/// files may have the same play, and only a later file may name its track.
fn count(state: &mut ImportState<'_>, before: PlayCounts) -> Result<(), Error> {
    let now = PlayCounts::load(state.services.catalog, i64::MAX)?;
    let old = PlayCounts::load(state.services.catalog, before.newest)?;
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    let report = &mut state.report;
    (report.plays, report.linked, report.unlinked) =
        (count(now.plays - before.plays), count(before.open - old.open), count(now.open));
    if now.open > 0 {
        let title = format!("{} of {} plays do not match exactly one known track", now.open, now.plays);
        let way = "Import playlists that have these tracks; the next import then links the plays.";
        state.findings.add("unlinked", SERVICE_HISTORY, Severity::Info, title, way);
    }
    Ok(())
}

/// Whether all plays of a file were written, and the catalog still has them. A file with unlinked plays is read again if the
/// catalog has more tracks than when the file was imported.
fn is_known(state: &ImportState<'_>, digest: &str) -> Result<bool, Error> {
    // Only the bytes are compared: after a move of the folder the plays are the same.
    let sql = "SELECT unlinked, last, tracks FROM history_files WHERE digest = ?1 ORDER BY tracks DESC LIMIT 1";
    let known = state.services.own.query(sql, &[digest.into()])?;
    let Some([unlinked, last, before]) = known.rows.first().map(Vec::as_slice) else {
        return Ok(false);
    };
    if unlinked.as_integer() > Some(0) && before.as_integer() < Some(tracks(state.services.catalog)?) {
        return Ok(false);
    }
    let sql = "SELECT count(*) FROM external_ids WHERE kind = 'play' AND service = ?1 AND external_id = ?2";
    Ok(last.as_text() == Some("")
        || state.services.catalog.query(sql, &[SERVICE_HISTORY.into(), last.clone()])?.integer() == Some(1))
}

/// The number of Spotify's tracks in the catalog.
fn tracks(catalog: &dyn Writable) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM external_ids WHERE kind = 'track' AND service = ?1";
    Ok(catalog.query(sql, &[TRACKS.into()])?.integer().unwrap_or_default())
}

/// Writes the tracks of the long form.
fn write_tracks(state: &mut ImportState<'_>, found: &FoundFile, plays: &[Play]) -> Result<(), Error> {
    let export = ExportTime { service: SERVICE_HISTORY, at: found.modified };
    for play in plays.iter().filter(|play| play.uri.is_some()) {
        let artists = Some(play.artist.clone()).filter(|artist| !artist.is_empty()).into_iter().collect();
        let (uri, title, album) = (play.uri.clone(), play.title.clone(), play.album.clone());
        state.pending.track(export, &Entry { uri, title, artists, album, ..Entry::default() });
        state.pending.write_if_many(state.services.catalog)?;
    }
    state.pending.write(state.services.catalog)
}

fn put(
    state: &mut ImportState<'_>,
    found: &FoundFile,
    digest: &str,
    plays: &[Play],
    names: Option<&TrackNames>,
) -> Result<(), Error> {
    let export = ExportTime { service: SERVICE_HISTORY, at: found.modified };
    let (mut unlinked, mut last) = (0_usize, String::new());
    let mut ids = PlayIds::default();
    let mut each = plays.iter().map(|play| {
        let by_name = || names.and_then(|names| names.find(&play.title, &play.artist));
        let track = play.uri.as_ref().map(crate::uri::Uri::id).or_else(by_name);
        unlinked += usize::from(track.is_none());
        last = ids.next(play);
        rows::play(export, play, last.clone(), track)
    });
    let put = if found.kind == Kind::History { PUT_SHORT_PLAY } else { PUT_PLAY };
    state.services.catalog.batch(put, &mut each)?;
    drop(each);
    let tracks = tracks(state.services.catalog)?;
    let imported = ImportedFile { file: &found.shown, digest, plays: plays.len(), unlinked, last, tracks };
    imported.store(state.services.own)
}

/// The row of an imported file.
struct ImportedFile<'a> {
    file: &'a str,
    digest: &'a str,
    plays: usize,
    unlinked: usize,
    /// The id of the last play.
    last: String,
    /// The number of tracks in the catalog.
    tracks: i64,
}

impl ImportedFile<'_> {
    fn store(self, own: &dyn Writable) -> Result<(), Error> {
        let number = |count: usize| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let (file, digest) = (self.file.into(), self.digest.into());
        let row: Row =
            vec![file, digest, number(self.plays), number(self.unlinked), self.last.into(), self.tracks.into()];
        own.execute("INSERT OR REPLACE INTO history_files VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &row)?;
        Ok(())
    }
}

/// Ids of plays. Two equal plays in one minute of one file are two plays.
#[derive(Debug, Default)]
struct PlayIds(HashMap<String, u32>);

impl PlayIds {
    fn next(&mut self, play: &Play) -> String {
        let mut hasher = Sha256::new();
        let uri = play.uri.as_ref().filter(|_| play.title.is_empty()).map(crate::uri::Uri::text).unwrap_or_default();
        for part in [play.artist.to_lowercase(), play.title.to_lowercase(), uri] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let names = Digest::from(<[u8; 32]>::from(hasher.finalize())).short(16);
        let id = format!("{}:{}:{names}", play.ended_at.div_euclid(60_000), play.ms_played);
        let times = self.0.entry(id.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { id } else { format!("{id}#{times}") }
    }
}
