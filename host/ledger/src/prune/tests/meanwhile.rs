//! Interrupted prunes, and writes by other processes during a prune.

use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::State;

use super::{Fixture, at, new, put};
use crate::Ledger;
use crate::event::{self, Event};
use crate::prune::{Plan, Record, archive, prune, remove};
use crate::task;

#[test]
fn an_interrupted_prune_leaves_a_sound_chain_and_the_next_prune_continues() {
    let fixture = Fixture::with_done(10);
    let plan = fixture.plan(1_000);
    let written = archive::write(&fixture.reader(), &plan, &fixture.target()).unwrap();
    let record = Record {
        first: 1,
        last: 20,
        hash: written.head,
        archive: written.path.display().to_string(),
        digest: written.digest,
    };
    fixture.ledger.write_blocking(move |tx| record.append(tx, at(500))).unwrap();
    assert!(fixture.report(None, &[&written.path]).is_sound(), "no event is deleted yet");
    assert!(fixture.report(None, &[&written.path]).pruned.is_none());
    remove::remove(&fixture.ledger, &Plan { last: 7, ..plan }, at(500)).unwrap();
    let report = fixture.report(None, &[&written.path]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.pruned.map(|pruned| pruned.last), Some(7));
    let done = fixture.prune(1_000);
    assert_eq!(done.last, 20);
    assert!(done.archive.ends_with("events-8-20.jsonl"), "{done:?}");
    let report = fixture.report(None, &[&done.archive, &written.path]);
    assert!(report.is_sound(), "{report:?}");
    // This archive is sound, but its last event differs from the last event of the other archive of the same range.
    let other = Fixture::with_done(10);
    let theirs = [40, 1_000].map(|before| other.prune(before).archive)[1].clone();
    let broken = fixture.report(None, &[&written.path, &theirs]).archived.unwrap().broken.unwrap();
    assert_eq!((&broken.file, broken.why.contains("a different event")), (&theirs, true), "{broken:?}");
}

#[test]
fn a_task_that_is_queued_again_during_a_prune_keeps_its_events() {
    let fixture = Fixture::with_done(10);
    let plan = fixture.plan(1_000);
    let id = task::find(&fixture.reader(), "t3").unwrap().unwrap().id;
    fixture
        .ledger
        .write_blocking(move |tx| {
            let task = task::get_in(tx, &id)?;
            task::transition(tx, &Event::of(&task, "operator", "queued", "again".to_owned(), State::Queued, at(900)))
        })
        .unwrap();
    let done = prune(&fixture.ledger, &plan, &fixture.target(), at(1_000)).unwrap();
    assert_eq!(done.last, 6);
    let report = fixture.report(None, &[&done.archive]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(
        event::of_task(&fixture.reader(), &task::find(&fixture.reader(), "t3").unwrap().unwrap().id).unwrap().len(),
        3
    );
}

#[test]
fn a_prune_beside_a_writer_leaves_one_chain() {
    let fixture = Fixture::with_done(400);
    let (stop, other) = (AtomicBool::new(false), Ledger::open(&fixture.folder.path().join("l.db"), "test").unwrap());
    let done = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while written < 20 || !stop.load(Ordering::Relaxed) {
                let new = new(&format!("new{written}"), "HANDOFF");
                other.write_blocking(move |tx| put(tx, &new, 1_000_000, State::Queued)).unwrap();
                written += 1;
            }
            written
        });
        let done = fixture.prune(100_000);
        stop.store(true, Ordering::Relaxed);
        (done, writer.join().unwrap())
    });
    assert_eq!(done.0.last, 800);
    let report = fixture.report(None, &[&done.0.archive]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.tip.events, 801 + 2 * u64::try_from(done.1).unwrap());
}
