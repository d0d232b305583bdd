//! One piece: scan, see what is news, look it up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_fingerprint::Fingerprint;
use baton_ledger::LedgerError;
use baton_ledger::catalog::Catalog;
use baton_ledger::catalog::library::{Entry, ItemState};

use super::low_priority::run_low_priority;
use crate::LibraryError;
use crate::duplicates::{self, Item, Proof, WholePrints, WholePrintsFn, play_on};
use crate::lookup::{LookupQuery, Match, look_up};
use crate::scan::{Event, Options, ReadFn, scan};
use crate::source::SourceRoot;

/// A file that was written to this recently may be half there.
const QUIET: Duration = Duration::from_secs(2);

/// How long a piece reads, about: then whoever waits for the library's lock has it.
const TIME: Duration = Duration::from_secs(10);

/// What is wanted of a piece.
#[derive(Clone, Copy, Debug)]
pub struct IngestOptions<'a> {
    /// The catalog that it is read into and held against.
    pub catalog: &'a Path,
    /// The folder in which something may be new.
    pub folder: &'a Path,
    /// The marks of the files that were told of before, by [`NewFile::key`].
    pub marks: &'a BTreeMap<String, String>,
    /// Files that are read at most (fewer where they take long), and files that are told of at most.
    pub most: usize,
}

/// A file that is news.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// What is known of it.
    pub item: Item,
    /// What came of reading it.
    pub state: ItemState,
    /// Why it has no fingerprint: the word and the sentence.
    pub why: Option<(String, String)>,
    /// Its path, as the key of its mark.
    pub key: String,
    /// What says whether it is still the same audio.
    pub mark: String,
    /// What in the library sounds like it; of two in one piece of news the later one tells of the earlier.
    pub matches: Vec<Match>,
}

/// What came of a piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestReport {
    /// What is new, in the order in which it came into the catalog.
    pub arrivals: Vec<NewFile>,
    /// Paths that are marked and not there any more.
    pub gone: Vec<String>,
    /// Whether there is more to do: at once, or as soon as a file is whole or another scan has ended.
    pub more: bool,
    /// Why the folder cannot be reached; then nothing is said about its files.
    pub unreachable: Option<String>,
}

/// Reads what is new into the catalog and tells of it. `read` is [`baton_fingerprint::check`]. `stop` ends it early; then
/// nothing is told, and the next call tells it. One thread of low priority does it, whatever it costs.
///
/// # Errors
/// When the catalog fails, or the thread cannot be started.
pub fn hear(wanted: &IngestOptions<'_>, read: &ReadFn<'_>, stop: &AtomicBool) -> Result<IngestReport, LibraryError> {
    let news = run_low_priority(|| piece(wanted, read, stop))??;
    // What was not looked up to its end would seem to be unknown.
    Ok(if stop.load(Ordering::Relaxed) { IngestReport { more: true, ..IngestReport::default() } } else { news })
}

fn piece(wanted: &IngestOptions<'_>, read: &ReadFn<'_>, stop: &AtomicBool) -> Result<IngestReport, LibraryError> {
    let place = match SourceRoot::of(wanted.folder) {
        Ok(place) => place,
        Err(error) => return Ok(IngestReport { unreachable: Some(error.to_string()), ..IngestReport::default() }),
    };
    let mut news = IngestReport::default();
    match take_in(wanted, &place, read, stop)? {
        FolderScanOutcome::All => {}
        FolderScanOutcome::Part => news.more = true,
        FolderScanOutcome::Nothing(why) => return Ok(IngestReport { unreachable: Some(why), ..news }),
    }
    let Some(catalog) = Catalog::open(wanted.catalog)? else {
        return Ok(news);
    };
    see(&catalog, &place, wanted, &mut news)?;
    compare(&catalog, &mut news.arrivals, stop)?;
    let prints = WholePrints { catalog: wanted.catalog, read, tell: &|_| (), stop };
    confirm(&mut news.arrivals, &|items| prints.of(items))?;
    Ok(news)
}

/// What a scan of the folder came to.
enum FolderScanOutcome {
    All,
    /// There is more, or another scan is at it.
    Part,
    /// The folder cannot be reached.
    Nothing(String),
}

fn take_in(
    wanted: &IngestOptions<'_>,
    place: &SourceRoot,
    read: &ReadFn<'_>,
    stop: &AtomicBool,
) -> Result<FolderScanOutcome, LibraryError> {
    let limit = u64::try_from(wanted.most).ok();
    let options = Options { jobs: NonZeroUsize::MIN, limit, time: Some(TIME), emptied: true, ..Options::default() };
    let mut wait = 0;
    let mut tell = |event: &Event<'_>| {
        if let Event::Listed(listing) = event {
            wait = listing.to_read();
        }
    };
    let report = match scan(wanted.catalog, std::slice::from_ref(place), &options, read, &mut tell, stop) {
        Err(LibraryError::Busy) => return Ok(FolderScanOutcome::Part),
        report => report?,
    };
    match report.sources.into_iter().find_map(|source| source.failure) {
        Some(why) => Ok(FolderScanOutcome::Nothing(why)),
        None if report.reads.items < wait => Ok(FolderScanOutcome::Part),
        None => Ok(FolderScanOutcome::All),
    }
}

/// What is there and is not marked as it is, and what is marked and is not there.
fn see(
    catalog: &Catalog,
    place: &SourceRoot,
    wanted: &IngestOptions<'_>,
    news: &mut IngestReport,
) -> Result<(), LedgerError> {
    let IngestOptions { marks, most, .. } = *wanted;
    let sources = catalog.library_sources()?;
    let Some(source) = sources.iter().find(|source| source.path == place.path).map(|source| source.id) else {
        // Another scan has kept this one from beginning.
        return Ok(());
    };
    let (mut there, now) = (HashSet::new(), SystemTime::now());
    catalog.library_entries_of(source, |entry| {
        let key = key(&entry.path);
        match mark_of(&entry) {
            // It was replaced while it was read.
            None => news.more |= entry.state == ItemState::Failed,
            Some(mark) if marks.get(&key) == Some(&mark) => {}
            Some(_) if news.arrivals.len() >= most || is_fresh(&entry, now) => news.more = true,
            Some(mark) => news.arrivals.push(arrival(entry, key.clone(), mark)),
        }
        there.insert(key);
    })?;
    news.gone = marks.keys().filter(|path| !there.contains(*path)).cloned().collect();
    Ok(())
}

/// A path as the key of its mark in the ledger: itself, or where it is no UTF-8 its bytes, escaped.
#[must_use]
pub fn key(path: &Path) -> String {
    path.to_str().map_or_else(|| path.as_os_str().as_encoded_bytes().escape_ascii().to_string(), str::to_owned)
}

/// The mark of an item that has a fingerprint: the digest of its audio, else that of the file.
#[must_use]
pub fn mark(item: &Item) -> Option<String> {
    item.audio_sha256.or(item.file_sha256).map(|digest| Digest::from(digest).to_string())
}

/// What says whether it is the same audio: its digest, else that of the file, else the size and why it has none. None for what
/// has to be read (again).
fn mark_of(entry: &Entry) -> Option<String> {
    let reason = entry.reason.as_deref().unwrap_or_default();
    match (entry.state, entry.audio_sha256.or(entry.file_sha256)) {
        (ItemState::Pending, _) => None,
        (ItemState::Failed, _) if reason == "changed" => None,
        (_, Some(digest)) => Some(Digest::from(digest).to_string()),
        (state, None) => Some(format!("{} {reason} {}", state.word(), entry.size)),
    }
}

/// Whether somebody may still be writing it, or has written since it was read. What is not there is nobody's.
fn is_fresh(entry: &Entry, now: SystemTime) -> bool {
    let Ok(metadata) = fs::metadata(&entry.path) else {
        return false;
    };
    // A time far in the future is a wrong clock's, not a writer's; one of just now may be after `now`.
    let away = |written| now.duration_since(written).unwrap_or_else(|later| later.duration());
    let age = metadata.modified().ok().map(away);
    metadata.len() != entry.size || age.is_some_and(|age| age < QUIET)
}

fn arrival(mut entry: Entry, key: String, mark: String) -> NewFile {
    let why = entry.reason.take().map(|reason| (reason, entry.detail.take().unwrap_or_default()));
    NewFile { state: entry.state, why, key, mark, matches: Vec::new(), item: Item::from(entry) }
}

/// Holds what has a fingerprint against the library.
fn compare(catalog: &Catalog, arrivals: &mut [NewFile], stop: &AtomicBool) -> Result<(), LedgerError> {
    let mut places: HashMap<i64, usize> = HashMap::new();
    for (place, arrival) in arrivals.iter().enumerate().filter(|(_, arrival)| arrival.item.heard) {
        places.insert(arrival.item.id, place);
    }
    let (mut asked, mut whose) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if let Some((place, fingerprint)) = places.get(&id).copied().zip(Fingerprint::from_bytes(bytes))
            && let Some(arrival) = arrivals.get(place)
        {
            asked.push(LookupQuery { fingerprint, item: arrival.item.clone() });
            whose.push(place);
        }
    })?;
    if asked.is_empty() {
        return Ok(());
    }
    for (place, found) in whose.into_iter().zip(look_up(catalog, &asked, stop)?) {
        if let Some(arrival) = arrivals.get_mut(place) {
            let id = arrival.item.id;
            // Of a pair that is news one is told of the other.
            let is_told = |found: &Match| found.item.id < id || !places.contains_key(&found.item.id);
            arrival.matches = found.into_iter().filter(is_told).collect();
        }
    }
    Ok(())
}

/// Compares copies that are longer than the fingerprinted part to their end, before anybody is told that they are copies.
fn confirm(arrivals: &mut [NewFile], whole: &WholePrintsFn<'_>) -> Result<(), LedgerError> {
    let mut asked: Vec<&Item> = Vec::new();
    for arrival in arrivals.iter() {
        let open = arrival.matches.iter().filter(|found| is_open(&arrival.item, found));
        asked.extend(open.flat_map(|found| [&arrival.item, &found.item]));
    }
    asked.sort_unstable_by_key(|item| item.id);
    asked.dedup_by_key(|item| item.id);
    if asked.is_empty() {
        return Ok(());
    }
    let prints = whole(&asked)?;
    for NewFile { item, matches, .. } in arrivals {
        for found in matches.iter_mut().filter(|found| is_open(item, found)) {
            if let Proof::Sounds(alike) = &mut found.proof {
                found.difference = duplicates::compare(alike, prints.get(&item.id), prints.get(&found.item.id));
            }
        }
        // Copies come first.
        matches.sort_by_key(|found| found.difference.is_some());
    }
    Ok(())
}

/// Whether only the beginning of two says that they are copies.
fn is_open(item: &Item, found: &Match) -> bool {
    found.difference.is_none() && matches!(found.proof, Proof::Sounds(_)) && play_on(item, &found.item)
}
