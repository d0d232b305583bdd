//! One run: scans the folder, finds the new files, and finds similar items for them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Entry, ItemState};
use baton_core::Digest;
use baton_fingerprint::Fingerprint;

use super::low_priority::run_low_priority;
use crate::LibraryError;
use crate::duplicates::{self, Item, Proof, WholePrints, WholePrintsFn, exceeds_fingerprinted_part};
use crate::lookup::{LookupQuery, Match, look_up};
use crate::scan::{Event, Options, ReadFn, scan};
use crate::source::SourceRoot;

/// A file that was written less than this long ago may be incomplete.
const QUIET: Duration = Duration::from_secs(2);

/// The approximate maximum time of a run. Other processes can lock the library after the run.
const TIME: Duration = Duration::from_secs(10);

/// The settings of one run.
#[derive(Clone, Copy, Debug)]
pub struct IngestOptions<'a> {
    /// The catalog.
    pub catalog: &'a Path,
    /// The scanned folder.
    pub folder: &'a Path,
    /// The marks of the files that were reported before, by [`NewFile::key`].
    pub marks: &'a BTreeMap<String, String>,
    /// The maximum number of files to read (fewer if reading takes long), and of files to report.
    pub most: usize,
}

/// A new file.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Its entry in the catalog.
    pub item: Item,
    /// Its state after reading.
    pub state: ItemState,
    /// Why it has no fingerprint: the reason code and the sentence.
    pub why: Option<(String, String)>,
    /// Its path, as the key of its mark.
    pub key: String,
    /// Changes when the audio changes.
    pub mark: String,
    /// Similar items of the library. If two files of one report are similar, only the later file lists the earlier file.
    pub matches: Vec<Match>,
}

/// The result of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestReport {
    /// The new files, in the order in which they entered the catalog.
    pub new_files: Vec<NewFile>,
    /// Marked paths that do not exist any more.
    pub deleted: Vec<String>,
    /// Another run is needed: now, or when a file is complete, or when another scan has ended.
    pub more: bool,
    /// Why the folder cannot be reached. The report then contains no files.
    pub unreachable: Option<String>,
}

/// Reads new files into the catalog and reports them. `read` is [`baton_fingerprint::check`]. If `stop` ends the run early, it
/// reports nothing; the next run reports the files. One thread of low priority does the work.
///
/// # Errors
/// When the catalog fails, or the thread cannot be started.
pub fn run(settings: &IngestOptions<'_>, read: &ReadFn<'_>, stop: &AtomicBool) -> Result<IngestReport, LibraryError> {
    let report = run_low_priority(|| run_once(settings, read, stop))??;
    // An incomplete lookup would report known audio as unknown.
    Ok(if stop.load(Ordering::Relaxed) { IngestReport { more: true, ..IngestReport::default() } } else { report })
}

fn run_once(settings: &IngestOptions<'_>, read: &ReadFn<'_>, stop: &AtomicBool) -> Result<IngestReport, LibraryError> {
    let root = match SourceRoot::of(settings.folder) {
        Ok(root) => root,
        Err(error) => return Ok(IngestReport { unreachable: Some(error.to_string()), ..IngestReport::default() }),
    };
    let mut report = IngestReport::default();
    match scan_new_files(settings, &root, read, stop)? {
        FolderScanOutcome::All => {}
        FolderScanOutcome::Part => report.more = true,
        FolderScanOutcome::Nothing(why) => return Ok(IngestReport { unreachable: Some(why), ..report }),
    }
    let Some(catalog) = Catalog::open(settings.catalog)? else {
        return Ok(report);
    };
    find_new(&catalog, &root, settings, &mut report)?;
    compare(&catalog, &mut report.new_files, stop)?;
    let prints = WholePrints { catalog: settings.catalog, read, progress: &|_| (), stop };
    confirm(&mut report.new_files, &|items| prints.load(items))?;
    Ok(report)
}

/// The result of the scan of the folder.
enum FolderScanOutcome {
    All,
    /// The folder has more files to read, or another scan runs.
    Part,
    /// The folder cannot be reached.
    Nothing(String),
}

fn scan_new_files(
    settings: &IngestOptions<'_>,
    root: &SourceRoot,
    read: &ReadFn<'_>,
    stop: &AtomicBool,
) -> Result<FolderScanOutcome, LibraryError> {
    let limit = u64::try_from(settings.most).ok();
    let options = Options { jobs: NonZeroUsize::MIN, limit, time: Some(TIME), emptied: true, ..Options::default() };
    let mut wait = 0;
    let mut progress = |event: &Event<'_>| {
        if let Event::Listed(listing) = event {
            wait = listing.to_read();
        }
    };
    let scanned = match scan(settings.catalog, std::slice::from_ref(root), &options, read, &mut progress, stop) {
        Err(LibraryError::Busy) => return Ok(FolderScanOutcome::Part),
        scanned => scanned?,
    };
    match scanned.sources.into_iter().find_map(|source| source.failure) {
        Some(why) => Ok(FolderScanOutcome::Nothing(why)),
        None if scanned.reads.items < wait => Ok(FolderScanOutcome::Part),
        None => Ok(FolderScanOutcome::All),
    }
}

/// Finds the files without a current mark, and the marks without a file.
fn find_new(
    catalog: &Catalog,
    root: &SourceRoot,
    settings: &IngestOptions<'_>,
    report: &mut IngestReport,
) -> Result<(), CatalogError> {
    let IngestOptions { marks, most, .. } = *settings;
    let sources = catalog.library_sources()?;
    let Some(source) = sources.iter().find(|source| source.path == root.path).map(|source| source.id) else {
        // Another scan was running, so the source is not in the catalog yet.
        return Ok(());
    };
    let (mut there, now) = (HashSet::new(), SystemTime::now());
    catalog.library_entries_of(source, |entry| {
        let key = key(&entry.path);
        match mark_of(&entry) {
            // The file was replaced while it was read.
            None => report.more |= entry.state == ItemState::Failed,
            Some(mark) if marks.get(&key) == Some(&mark) => {}
            Some(_) if report.new_files.len() >= most || is_fresh(&entry, now) => report.more = true,
            Some(mark) => report.new_files.push(new_file(entry, key.clone(), mark)),
        }
        there.insert(key);
    })?;
    report.deleted = marks.keys().filter(|path| !there.contains(*path)).cloned().collect();
    Ok(())
}

/// The key of a path's mark in the ledger: the path, or its escaped bytes if it is not UTF-8.
#[must_use]
pub fn key(path: &Path) -> String {
    path.to_str().map_or_else(|| path.as_os_str().as_encoded_bytes().escape_ascii().to_string(), str::to_owned)
}

/// The mark of an item with a fingerprint: the digest of its audio, else of its file.
#[must_use]
pub fn mark(item: &Item) -> Option<String> {
    item.audio_sha256.or(item.file_sha256).map(|digest| Digest::from(digest).to_string())
}

/// Identifies the audio: its digest, else the digest of the file, else the size and why there is no fingerprint. `None` for a
/// file that must be read (again).
fn mark_of(entry: &Entry) -> Option<String> {
    let reason = entry.reason.as_deref().unwrap_or_default();
    match (entry.state, entry.audio_sha256.or(entry.file_sha256)) {
        (ItemState::Pending, _) => None,
        (ItemState::Failed, _) if reason == "changed" => None,
        (_, Some(digest)) => Some(Digest::from(digest).to_string()),
        (state, None) => Some(format!("{} {reason} {}", state.as_str(), entry.size)),
    }
}

/// Whether another program may still write the file, or has written it since it was read. `false` for a missing file.
fn is_fresh(entry: &Entry, now: SystemTime) -> bool {
    let Ok(metadata) = fs::metadata(&entry.path) else {
        return false;
    };
    // A time far in the future comes from a wrong clock, so the file counts as old. A time slightly in the future means that
    // the file was written after `now` was taken.
    let away = |written| now.duration_since(written).unwrap_or_else(|later| later.duration());
    let age = metadata.modified().ok().map(away);
    metadata.len() != entry.size || age.is_some_and(|age| age < QUIET)
}

fn new_file(mut entry: Entry, key: String, mark: String) -> NewFile {
    let why = entry.reason.take().map(|reason| (reason, entry.detail.take().unwrap_or_default()));
    NewFile { state: entry.state, why, key, mark, matches: Vec::new(), item: Item::from(entry) }
}

/// Compares the new files that have a fingerprint with the library.
fn compare(catalog: &Catalog, new_files: &mut [NewFile], stop: &AtomicBool) -> Result<(), CatalogError> {
    let mut by_item: HashMap<i64, usize> = HashMap::new();
    for (position, file) in new_files.iter().enumerate().filter(|(_, file)| file.item.has_fingerprint) {
        by_item.insert(file.item.id, position);
    }
    let (mut queries, mut positions) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if let Some((position, fingerprint)) = by_item.get(&id).copied().zip(Fingerprint::from_bytes(bytes))
            && let Some(file) = new_files.get(position)
        {
            queries.push(LookupQuery { fingerprint, item: file.item.clone() });
            positions.push(position);
        }
    })?;
    if queries.is_empty() {
        return Ok(());
    }
    for (position, found) in positions.into_iter().zip(look_up(catalog, &queries, stop)?) {
        if let Some(file) = new_files.get_mut(position) {
            let id = file.item.id;
            // If two new files are similar, only the later file lists the earlier file.
            let is_listed = |found: &Match| found.item.id < id || !by_item.contains_key(&found.item.id);
            file.matches = found.into_iter().filter(is_listed).collect();
        }
    }
    Ok(())
}

/// Compares long copies to their end, before they are reported as copies.
fn confirm(new_files: &mut [NewFile], whole: &WholePrintsFn<'_>) -> Result<(), CatalogError> {
    let mut queries: Vec<&Item> = Vec::new();
    for file in new_files.iter() {
        let open = file.matches.iter().filter(|found| is_open(&file.item, found));
        queries.extend(open.flat_map(|found| [&file.item, &found.item]));
    }
    queries.sort_unstable_by_key(|item| item.id);
    queries.dedup_by_key(|item| item.id);
    if queries.is_empty() {
        return Ok(());
    }
    let prints = whole(&queries)?;
    for NewFile { item, matches, .. } in new_files {
        for found in matches.iter_mut().filter(|found| is_open(item, found)) {
            if let Proof::Sounds(similarity) = &mut found.proof {
                found.difference = duplicates::compare(similarity, prints.get(&item.id), prints.get(&found.item.id));
            }
        }
        // Copies come first.
        matches.sort_by_key(|found| found.difference.is_some());
    }
    Ok(())
}

/// True if the two files are copies in their first two minutes, and one of them is longer.
fn is_open(item: &Item, found: &Match) -> bool {
    found.difference.is_none()
        && matches!(found.proof, Proof::Sounds(_))
        && exceeds_fingerprinted_part(item, &found.item)
}
