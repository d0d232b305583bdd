//! Scans with a reader that interprets a file's first word, so that thousands of files take no time.

mod missing;

use std::cell::RefCell;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use baton_catalog::Catalog;
use baton_catalog::library::{ItemState, PagePosition, PreviousReading, WaitingItem};
use baton_fingerprint::{AudioReport, Error, Reason};

use super::one::{self, FileVerdict};
use super::{Comparison, Event, Options, ReadFn, Report, forget, scan};
use crate::coverage::{Coverage, REQUIRED_PERCENT};
use crate::duplicates::{CompareResult, DuplicateOptions, find};
use crate::source::SourceRoot;
use crate::test_sound;

/// A folder with music and a catalog.
struct TestLibrary {
    folder: tempfile::TempDir,
}

impl TestLibrary {
    fn new() -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(room.music()).unwrap();
        room
    }

    fn music(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("music")
    }

    fn catalog(&self) -> PathBuf {
        self.folder.path().join("catalog.db")
    }

    fn put(&self, name: &str, content: &str) {
        let path = self.music().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn place(&self) -> SourceRoot {
        SourceRoot::of(&self.music()).unwrap()
    }

    fn scan(&self, options: &Options) -> Report {
        self.scan_with(options, &look, &AtomicBool::new(false))
    }

    fn scan_with(&self, options: &Options, read: &ReadFn<'_>, stop: &AtomicBool) -> Report {
        scan(&self.catalog(), &[self.place()], options, read, &mut |_| (), stop).unwrap()
    }

    /// All existing items: name, state, reason.
    fn items(&self) -> Vec<(String, ItemState, Option<String>)> {
        let mut items = Vec::new();
        let catalog = Catalog::open(&self.catalog()).unwrap().unwrap();
        catalog.library_entries(|entry| items.push((entry.name, entry.state, entry.reason))).unwrap();
        items.sort();
        items
    }

    fn coverage(&self) -> Coverage {
        Coverage::load(&Catalog::open(&self.catalog()).unwrap().unwrap(), REQUIRED_PERCENT).unwrap()
    }
}

/// Reads a file: its first word determines the result.
fn look(path: &Path, _: baton_fingerprint::Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    let text = fs::read_to_string(path).map_err(|error| fault(Reason::Unreadable, &error.to_string()))?;
    if stop.load(Ordering::Relaxed) {
        return Err(fault(Reason::Stopped, "stopped"));
    }
    match text.split(' ').next().unwrap_or_default() {
        "sound" => Ok(sound(&text)),
        "short" => Err(fault(Reason::TooShort, "1 s")),
        "" => Err(fault(Reason::Corrupt, "it is empty")),
        _ => Err(fault(Reason::Unsupported, "no audio")),
    }
}

fn fault(reason: Reason, detail: &str) -> Error {
    Error { reason, detail: detail.to_owned() }
}

fn sound(text: &str) -> AudioReport {
    test_sound::sound(text, text.bytes().map(u32::from).collect(), 180)
}

fn options() -> Options {
    Options { jobs: NonZeroUsize::new(3).unwrap(), ..Options::default() }
}

#[test]
fn each_file_is_fingerprinted_skipped_or_failed() {
    let room = TestLibrary::new();
    for (name, content) in
        [("a.mp3", "sound 1"), ("b/c.flac", ""), ("d.ogg", "noise"), ("e.wav", "short"), ("f.txt", "x")]
    {
        room.put(name, content);
    }
    let report = room.scan(&options());
    assert_eq!((report.sources[0].items, report.reads.items, report.reads.fingerprinted), (4, 4, 1));
    assert_eq!(report.reads.failed.iter().collect::<Vec<_>>(), [(&"corrupt", &1)]);
    assert_eq!(report.reads.skipped.iter().collect::<Vec<_>>(), [(&"too_short", &1), (&"unsupported", &1)]);
    let total = room.coverage().total;
    assert_eq!((total.items, total.fingerprinted, total.failed, total.skipped, total.needed), (4, 1, 1, 2, 3));
    assert!(report.has_faults() && !total.is_reached() && !total.is_reachable());
}

#[test]
fn only_changed_files_are_read() {
    let room = TestLibrary::new();
    (0..20).for_each(|number| room.put(&format!("{number}.mp3"), &format!("sound {number}")));
    room.put("bad.mp3", "");
    assert_eq!(room.scan(&options()).reads.items, 21);
    let again = room.scan(&options());
    assert_eq!((again.reads.items, again.sources[0].unchanged), (0, 21));
    // A file with the same size and time, but another inode, is a different file.
    let (old, new) = (room.music().join("3.mp3"), room.music().join("new"));
    let time = fs::metadata(&old).unwrap().modified().unwrap();
    fs::write(&new, "sound X").unwrap();
    fs::File::options().append(true).open(&new).unwrap().set_modified(time).unwrap();
    fs::rename(&new, &old).unwrap();
    room.put("4.mp3", "sound 4 longer");
    let changed = room.scan(&options());
    assert_eq!((changed.reads.items, changed.sources[0].changed), (2, 2));
    // A failed file stays failed until it is read again on request.
    let retried = room.scan(&Options { retry: true, ..options() });
    assert_eq!((retried.reads.items, retried.sources[0].again), (1, 1));
}

#[test]
fn verifying_reads_all_files_again_and_reports_differences() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    room.put("b.mp3", "sound 2");
    room.scan(&options());
    let path = room.music().join("b.mp3");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    // Written in place, so that size, time and inode stay the same.
    fs::write(&path, "sound 3").unwrap();
    fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(room.scan(&options()).reads.items, 0);
    let verified = room.scan(&Options { verify: true, ..options() });
    assert_eq!((verified.reads.same, verified.reads.differ, verified.has_faults()), (1, 1, true));
    let verified = room.scan(&Options { verify: true, ..options() });
    assert_eq!((verified.reads.same, verified.reads.differ), (2, 0));
}

#[test]
fn verifying_a_lost_fingerprint_reports_a_difference() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    let verified = |words| {
        let before = Some(PreviousReading { file_sha256: sound("sound 1").file_sha256.map(Vec::from), words });
        let waiting = WaitingItem {
            item: 1,
            position: PagePosition { scan: 0, item: 1 },
            path: room.music().join("a.mp3"),
            size: 7,
            mounted: false,
            before,
        };
        match one::read(&waiting, &look, &AtomicBool::new(false)) {
            FileVerdict::Read(_, compared) => compared,
            FileVerdict::Changed(_) | FileVerdict::Stopped => None,
        }
    };
    assert_eq!(verified(Some(sound("sound 1").fingerprint.to_bytes())), Some(Comparison::Same));
    assert_eq!(verified(None), Some(Comparison::Differs));
}

#[test]
fn verifying_an_unreachable_file_keeps_its_data() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    room.put("b.mp3", "sound 2");
    room.scan(&options());
    let unreachable = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        let lost = path.ends_with("b.mp3");
        if lost { Err(fault(Reason::Unreadable, "input/output error")) } else { look(path, options, stop) }
    };
    let report = room.scan_with(&Options { verify: true, ..options() }, &unreachable, &AtomicBool::new(false));
    assert_eq!((report.reads.differ, report.has_faults(), room.coverage().total.fingerprinted), (1, true, 2));
}

#[test]
fn a_dry_run_writes_nothing_and_a_limit_is_respected() {
    let room = TestLibrary::new();
    (0..10).for_each(|number| room.put(&format!("{number}.mp3"), &format!("sound {number}")));
    let dry = room.scan(&Options { dry_run: true, ..options() });
    assert_eq!((dry.sources[0].new, dry.sources[0].to_read(), room.catalog().exists()), (10, 10, false));
    let limited = room.scan(&Options { limit: Some(4), ..options() });
    assert_eq!((limited.reads.items, room.coverage().total.pending), (4, 6));
    let dry = room.scan(&Options { dry_run: true, ..options() });
    assert_eq!((dry.sources[0].pending, dry.sources[0].unchanged), (6, 4));
    assert_eq!((room.scan(&options()).reads.items, room.coverage().total.fingerprinted), (6, 10));
}

#[test]
fn a_scan_with_a_time_limit_reads_at_least_one_file() {
    let room = TestLibrary::new();
    (0..3).for_each(|number| room.put(&format!("{number}.mp3"), &format!("sound {number}")));
    let short = Options { jobs: NonZeroUsize::MIN, time: Some(Duration::ZERO), ..options() };
    for left in [2, 1, 0, 0] {
        let report = room.scan(&short);
        assert_eq!((report.stopped, room.coverage().total.pending), (false, left));
    }
    assert_eq!(room.coverage().total.fingerprinted, 3);
}

#[test]
fn a_stopped_scan_resumes() {
    let room = TestLibrary::new();
    (0..200).for_each(|number| room.put(&format!("{number}.mp3"), &format!("sound {number}")));
    let (stop, read) = (AtomicBool::new(false), AtomicU64::new(0));
    let stopping = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        if read.fetch_add(1, Ordering::Relaxed) == 50 {
            stop.store(true, Ordering::Relaxed);
        }
        look(path, options, stop)
    };
    let first = room.scan_with(&options(), &stopping, &stop);
    assert!(first.stopped && first.reads.items <= 50 && first.reads.items >= 45, "{:?}", first.reads);
    let second = room.scan(&options());
    assert_eq!((first.reads.items + second.reads.items, second.stopped), (200, false));
    let whole = TestLibrary::new();
    (0..200).for_each(|number| whole.put(&format!("{number}.mp3"), &format!("sound {number}")));
    whole.scan(&options());
    assert_eq!(room.items(), whole.items());
}

#[test]
fn a_file_replaced_during_reading_is_read_again_or_fails() {
    let room = TestLibrary::new();
    room.put("once.mp3", "sound 1");
    room.put("always.mp3", "sound 2");
    let times = Mutex::new(0);
    let replacing = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        let result = look(path, options, stop);
        let mut times = times.lock().unwrap();
        *times += 1;
        if path.ends_with("always.mp3") || *times <= 2 {
            fs::write(path, format!("sound {}", "x".repeat(*times))).unwrap();
        }
        result
    };
    let report = room.scan_with(&Options { jobs: NonZeroUsize::MIN, ..options() }, &replacing, &AtomicBool::new(false));
    assert_eq!(report.reads.failed.iter().collect::<Vec<_>>(), [(&"changed", &1)]);
    let states = room.items();
    assert_eq!(states[0], ("always".to_owned(), ItemState::Failed, Some("changed".to_owned())));
    assert_eq!(states[1], ("once".to_owned(), ItemState::Fingerprinted, None));
    // No program replaces the file any more: the next scan reads only this file.
    let next = room.scan(&options());
    assert_eq!((next.reads.items, next.reads.fingerprinted, room.coverage().total.fingerprinted), (1, 1, 2));
}

#[test]
fn an_unreachable_source_keeps_its_items_but_a_deleted_file_is_missing() {
    let room = TestLibrary::new();
    (0..5).for_each(|number| room.put(&format!("{number}.mp3"), &format!("sound {number}")));
    room.scan(&options());
    let place = room.place();
    let aside = room.folder.path().join("aside");
    fs::rename(room.music(), &aside).unwrap();
    let scan_it =
        || scan(&room.catalog(), std::slice::from_ref(&place), &options(), &look, &mut |_| (), &AtomicBool::new(false));
    // The folder is missing, as after unplugging a disk; then it exists and is empty, as a mount point.
    for empty in [false, true] {
        if empty {
            fs::create_dir(room.music()).unwrap();
        }
        let report = scan_it().unwrap();
        assert!(report.sources[0].failure.is_some() && report.sources[0].missing == 0, "{report:?}");
        let coverage = room.coverage();
        assert_eq!((coverage.total.fingerprinted, coverage.total.missing), (5, 0));
        assert!(coverage.sources[0].failure.is_some());
    }
    fs::remove_dir(room.music()).unwrap();
    fs::rename(&aside, room.music()).unwrap();
    fs::rename(room.music().join("2.mp3"), &aside).unwrap();
    let back = scan_it().unwrap();
    assert_eq!((back.sources[0].missing, back.sources[0].unchanged, &back.sources[0].failure), (1, 4, &None));
    let total = room.coverage().total;
    assert_eq!((total.items, total.missing), (4, 1));
    // The file is back without changes: nothing is read again.
    fs::rename(&aside, room.music().join("2.mp3")).unwrap();
    assert_eq!((scan_it().unwrap().reads.items, room.coverage().total.fingerprinted), (0, 5));
}

#[test]
fn a_source_that_becomes_unreachable_fails_no_file() {
    let room = TestLibrary::new();
    (0..30).for_each(|number| room.put(&format!("{number:02}.mp3"), &format!("sound {number}")));
    let aside = room.folder.path().join("aside");
    let read = AtomicU64::new(0);
    let pulled = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        if read.fetch_add(1, Ordering::Relaxed) == 10 {
            fs::rename(room.music(), &aside).unwrap();
        }
        match look(path, options, stop) {
            Err(_) => Err(fault(Reason::NotFound, "no such file")),
            read => read,
        }
    };
    let report = room.scan_with(&Options { jobs: NonZeroUsize::MIN, ..options() }, &pulled, &AtomicBool::new(false));
    assert!(report.sources[0].failure.is_some() && report.reads.failed.is_empty(), "{report:?}");
    let total = room.coverage().total;
    assert_eq!((total.fingerprinted, total.pending, total.failed), (10, 20, 0));
}

#[test]
fn ignored_and_hidden_files_and_other_sources_are_skipped() {
    let room = TestLibrary::new();
    for name in
        ["a.mp3", ".hidden/b.mp3", "loops/c.mp3", "loops/keep/d.mp3", "x/System Volume Information/e.mp3", "x/f.flac"]
    {
        room.put(name, &format!("sound {name}"));
    }
    room.put(".batonignore", "*.flac\n/loops/*.mp3\n");
    room.put("E.library/metadata.json", "{}");
    room.put("E.library/images/A.info/g.mp3", "sound g");
    room.scan(&options());
    let names: Vec<String> = room.items().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["a", "d"]);
}

#[test]
fn a_source_below_another_is_not_listed_twice() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    room.put("sub/b.mp3", "sound 2");
    room.scan(&options());
    let sub = SourceRoot::of(&room.music().join("sub")).unwrap();
    let of_sub = scan(&room.catalog(), &[sub], &options(), &look, &mut |_| (), &AtomicBool::new(false)).unwrap();
    assert_eq!((of_sub.sources[0].unchanged, of_sub.reads.items), (1, 0));
    for _ in 0..2 {
        let catalog = Catalog::open(&room.catalog()).unwrap().unwrap();
        let found = find(
            &catalog,
            &|_| CompareResult::default(),
            &|_| Ok(std::collections::HashMap::new()),
            DuplicateOptions { metadata: None, min_score: 0 },
        );
        let found = found.unwrap();
        assert_eq!((found.items.len(), found.groups.len(), room.coverage().total.items), (2, 0, 2));
        let report = room.scan(&options());
        assert_eq!((report.sources[0].items, report.sources[0].missing, report.reads.items), (1, 0, 0));
    }
}

#[test]
fn a_source_cannot_be_removed_during_a_scan() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    let refused = RefCell::new(Vec::new());
    let mut progress = |event: &Event<'_>| {
        if let Event::Begin { .. } = event {
            refused.borrow_mut().push(forget(&room.catalog(), &room.music()).map_err(|error| error.to_string()));
        }
    };
    let report =
        scan(&room.catalog(), &[room.place()], &options(), &look, &mut progress, &AtomicBool::new(false)).unwrap();
    assert_eq!((report.reads.fingerprinted, refused.borrow().len()), (1, 1));
    assert!(refused.borrow()[0].as_ref().unwrap_err().contains("another `baton library scan`"));
    assert!(forget(&room.catalog(), &room.music()).unwrap() && !forget(&room.catalog(), &room.music()).unwrap());
}

#[test]
fn a_listing_reports_progress_and_only_one_scan_runs() {
    let room = TestLibrary::new();
    (0..2_500).for_each(|number| room.put(&format!("{number}.mp3"), ""));
    let (counts, second) = (RefCell::new(Vec::new()), RefCell::new(None));
    let mut progress = |event: &Event<'_>| {
        if let Event::Listing { items, .. } = event {
            counts.borrow_mut().push(*items);
            let busy = scan(&room.catalog(), &[room.place()], &options(), &look, &mut |_| (), &AtomicBool::new(false));
            *second.borrow_mut() = busy.err().map(|error| error.to_string());
        }
    };
    let limited = Options { limit: Some(0), ..options() };
    scan(&room.catalog(), &[room.place()], &limited, &look, &mut progress, &AtomicBool::new(false)).unwrap();
    assert_eq!(*counts.borrow(), [1_000, 2_000]);
    assert!(second.borrow().as_ref().unwrap().contains("another `baton library scan`"));
}

#[test]
fn a_file_in_which_three_processes_ended_is_read_again_only_on_request() {
    let room = TestLibrary::new();
    room.put("a.mp3", "sound 1");
    room.put("b.mp3", "sound 2");
    // The files are listed, but not read. Then three processes end while they read the first item.
    room.scan(&Options { limit: Some(0), ..options() });
    fs::write(room.folder.path().join("catalog.scan.lock"), "1 3\n").unwrap();
    let report = room.scan(&options());
    assert_eq!((report.reads.fingerprinted, report.reads.failed.get("corrupt")), (1, Some(&1)));
    // The next scan does not read the file; a scan with `retry` does.
    assert_eq!(room.scan(&options()).reads.items, 0);
    assert_eq!(room.scan(&Options { retry: true, ..options() }).reads.fingerprinted, 1);
    assert!(room.items().iter().all(|(_, state, _)| *state == ItemState::Fingerprinted));
}
