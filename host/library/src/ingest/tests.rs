//! Ingest runs with a reader that interprets a file's text, so that nothing is decoded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use baton_fingerprint::{AudioReport, Error, Reason};

use super::{IngestOptions, IngestReport, run};
use crate::test_sound::sound;

/// A folder with music and a catalog.
struct TestLibrary {
    folder: tempfile::TempDir,
    marks: BTreeMap<String, String>,
}

impl TestLibrary {
    fn new() -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap(), marks: BTreeMap::new() };
        fs::create_dir(room.music()).unwrap();
        room
    }

    fn music(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("music")
    }

    /// Writes a file that is one minute old.
    fn put(&self, name: &str, text: &str) {
        fs::write(self.music().join(name), text).unwrap();
        let written = SystemTime::now() - Duration::from_mins(1);
        fs::File::options().append(true).open(self.music().join(name)).unwrap().set_modified(written).unwrap();
    }

    fn look(&self, most: usize, stop: &AtomicBool) -> IngestReport {
        let catalog = self.folder.path().join("catalog.db");
        let wanted = IngestOptions { catalog: &catalog, folder: &self.music(), marks: &self.marks, most };
        run(&wanted, &read, stop).unwrap()
    }

    /// The reported files, as text. Marks them as reported.
    fn report(&mut self, most: usize) -> (Vec<String>, bool) {
        let report = self.look(most, &AtomicBool::new(false));
        for deleted in &report.deleted {
            self.marks.remove(deleted);
        }
        for file in &report.new_files {
            self.marks.insert(file.key.clone(), file.mark.clone());
        }
        let describe = |file: &super::NewFile| {
            let known: Vec<_> = file.matches.iter().map(|found| found.item.name.as_str()).collect();
            format!("{} {} {}", file.item.name, file.state.as_str(), known.join(" ")).trim_end().to_owned()
        };
        (report.new_files.iter().map(describe).collect(), report.more)
    }
}

/// Reads a file: its first word determines the sound.
fn read(path: &Path, _: baton_fingerprint::Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    let text = fs::read_to_string(path).unwrap();
    let fault = |reason| Err(Error { reason, detail: "said the test".to_owned() });
    if stop.load(Ordering::Relaxed) {
        return fault(Reason::Stopped);
    }
    let Some(seed) = text.split(' ').next().and_then(|word| word.parse::<u32>().ok()) else {
        return fault(Reason::Corrupt);
    };
    let mut state = u64::from(seed) << 32 | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 32).unwrap()
    };
    Ok(sound(&text, (0..600).map(|_| next()).collect(), 75))
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn new_files_are_reported_once_with_similar_files() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "1 first");
    room.put("b.mp3", "2");
    assert_eq!(room.report(9), (names(&["a fingerprinted", "b fingerprinted"]), false));
    assert_eq!(room.report(9), (names(&[]), false));
    room.put("c.mp3", "1 second");
    room.put("d.mp3", "1 third");
    room.put("e.mp3", "noise");
    // If two new files are similar, the later file lists the earlier file.
    assert_eq!(room.report(9).0, names(&["c fingerprinted a", "d fingerprinted a c", "e failed"]));
    assert_eq!(room.report(9), (names(&[]), false));
}

#[test]
fn changed_audio_is_reported_again_but_a_touched_file_is_not() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "1");
    room.report(9);
    room.put("a.mp3", "1");
    assert_eq!(room.report(9).0, names(&[]));
    room.put("a.mp3", "2");
    assert_eq!(room.report(9).0, names(&["a fingerprinted"]));
    fs::remove_file(room.music().join("a.mp3")).unwrap();
    room.put("b.mp3", "3");
    assert_eq!(room.report(9).0, names(&["b fingerprinted"]));
    assert_eq!(room.marks.len(), 1, "the mark of a deleted file is deleted");
    room.put("a.mp3", "2");
    assert_eq!(room.report(9).0, names(&["a fingerprinted"]));
}

#[test]
fn a_file_that_is_being_written_is_reported_later() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "half");
    let written = fs::File::options().append(true).open(room.music().join("a.mp3")).unwrap();
    written.set_modified(SystemTime::now()).unwrap();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..1_000 {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                written.set_modified(SystemTime::now()).unwrap();
                thread::sleep(Duration::from_millis(50));
            }
        });
        let report = room.report(9);
        ended.store(true, Ordering::Relaxed);
        assert_eq!(report, (names(&[]), true));
    });
    room.put("a.mp3", "1 whole");
    assert_eq!(room.report(9), (names(&["a fingerprinted"]), false));
}

#[test]
fn many_files_are_reported_in_parts_even_after_a_stop() {
    let mut room = TestLibrary::new();
    for number in 0..25 {
        room.put(&format!("{number:02}.mp3"), &format!("{number}"));
    }
    let stopped = room.look(10, &AtomicBool::new(true));
    assert_eq!(stopped, IngestReport { more: true, ..IngestReport::default() });
    let mut all = Vec::new();
    for _ in 0..3 {
        let (names, more) = room.report(10);
        assert!(names.len() <= 10);
        all.extend(names);
        assert_eq!(more, all.len() < 25, "{all:?}");
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 25);
}

#[test]
fn an_unreachable_folder_reports_the_reason_and_no_deleted_files() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "1");
    room.report(9);
    let away = room.folder.path().join("away");
    fs::rename(room.music(), &away).unwrap();
    let report = room.look(9, &AtomicBool::new(false));
    assert!(report.unreachable.is_some() && report.deleted.is_empty() && report.new_files.is_empty(), "{report:?}");
    // An empty mount point.
    fs::create_dir(room.folder.path().join("music")).unwrap();
    let report = room.look(9, &AtomicBool::new(false));
    assert!(report.unreachable.is_some() && report.deleted.is_empty(), "{report:?}");
    fs::remove_dir(room.folder.path().join("music")).unwrap();
    fs::rename(away, room.folder.path().join("music")).unwrap();
    assert_eq!(room.report(9), (names(&[]), false));
}

#[test]
fn files_that_another_scan_read_are_reported_after_it() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "1");
    room.report(9);
    let lock = fs::File::options().write(true).open(room.folder.path().join("catalog.scan.lock")).unwrap();
    lock.lock().unwrap();
    room.put("b.mp3", "2");
    assert_eq!(room.report(9), (names(&[]), true));
    drop(lock);
    assert_eq!(room.report(9), (names(&["b fingerprinted"]), false));
}

#[test]
fn a_folder_whose_files_were_moved_on_is_still_ingested() {
    let mut room = TestLibrary::new();
    for number in 0..20 {
        room.put(&format!("{number:02}.mp3"), &format!("{number}"));
    }
    assert_eq!(room.report(50).0.len(), 20);
    for number in 0..20 {
        fs::remove_file(room.music().join(format!("{number:02}.mp3"))).unwrap();
    }
    assert_eq!(room.report(50), (names(&[]), false), "the folder may be an empty mount point");
    room.put("next.mp3", "7");
    assert_eq!(room.report(50).0, names(&["next fingerprinted"]), "it is not similar to an existing file");
    assert_eq!(room.marks.len(), 1, "the mark of a moved file is deleted");
}

#[test]
fn a_file_that_grew_after_it_was_read_is_read_again_first() {
    let mut room = TestLibrary::new();
    room.put("a.mp3", "1");
    let report = {
        let catalog = room.folder.path().join("catalog.db");
        let grows = |path: &Path, options: baton_fingerprint::Options, stop: &AtomicBool| {
            let sound = read(path, options, stop);
            room.put("a.mp3", "1 and all the rest");
            sound
        };
        let wanted = IngestOptions { catalog: &catalog, folder: &room.music(), marks: &room.marks, most: 9 };
        run(&wanted, &grows, &AtomicBool::new(false)).unwrap()
    };
    assert_eq!((report.new_files.len(), report.more), (0, true));
    assert_eq!(room.report(9).0, names(&["a fingerprinted"]));
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8_are_distinguished() {
    use std::os::unix::ffi::OsStrExt as _;

    let mut room = TestLibrary::new();
    for (byte, text) in [(0xe8, "1"), (0xe9, "2")] {
        let name = [byte, b'.', b'm', b'p', b'3'];
        let path = room.music().join(std::ffi::OsStr::from_bytes(&name));
        fs::write(&path, text).unwrap();
        let written = SystemTime::now() - Duration::from_mins(1);
        fs::File::options().append(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    assert_eq!(room.report(9).0.len(), 2);
    assert_eq!((room.report(9), room.marks.len()), ((names(&[]), false), 2));
}
