//! Archives: no file is replaced, and archives that were changed or belong to another ledger are detected.

use std::fs;

use super::{Fixture, at};
use crate::LedgerError;
use crate::prune::{PruneError, Target, prune};
use crate::verify;

#[test]
fn an_archive_overwrites_no_file_and_without_an_archive_nothing_is_deleted() {
    let fixture = Fixture::with_done(3);
    let theirs = fixture.folder.path().join("theirs.jsonl");
    fs::write(&theirs, "precious").unwrap();
    let plan = fixture.plan(1_000);
    let refused = prune(&fixture.ledger, &plan, &Target::File(theirs.clone()), at(1_000));
    assert!(matches!(refused, Err(PruneError::Exists { .. })));
    let nowhere = Target::File(fixture.folder.path().join("missing/a.jsonl"));
    assert!(matches!(prune(&fixture.ledger, &plan, &nowhere, at(1_000)), Err(PruneError::Write { .. })));
    assert_eq!(
        (fs::read_to_string(&theirs).unwrap().as_str(), fixture.count("SELECT count(*) FROM events")),
        ("precious", 6)
    );
    let taken = fixture.folder.path().join("archive/events-1-6.jsonl");
    fs::create_dir(taken.parent().unwrap()).unwrap();
    fs::write(&taken, "precious").unwrap();
    let done = fixture.prune(1_000);
    assert!(done.archive.ends_with("events-1-6-2.jsonl"), "{done:?}");
    let names: Vec<_> =
        fs::read_dir(taken.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_missing_archive_between_two_others_is_a_gap() {
    let fixture = Fixture::with_done(10);
    let [first, _, third] = [20, 50, 80].map(|before| fixture.prune(before).archive);
    let report = fixture.report(None, &[&first, &third]);
    let broken = report.archived.as_ref().unwrap().broken.clone().unwrap();
    assert_eq!((broken.file, broken.line), (third, 1));
    assert!(broken.why.contains("no given archive has the events before this event") && !report.is_whole());
}

#[test]
fn a_changed_archive_is_reported_with_the_line() {
    let fixture = Fixture::with_done(10);
    let whole = fs::read_to_string(fixture.prune(50).archive).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let check = |lines: &[&str]| {
        let file = fixture.folder.path().join("tampered.jsonl");
        fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let report = fixture.report(None, &[&file]);
        let broken = report.archived.as_ref().unwrap().broken.clone();
        assert_eq!(report.is_sound(), broken.is_none());
        broken.map(|broken| (broken.line, broken.why))
    };
    assert_eq!(check(&lines), None);
    let edited = lines[3].replace("well", "badly");
    assert_eq!(check(&[&lines[..3], &[&edited], &lines[4..]].concat()).unwrap().0, 4);
    assert!(check(&[&lines[..3], &lines[4..]].concat()).unwrap().1.contains("a line is missing"));
    assert!(check(&lines[..10]).unwrap().1.contains("was cut"));
    assert!(check(&lines[..4]).unwrap().1.contains("was cut"));
    assert!(check(&[]).unwrap().1.contains("was cut"));
    assert!(check(&lines[1..]).unwrap().1.contains("does not match"));
    assert_eq!(check(&[&lines[..], &lines[..1]].concat()).unwrap(), (12, "there are lines after the end line"));
    assert_eq!(check(&["no json"]).unwrap(), (1, "this line is not an event"));
    // The archive was cut and got a new last line. The archive is consistent, but does not fit the ledger.
    let head = fixture.count("SELECT 0").to_string() + &"0".repeat(63);
    let short = crate::export::end(4, &head).to_string();
    assert!(check(&[&lines[..4], &[&short]].concat()).unwrap().1.contains("does not match"));
    let hash = match crate::export::parse(lines[3]) {
        Some(crate::export::Line::Event(row)) => row.hash,
        other => panic!("{other:?}"),
    };
    let short = crate::export::end(4, &hash).to_string();
    assert!(
        check(&[&lines[..4], &[&short]].concat())
            .unwrap()
            .1
            .contains("between this line and the first event of the ledger")
    );
}

#[test]
fn the_archive_of_another_ledger_does_not_lead_into_this_one() {
    let (fixture, other) = (Fixture::with_done(10), Fixture::with_done(10));
    fixture.prune(50);
    let theirs = other.prune(50).archive;
    let broken = fixture.report(None, &[&theirs]).archived.unwrap().broken.unwrap();
    assert_eq!((broken.line, broken.why.contains("different chains")), (10, true), "{broken:?}");
    let unpruned = Fixture::with_done(10);
    assert!(unpruned.report(None, &[&theirs]).archived.unwrap().broken.is_some());
    let missing = verify::verify_with(&fixture.reader(), None, &[fixture.folder.path().join("none")]);
    assert!(matches!(missing, Err(LedgerError::Archive { .. })));
}
