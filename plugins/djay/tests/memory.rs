//! The largest accepted inputs need less than the 256 MiB of the plugin. The tests measure natively, where pointers are twice
//! as wide as in the component. The tests run only on Linux, because only Linux reports the peak memory of a process.
#![cfg(target_os = "linux")]
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test ends when its preparation fails, and prints what it measured"
)]

use std::fs;

use baton_plugin_kit::Findings;
use baton_tests::djay_library::tsaf::{Tree, encode};
use baton_tests::djay_library::{LibraryContent, LibrarySpec, Style, write};
use baton_tests::host_services::HostDatabase;
use baton_track_match::{Id, Track as Names};
use djay::export::{Forms, files};
use djay::library::{Library, MOST_ROWS, read};
use djay::matches::{self, Candidate, MOST};
use rusqlite::{Connection, params};

/// The memory limit in the manifest, minus the 24 MiB that the component itself needs.
const MOST_KIB: u64 = (256 - 24) << 10;

fn kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// The growth of this process's peak memory during a call.
fn grown<T>(act: impl FnOnce() -> T) -> (T, u64) {
    let before = kib("VmRSS:");
    // Resets the peak.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let result = act();
    (result, kib("VmHWM:").saturating_sub(before))
}

/// Pseudorandom numbers.
const fn other(number: usize) -> u64 {
    (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Candidates of services, each with two ids, an ISRC and an album: one candidate for each track of the library, and further
/// candidates.
fn candidates(written: &LibraryContent) -> Vec<Candidate> {
    let named = |number: usize| match written.tracks.get(number) {
        Some(track) => (format!("{} (Original Mix)", track.title), track.artist.iter().cloned().collect()),
        None => (
            format!("{:016x} of {:x} (Original Mix)", other(number), other(number + MOST)),
            vec![format!("{:x}", other(number + 2 * MOST)), format!("{:x}", other(number + 3 * MOST))],
        ),
    };
    let candidate = |number: usize| {
        let (title, artists) = named(number);
        Candidate {
            service: "spotify".to_owned(),
            id: format!("{number:022}"),
            names: Names {
                ids: vec![Id::new("spotify", &format!("{number:022}")), Id::new("soundcloud", &number.to_string())],
                isrc: Some(format!("QZABC{number:07}")),
                title,
                artists,
                album: Some(format!("Of The Year {number}")),
                duration_ms: Some(200_000),
                ..Names::default()
            },
        }
    };
    (0..MOST).map(candidate).collect()
}

fn library_at(path: &std::path::Path) -> Library {
    read(&HostDatabase::file(path), &mut Findings::default()).unwrap()
}

#[test]
fn the_maximum_of_candidates_fits_in_memory_with_a_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("MediaLibrary.db");
    let written = write(&path, &LibrarySpec::standard(Style::Mac));
    let (report, grown) = grown(|| {
        let (library, candidates) = (library_at(&path), candidates(&written));
        let found = matches::find(&library, &candidates);
        matches::table(&library, &candidates, &found).unwrap()
    });
    eprintln!("matching among {MOST}: {grown} KiB");
    assert!(report.len() > 1_000_000);
    assert!(grown < MOST_KIB, "{grown} KiB");
}

#[test]
fn the_maximum_of_rows_fits_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("MediaLibrary.db");
    let _written = write(&path, &LibrarySpec::tiny());
    let mut connection = Connection::open(&path).unwrap();
    let there: i64 = connection.query_row("SELECT count(*) FROM database2", [], |row| row.get(0)).unwrap();
    let transaction = connection.transaction().unwrap();
    {
        let sql = "INSERT INTO database2 (collection, key, data) VALUES ('mediaItemTitleIDs', ?1, ?2)";
        let mut insert = transaction.prepare(sql).unwrap();
        for number in there..MOST_ROWS {
            let id = format!("{number:032x}");
            let fields =
                vec![("uuid", Tree::text(&id)), ("title", Tree::text(&format!("A title of some length {number}")))];
            insert.execute(params![id, encode(&Tree::object("ADCMediaItemTitleID", fields), Style::Mac)]).unwrap();
        }
    }
    transaction.commit().unwrap();
    let (tracks, grown) = grown(|| {
        let library = library_at(&path);
        let files = files(&library, Forms { csv: true, json: true }).unwrap();
        assert_eq!(files.len(), 6);
        library.tracks.len()
    });
    eprintln!("an export of {MOST_ROWS} rows: {grown} KiB");
    assert!(i64::try_from(tracks).unwrap() >= MOST_ROWS - there);
    assert!(grown < MOST_KIB, "{grown} KiB");
}
