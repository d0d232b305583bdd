//! Converts rows to records and joins them. The rows are read once, in the order of the file; later rows are added to their track
//! by its id.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use super::model::{Library, Track};
use super::raw::{MOST_BYTES, RawLibrary, RowSubject};
use super::unreadable::UnreadReason;
use super::{check, playlists, records, schema};
use crate::tsaf::{Blob, Document, Mismatch};

/// Maximum size of all texts in bytes. An export needs twice this amount of memory in addition.
const MOST_TEXT: usize = 32 << 20;

/// The plus before `collection` keeps SQLite from using its index, so the rows come in the order of the file, without
/// sorting. A key above 1 KiB is ignored; SQLite counts its octets without loading it.
const ROWS: &str = "SELECT rowid, collection, CASE WHEN octet_length(key) <= 1024 THEN key END, \
    CASE WHEN typeof(data) = 'blob' AND length(data) <= ?1 THEN data END, \
    CASE WHEN typeof(data) = 'blob' THEN length(data) END FROM database2 \
    WHERE +collection IN ('mediaItemTitleIDs', 'localMediaItemLocations', 'globalMediaItemLocations', 'mediaItemAnalyzedData', \
    'mediaItemUserData', 'historySessions', 'historySessionItems', 'mediaItemPlaylists', 'mediaItemPlaylistItems', \
    'databaseInfo') ORDER BY rowid";

/// The row and key of an object.
#[derive(Clone, Copy)]
struct ObjectKey<'a> {
    row: i64,
    collection: &'a str,
    key: &'a str,
}

/// The collections with data of a track, one bit each.
const TITLE: u8 = 1;
const LOCAL: u8 = 2;
const GLOBAL: u8 = 4;
const ANALYSIS: u8 = 8;
const USER: u8 = 16;
/// A track is in the library if it has a title or a location, not only an analysis.
const IN_LIBRARY: u8 = TITLE | LOCAL | GLOBAL;

/// Reads a library. Unreadable parts become findings.
///
/// # Errors
/// `permanent` if it is not a library of a supported djay version; as `wit/sql.wit` if the database cannot be read.
pub fn read(database: &dyn Tables, findings: &mut Findings) -> Result<Library, Error> {
    schema::check(database)?;
    let mut raw = RawLibrary::default();
    for row in database.rows(ROWS, &[MOST_BYTES.into()])? {
        raw.add_row(&row?, findings);
        if raw.text > MOST_TEXT {
            return Err(Error::Permanent(format!(
                "the library's titles, names and addresses have more than {} MiB together, which is the limit",
                MOST_TEXT >> 20
            )));
        }
    }
    raw.causes.check()?;
    raw.remove_repeated(findings);
    check::indexes(database, &raw, findings)?;
    playlists::read(database, &mut raw, findings)?;
    Ok(raw.into_library(findings))
}

/// Bytes of the texts of a track.
fn text_bytes(track: &Track) -> usize {
    let sources =
        track.sources.iter().map(|source| source.uri.len() + source.id.len() + total_length(&[&source.path]) + 64);
    track.title.len() + total_length(&[&track.artist, &track.isrc]) + sources.sum::<usize>()
}

fn total_length(texts: &[&Option<String>]) -> usize {
    texts.iter().filter_map(|text| text.as_ref()).map(String::len).sum()
}

fn report_twice(collection: &str, key: &str, findings: &mut Findings) {
    let title = format!("{collection} has {key} more than once; the first one is used");
    findings.add("twice", &format!("{collection}/{key}"), Severity::Medium, title, "");
}

fn keep_first<T>(list: &mut Vec<T>, collection: &str, id: impl Fn(&T) -> &str, findings: &mut Findings) {
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(list.len());
    for item in list.iter() {
        let is_first = seen.insert(id(item));
        if !is_first {
            report_twice(collection, id(item), findings);
        }
        kept.push(is_first);
    }
    let mut kept = kept.into_iter();
    list.retain(|_| kept.next().unwrap_or(true));
}

impl RawLibrary {
    fn add_row(&mut self, row: &[Value], findings: &mut Findings) {
        let [Value::Integer(rowid), Value::Text(collection), Value::Text(key), data, length] = row else {
            self.unreadable += 1;
            let number = row.first().and_then(Value::as_integer).unwrap_or_default();
            let title = format!("row {number} of database2 has no collection, no key or a key above 1 KiB");
            findings.add("row", &number.to_string(), Severity::Medium, title, "");
            return;
        };
        match self.rows.get_mut(collection) {
            Some(count) => *count += 1,
            None => drop(self.rows.insert(collection.clone(), 1)),
        }
        let read = match data.as_blob() {
            Some(blob) => self.add_blob(ObjectKey { row: *rowid, collection, key }, blob, findings),
            None => Err(match length.as_integer() {
                Some(bytes) => {
                    UnreadReason::new(format!("it has {bytes} bytes, the limit is {MOST_BYTES}"), "it is too large")
                }
                None => UnreadReason::new("it is not a blob".to_owned(), "it is not a blob"),
            }),
        };
        if collection != "databaseInfo" {
            self.causes.count(read.as_ref().err());
        }
        if let Err(unread) = read {
            self.unreadable += 1;
            let title = format!("{collection}/{key} cannot be read: {}", unread.message);
            findings.add("blob", &format!("{collection}/{key}"), Severity::Medium, title, format!("row {rowid}"));
        }
    }

    fn add_blob(&mut self, object: ObjectKey<'_>, blob: &[u8], findings: &mut Findings) -> Result<(), UnreadReason> {
        let ObjectKey { row, collection, key } = object;
        self.text += key.len();
        let document = match Blob::decode(blob).map_err(|fault| UnreadReason::new(fault.to_string(), &fault.cause()))? {
            Blob::Tsaf(document) => document,
            // Every library has one property list in this collection.
            Blob::BinaryPlist if collection == "databaseInfo" => return Ok(()),
            Blob::BinaryPlist => {
                let why = "it is a property list (bplist00), the format of older versions of djay";
                return Err(UnreadReason::new(why.to_owned(), "it is a property list (bplist00)"));
            }
        };
        if document.has_wide_references() {
            let title = format!("{collection}/{key} has references of more than one byte, which no known library has");
            findings.add("form", &format!("{collection}/{key}"), Severity::Info, title, format!("row {row}"));
        }
        let id = self.add_record(object, &document, findings).map_err(|mismatch| {
            let why = mismatch.to_string();
            UnreadReason::new(why.clone(), &why)
        })?;
        if let Some(id) = id.filter(|id| id != key) {
            let title = format!("{collection}/{key} contains another id, {id}; {key} is used");
            findings.add("id", &format!("{collection}/{key}"), Severity::Low, title, format!("row {row}"));
        }
        Ok(())
    }

    /// Adds an object, and returns the id that the object contains.
    fn add_record(
        &mut self,
        object: ObjectKey<'_>,
        document: &Document<'_>,
        findings: &mut Findings,
    ) -> Result<Option<String>, Mismatch> {
        let ObjectKey { row, collection, key } = object;
        match collection {
            "mediaItemTitleIDs" => {
                self.add_to_track(object, TITLE, RowSubject::Track, findings, |track| records::title(document, track))
            }
            "localMediaItemLocations" | "globalMediaItemLocations" => {
                let bit = if collection == "localMediaItemLocations" { LOCAL } else { GLOBAL };
                let mut odd = 0;
                let add = |track: &mut Track| records::location(document, track, &mut odd);
                let id = self.add_to_track(object, bit, RowSubject::Track, findings, add)?;
                if odd > 0 {
                    let title = format!(
                        "{odd} addresses of {collection}/{key} are empty, above 4 KiB or relative to an unknown address, and are \
                         left out"
                    );
                    findings.add("address", &format!("{collection}/{key}"), Severity::Low, title, format!("row {row}"));
                }
                Ok(id)
            }
            "mediaItemAnalyzedData" => self.add_to_track(object, ANALYSIS, RowSubject::Analysis, findings, |track| {
                records::analysed(document, track)
            }),
            "mediaItemUserData" => self.add_to_track(object, USER, RowSubject::UserData, findings, |track| {
                records::user_data(document, track)
            }),
            "historySessions" => {
                let (id, session) = records::session(document, key)?;
                self.text += total_length(&[&session.device_name, &session.device_type]);
                self.sessions.push(session);
                Ok(id)
            }
            "historySessionItems" => {
                let (id, play) = records::play(document, key)?;
                self.text += total_length(&[&play.session_id, &play.track_id, &play.title, &play.artist, &play.origin]);
                self.plays.push(play);
                Ok(id)
            }
            "mediaItemPlaylists" => {
                let (id, playlist) = records::playlist(document, key)?;
                self.text += playlist.name.len();
                self.playlists.push(playlist);
                Ok(id)
            }
            "mediaItemPlaylistItems" => {
                let (id, track) = records::playlist_item(document)?;
                if let Some(track) = track {
                    self.text += track.len();
                    self.subjects.insert(row, RowSubject::Item(track));
                }
                Ok(id)
            }
            _ => Ok(None),
        }
    }

    /// Adds an object to the track with its key. Nothing is added if the object cannot be read completely, or if the track
    /// already has an object of this collection (`bit`).
    fn add_to_track(
        &mut self,
        object: ObjectKey<'_>,
        bit: u8,
        subject: fn(usize) -> RowSubject,
        findings: &mut Findings,
        add: impl FnOnce(&mut Track) -> Result<Option<String>, Mismatch>,
    ) -> Result<Option<String>, Mismatch> {
        let ObjectKey { row, collection, key } = object;
        let place = self.places.get(key).copied().unwrap_or(self.tracks.len());
        if place == self.tracks.len() {
            self.places.insert(key.to_owned(), place);
            self.tracks.push(Track { id: key.to_owned(), ..Track::default() });
            self.collections.push(0);
        }
        let Some((track, collections)) = self.tracks.get_mut(place).zip(self.collections.get_mut(place)) else {
            return Ok(None);
        };
        if *collections & bit > 0 {
            report_twice(collection, key, findings);
            return Ok(None);
        }
        let before = text_bytes(track);
        let id = add(track)?;
        // The track's own row replaces data from other rows, so the size may shrink.
        self.text = (self.text + text_bytes(track)).saturating_sub(before);
        *collections |= bit;
        self.subjects.insert(row, subject(place));
        Ok(id)
    }

    /// Keeps the first of several sessions, plays or playlists with one id, as djay does.
    fn remove_repeated(&mut self, findings: &mut Findings) {
        keep_first(&mut self.sessions, "historySessions", |session| &session.id, findings);
        keep_first(&mut self.plays, "historySessionItems", |play| &play.id, findings);
        keep_first(&mut self.playlists, "mediaItemPlaylists", |playlist| &playlist.id, findings);
    }

    /// Sorts and joins the records.
    fn into_library(self, findings: &mut Findings) -> Library {
        let Self { tracks, collections, mut sessions, mut plays, mut playlists, rows, unreadable, .. } = self;
        let in_library = tracks.into_iter().zip(collections).filter(|(_, bits)| bits & IN_LIBRARY > 0);
        let mut tracks: Vec<_> = in_library.map(|(track, _)| track).collect();
        tracks.sort_by(|a, b| a.id.cmp(&b.id));
        sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        plays.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        playlists.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let places = |ids: &mut dyn Iterator<Item = &String>| -> HashMap<String, usize> {
            ids.cloned().enumerate().map(|(place, id)| (id, place)).collect()
        };
        let of_track = places(&mut tracks.iter().map(|track| &track.id));
        let of_session = places(&mut sessions.iter().map(|session| &session.id));
        for play in &mut plays {
            play.track = play.track_id.as_ref().and_then(|id| of_track.get(id)).copied();
            play.session = play.session_id.as_ref().and_then(|id| of_session.get(id)).copied();
        }
        for item in playlists.iter_mut().flat_map(|playlist| &mut playlist.items) {
            item.track = of_track.get(&item.track_id).copied();
        }
        for playlist in &playlists {
            let absent: Vec<_> = playlist.items.iter().filter(|item| item.track.is_none()).collect();
            if let Some(first) = absent.first() {
                let title = format!(
                    "{} items of the playlist {} are tracks that the library lacks; the first is {}",
                    absent.len(),
                    playlist.name,
                    first.track_id
                );
                findings.add("playlist", &format!("absent:{}", playlist.id), Severity::Low, title, "");
            }
        }
        Library { tracks, sessions, plays, playlists, rows, unreadable }
    }
}
