//! The remaining events are one chain, and a faked prune is detected.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use baton_core::State;
use rusqlite::Connection;

use super::{Fixture, at, breaks};
use crate::event;
use crate::prune::{PruneError, plan};
use crate::verify::{HeadPosition, RowFault};

#[test]
fn the_remaining_events_and_the_archive_are_one_chain() {
    let fixture = Fixture::with_done(10);
    let hashes = fixture.hashes();
    let done = fixture.prune(50);
    assert_eq!((done.last, done.inputs), (10, 5));
    assert!(done.archive.ends_with("archive/events-1-10.jsonl"), "{done:?}");
    assert_eq!(fs::metadata(&done.archive).unwrap().permissions().mode() & 0o777, 0o600);
    let report = fixture.report(None, &[]);
    let pruned = report.pruned.clone().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((pruned.last, &pruned.hash, report.tip.events), (10, &hashes[9], 21));
    assert_eq!(pruned.archive.as_deref(), done.archive.to_str());
    let report = fixture.report(None, &[&done.archive]);
    let archived = report.archived.clone().unwrap();
    assert_eq!((archived.first, archived.last, report.is_sound()), (1, 10, true), "{archived:?}");
    assert_eq!(fixture.put("later", 100, State::Queued).len(), 16);
    assert_eq!(fixture.count("SELECT max(seq) - min(seq) + 1 - count(*) FROM events"), 0);
    assert_eq!((fixture.count("SELECT max(seq) FROM events"), fixture.report(None, &[]).is_sound()), (23, true));
}

#[test]
fn a_pruned_head_is_found_only_with_the_archive() {
    let fixture = Fixture::with_done(10);
    let hashes = fixture.hashes();
    let done = fixture.prune(50);
    let found = |head: &str, archives: &[&Path]| fixture.report(Some(head), archives).found.unwrap();
    for (seq, hash) in (1..).zip(&hashes) {
        let expected = if seq >= 10 { HeadPosition::At(seq) } else { HeadPosition::Pruned };
        assert_eq!(found(hash, &[]), expected, "the last deleted event is stored");
        assert_eq!(found(hash, &[&done.archive]), HeadPosition::At(seq));
    }
    let never = "ab".repeat(32);
    assert_eq!((found(&never, &[]), found(&never, &[&done.archive])), (HeadPosition::Pruned, HeadPosition::Nowhere));
    assert_eq!(found(event::GENESIS, &[]), HeadPosition::At(0));
    assert!(!fixture.report(Some(&never), &[]).is_sound() && fixture.report(Some(&never), &[]).is_whole());
}

#[test]
fn a_faked_prune_is_detected() {
    let fixture = Fixture::with_done(10);
    let hashes = fixture.hashes();
    let theft = |seq: usize| {
        let hash = &hashes[seq - 1];
        format!("DELETE FROM events WHERE seq <= {seq}; INSERT INTO pruned VALUES ({seq}, '{hash}', 0)")
    };
    for seq in [1, 6, 19, 20] {
        breaks(&fixture.after(&theft(seq)), seq.try_into().unwrap(), RowFault::Unrecorded);
    }
    fixture.prune(50);
    assert!(fixture.after("").is_sound());
    let hashes = fixture.hashes();
    // The mark is after the last event of the record. The rows begin at 11.
    for more in [1, 5] {
        let (seq, hash) = (10 + more, &hashes[more - 1]);
        let sql = format!("DELETE FROM events WHERE seq <= {seq}; UPDATE pruned SET seq = {seq}, hash = '{hash}'");
        breaks(&fixture.after(&sql), seq.try_into().unwrap(), RowFault::Unrecorded);
    }
    breaks(&fixture.after("DELETE FROM pruned"), 11, RowFault::Missing);
    breaks(&fixture.after("UPDATE pruned SET hash = 'ab'"), 11, RowFault::Replaced);
    breaks(&fixture.after("UPDATE pruned SET seq = 9"), 11, RowFault::Order);
    breaks(&fixture.after("UPDATE pruned SET seq = 12"), 11, RowFault::Order);
    breaks(&fixture.after("INSERT INTO pruned VALUES (15, 'ab', 0)"), 11, RowFault::Missing);
}

#[test]
fn tampering_on_either_side_of_the_prune_point_is_found() {
    let fixture = Fixture::with_done(10);
    fixture.prune(50);
    breaks(&fixture.after("DELETE FROM events WHERE seq = 11"), 12, RowFault::Missing);
    breaks(&fixture.after("UPDATE events SET reason = 'x' WHERE seq = 11"), 11, RowFault::Edited);
    breaks(&fixture.after("UPDATE events SET prev = 'x' WHERE seq = 11"), 11, RowFault::Edited);
    breaks(&fixture.after("UPDATE events SET reason = 'x' WHERE seq = 20"), 20, RowFault::Edited);
    breaks(&fixture.after("UPDATE events SET reason = 'x' WHERE task = 'ledger'"), 21, RowFault::Edited);
    breaks(&fixture.after("DELETE FROM events WHERE task = 'ledger'"), 10, RowFault::Unrecorded);
    breaks(&fixture.after("DELETE FROM events"), 10, RowFault::Unrecorded);
    let back = "INSERT INTO events SELECT 10, task, at, actor, action, reason, state, input_hash, output_hash,
                plugin_digest, prev, hash FROM events WHERE seq = 12";
    breaks(&fixture.after(back), 10, RowFault::Order);
}

#[test]
fn a_broken_chain_is_not_pruned() {
    let fixture = Fixture::with_done(3);
    Connection::open(fixture.folder.path().join("l.db"))
        .unwrap()
        .execute("UPDATE events SET reason = 'x' WHERE seq = 6", [])
        .unwrap();
    assert!(matches!(plan(&fixture.reader(), at(15)), Err(PruneError::Broken { seq: 6 })));
}
