//! Missing and replaced files, volumes and inodes. The data of a file that may come back are never deleted.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, symlink};

use baton_judges::{Skipped, or_skip, skip};

use super::*;

/// Writes this many files and scans them.
fn scanned(pieces: u32) -> TestLibrary {
    let room = TestLibrary::new();
    (0..pieces).for_each(|number| room.put(&format!("{number:02}.mp3"), &format!("sound {number}")));
    room.scan(&options());
    room
}

/// Scans a source that may not exist any more.
fn scan_of(room: &TestLibrary, place: &SourceRoot, options: &Options) -> Report {
    scan(&room.catalog(), std::slice::from_ref(place), options, &look, &mut |_| (), &AtomicBool::new(false)).unwrap()
}

fn counts(room: &TestLibrary) -> [u64; 4] {
    let total = room.coverage().total;
    [total.fingerprinted, total.pending, total.failed, total.missing]
}

/// A folder on another volume than the temporary folders.
fn elsewhere(room: &TestLibrary) -> Result<tempfile::TempDir, Skipped> {
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    let folder = tempfile::tempdir_in("/dev/shm").ok();
    let folder = folder.filter(|folder| device(folder.path()) != device(room.folder.path()));
    folder.ok_or_else(|| skip("/dev/shm is not a separate volume"))
}

/// Replaces a file by one with the same bytes and time, but another inode.
fn copy(from: &Path, to: &Path) {
    let time = fs::metadata(from).unwrap().modified().unwrap();
    let beside = to.with_extension("copy");
    fs::copy(from, &beside).unwrap();
    fs::File::options().append(true).open(&beside).unwrap().set_modified(time).unwrap();
    fs::rename(&beside, to).unwrap();
}

#[test]
fn a_source_with_all_new_inodes_is_not_read_again() {
    let room = scanned(20);
    room.put("bad.mp3", "");
    room.scan(&options());
    let inodes = || -> Vec<u64> {
        (0..20).map(|number| fs::metadata(room.music().join(format!("{number:02}.mp3"))).unwrap().ino()).collect()
    };
    let before = inodes();
    for entry in fs::read_dir(room.music()).unwrap().collect::<Vec<_>>() {
        let path = entry.unwrap().path();
        copy(&path, &path);
    }
    assert!(before.iter().zip(inodes()).all(|(before, now)| *before != now));
    let dry = room.scan(&Options { dry_run: true, ..options() });
    assert_eq!((dry.sources[0].to_read(), dry.sources[0].unchanged), (0, 21));
    for _ in 0..2 {
        let report = room.scan(&options());
        assert_eq!((report.reads.items, report.sources[0].unchanged, counts(&room)), (0, 21, [20, 0, 1, 0]));
    }
    // The new inodes are stored: a file that is replaced now is a different file.
    let one = room.music().join("07.mp3");
    copy(&one, &one);
    assert_eq!((room.scan(&options()).reads.items, counts(&room)), (1, [20, 0, 1, 0]));
}

#[test]
fn a_result_is_kept_until_the_file_is_read_again() {
    let room = scanned(3);
    let (file, aside) = (room.music().join("01.mp3"), room.folder.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    room.put("01.mp3", "sound of another piece");
    let listed = room.scan(&Options { limit: Some(0), ..options() });
    assert_eq!((listed.sources[0].changed, counts(&room)), (1, [2, 1, 0, 0]));
    // The file that was read is restored before the other file is read.
    fs::rename(&aside, &file).unwrap();
    let back = room.scan(&options());
    assert_eq!((back.reads.items, back.sources[0].unchanged, counts(&room)), (0, 3, [3, 0, 0, 0]));
    let verified = room.scan(&Options { verify: true, ..options() });
    assert_eq!((verified.reads.same, verified.reads.differ), (3, 0));
}

#[test]
fn a_mount_point_with_a_stray_file_loses_nothing_without_confirmation() {
    let room = scanned(9);
    let place = room.place();
    fs::rename(room.music(), room.folder.path().join("aside")).unwrap();
    room.put("stray.mp3", "sound of a stray");
    for dry_run in [true, false] {
        let report = scan_of(&room, &place, &Options { dry_run, ..options() });
        let failure = report.sources[0].failure.as_deref().unwrap();
        assert!(failure.contains("baton library scan --gone") && report.has_faults(), "{failure}");
        assert_eq!((report.sources[0].missing, report.reads.items, counts(&room)[3]), (0, 0, 0));
    }
    let report = scan_of(&room, &place, &Options { confirm_missing: true, ..options() });
    assert_eq!((report.sources[0].missing, counts(&room)), (9, [1, 0, 0, 9]));
}

#[test]
fn on_another_volume_nothing_is_missing_without_confirmation() {
    let room = scanned(9);
    let other = or_skip!(elsewhere(&room));
    let (place, aside) = (room.place(), room.folder.path().join("aside"));
    fs::rename(room.music(), &aside).unwrap();
    for number in 0..6 {
        let name = format!("{number:02}.mp3");
        copy(&aside.join(&name), &other.path().join(&name));
    }
    symlink(other.path(), room.music()).unwrap();
    let report = scan_of(&room, &place, &options());
    let listing = &report.sources[0];
    assert_eq!((listing.items, listing.missing, listing.kept, &listing.failure), (6, 0, 3, &None));
    assert!(report.has_faults() && listing.unread[0].why.contains("baton library scan --gone"), "{listing:?}");
    assert_eq!(counts(&room), [9, 0, 0, 0]);
    let dry = scan_of(&room, &place, &Options { dry_run: true, confirm_missing: true, ..options() });
    assert_eq!((dry.sources[0].missing, counts(&room)[3]), (3, 0));
    let report = scan_of(&room, &place, &Options { confirm_missing: true, ..options() });
    assert_eq!((report.sources[0].missing, report.has_faults(), counts(&room)), (3, false, [6, 0, 0, 3]));
    // From now on the other volume is the source's volume.
    fs::remove_file(other.path().join("00.mp3")).unwrap();
    assert_eq!((scan_of(&room, &place, &options()).sources[0].missing, counts(&room)), (1, [5, 0, 0, 4]));
}

#[test]
fn a_volume_unmounted_during_reading_fails_no_file() {
    let room = TestLibrary::new();
    let other = or_skip!(elsewhere(&room));
    (0..30).for_each(|number| room.put(&format!("{number:02}.mp3"), &format!("sound {number}")));
    let read = AtomicU64::new(0);
    let unmounted = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        if read.fetch_add(1, Ordering::Relaxed) == 10 {
            // The mount folder exists and is empty.
            fs::rename(room.music(), room.folder.path().join("aside")).unwrap();
            symlink(other.path(), room.music()).unwrap();
        }
        look(path, options, stop)
    };
    let report = room.scan_with(&Options { jobs: NonZeroUsize::MIN, ..options() }, &unmounted, &AtomicBool::new(false));
    assert!(report.sources[0].failure.is_some() && report.reads.failed.is_empty(), "{report:?}");
    assert_eq!((counts(&room), room.coverage().sources[0].failure.is_some()), ([10, 20, 0, 0], true));
}

#[test]
fn a_dry_run_reports_missing_files() {
    let room = scanned(5);
    fs::remove_file(room.music().join("02.mp3")).unwrap();
    let dry = room.scan(&Options { dry_run: true, ..options() });
    assert_eq!((dry.sources[0].missing, dry.sources[0].items, counts(&room)), (1, 4, [5, 0, 0, 0]));
    assert_eq!((room.scan(&options()).sources[0].missing, counts(&room)), (1, [4, 0, 0, 1]));
}

#[test]
fn a_stopped_listing_marks_nothing_as_missing() {
    let room = TestLibrary::new();
    (0..2_500).for_each(|number| room.put(&format!("{number:04}.mp3"), ""));
    room.scan(&options());
    for dry_run in [false, true] {
        let stop = AtomicBool::new(false);
        let mut progress = |event: &Event<'_>| {
            if let Event::Listing { .. } = event {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let options = Options { dry_run, ..options() };
        let report = scan(&room.catalog(), &[room.place()], &options, &look, &mut progress, &stop).unwrap();
        let listing = &report.sources[0];
        assert_eq!((report.stopped, listing.items, listing.missing, report.reads.items), (true, 1_000, 0, 0));
        assert_eq!((&listing.failure, counts(&room)), (&None, [0, 0, 2_500, 0]));
    }
}

#[test]
fn repeated_partial_verification_covers_all_files() {
    let room = scanned(10);
    let read = Mutex::new(BTreeSet::new());
    let noting = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
        read.lock().unwrap().insert(path.to_owned());
        look(path, options, stop)
    };
    for all in [4, 8, 10] {
        let part = Options { verify: true, limit: Some(4), ..options() };
        let report = room.scan_with(&part, &noting, &AtomicBool::new(false));
        assert_eq!((report.reads.same, read.lock().unwrap().len()), (4, all));
    }
    // Pending files come first.
    room.put("new.mp3", "sound of a new one");
    let part = Options { verify: true, limit: Some(1), ..options() };
    assert_eq!((room.scan(&part).reads.same, counts(&room)), (0, [11, 0, 0, 0]));
}

#[test]
fn a_folder_within_an_eagle_library_is_not_a_source() {
    let room = TestLibrary::new();
    room.put("My music.library/metadata.json", "{}");
    room.put("My music.library/images/A.info/a.mp3", "sound 1");
    let library = room.music().join("My music.library");
    for folder in ["images", "images/A.info"] {
        let refused = SourceRoot::of(&library.join(folder)).unwrap_err().to_string();
        assert!(refused.contains(&format!("`baton library scan '{}'`", library.display())), "{refused}");
    }
    assert!(SourceRoot::of(&library).is_ok());
}
