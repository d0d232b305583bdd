//! Which rows are deleted and which stay.

use baton_core::State;
use rusqlite::Connection;

use super::{Fixture, at, new, put, report};
use crate::database::Reader;
use crate::event::{self, Event};
use crate::finding::{self, Finding};
use crate::outbox::{self, DeliveryKind};
use crate::task::{self, NewTask};
use crate::verify::HeadPosition;

#[test]
fn no_event_after_the_first_kept_event_is_deleted() {
    for state in [State::Delivered, State::Queued, State::Running, State::NeedsHuman, State::Waiting] {
        let fixture = Fixture::with_done(3);
        let open = fixture.put("open", 30, state);
        fixture.put("done", 40, State::Succeeded);
        let plan = fixture.plan(1_000);
        let kept = plan.kept.clone().unwrap();
        assert_eq!((plan.last, kept.seq, kept.task, kept.why), (6, 7, open, "is not done yet"), "{state}");
        assert_eq!(fixture.prune(1_000).last, 6);
        assert!(fixture.report(None, &[]).is_sound());
    }
}

#[test]
fn a_task_with_an_open_delivery_or_a_younger_event_keeps_all_its_events() {
    let fixture = Fixture::with_done(4);
    let ids = [fixture.put("open", 40, State::Succeeded), fixture.put("young", 50, State::Succeeded)];
    let [open, young] = ids.clone();
    let delivery =
        fixture.ledger.write_blocking(move |tx| outbox::add(tx, &open, &delivery(DeliveryKind::Return))).unwrap();
    let kept = fixture.plan(1_000).kept.unwrap();
    assert_eq!((kept.seq, &kept.task, kept.why), (9, &ids[0], "has an open delivery"));
    fixture.ledger.write_blocking(move |tx| outbox::done(tx, delivery, "r.json")).unwrap();
    fixture
        .ledger
        .write_blocking(move |tx| {
            let task = task::get_in(tx, &young)?;
            event::append(tx, &Event::of(&task, "baton", "archived", String::new(), State::Succeeded, at(2_000)))
        })
        .unwrap();
    let kept = fixture.plan(1_000).kept.unwrap();
    assert_eq!((kept.seq, &kept.task, kept.why), (11, &ids[1], "is not old enough"));
    assert_eq!(fixture.plan(41).last, 8, "an event at exactly that time is not older");
}

fn delivery(kind: DeliveryKind) -> outbox::NewDelivery {
    outbox::NewDelivery {
        kind,
        source: None,
        folder: "handoffs/b/01_inbox".to_owned(),
        name: "r.json".to_owned(),
        hash: Some("hash of r".to_owned()),
        bytes: Some(b"{}".to_vec()),
    }
}

#[test]
fn a_return_that_was_delivered_to_an_external_agent_is_settled() {
    let fixture = Fixture::empty();
    let answer = new("answer", "RETURN");
    fixture.ledger.write_blocking(move |tx| put(tx, &answer, 1, State::Delivered)).unwrap();
    assert_eq!(fixture.prune(10).last, 2);
}

#[test]
fn rows_that_capture_reads_stay_and_large_columns_are_emptied() {
    let fixture = Fixture::empty();
    let id = fixture.put("old", 0, State::Succeeded);
    fixture
        .ledger
        .write_blocking(|tx| {
            // A file with the same bytes as an open task, and a file whose bytes only settled tasks have.
            put(tx, &NewTask { input: Some("shared".to_owned()), ..new("other", "HANDOFF") }, 10, State::Succeeded)?;
            put(tx, &NewTask { input: Some("shared".to_owned()), ..new("open", "HANDOFF") }, 20, State::Queued)
                .map(drop)
        })
        .unwrap();
    let task = id.clone();
    fixture
        .ledger
        .write_blocking(move |tx| {
            let text = |text: &str| text.to_owned();
            let found = Finding { id: text("f"), severity: text("low"), title: text("t"), evidence: text("e") };
            finding::record(tx, &task, &found)?;
            for kind in [
                DeliveryKind::Return,
                DeliveryKind::Artifact,
                DeliveryKind::Archive,
                DeliveryKind::Reason,
                DeliveryKind::Handoff,
            ] {
                let id = outbox::add(tx, &task, &delivery(kind))?;
                outbox::done(tx, id, "r.json")?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(fixture.prune(1_000).inputs, 1);
    let kept = task::find(&fixture.reader(), &id).unwrap().unwrap();
    assert_eq!((kept.body.as_str(), kept.args.as_str(), kept.title.as_str()), ("", "{}", "old"));
    assert_eq!((kept.state, kept.input.as_deref()), (State::Succeeded, Some("old")));
    let (first, there) = fixture
        .ledger
        .write_blocking(|tx| {
            let first = task::with_key(tx, "old", None, None, None)?;
            Ok((first, outbox::has_delivered(tx, "handoffs/b/01_inbox", "hash of r")?))
        })
        .unwrap();
    assert_eq!((first.map(|first| first.id), there), (Some(id.clone()), true));
    assert!(finding::of_task(&fixture.reader(), &id).unwrap().is_empty());
    assert_eq!(
        fixture.count("SELECT count(*) FROM outbox"),
        2,
        "the deliveries of a RETURN and a handoff to inboxes stay"
    );
    assert_eq!(fixture.count("SELECT count(*) FROM inputs WHERE hash = 'shared'"), 1);
    let open = task::find(&fixture.reader(), "open").unwrap().unwrap();
    assert_eq!(open.body, "long");
}

#[test]
fn a_second_prune_deletes_nothing_and_a_later_prune_continues() {
    let fixture = Fixture::with_done(10);
    let first = fixture.prune(50);
    let plan = fixture.plan(50);
    assert_eq!((plan.events(), plan.first, plan.last), (0, 11, 10));
    // Everything is old now, including the record of the prune.
    let second = fixture.prune(1_000);
    assert_eq!(second.last, 20);
    assert_eq!(fixture.plan(2_000).events(), 0, "nothing is left but records of prunes");
    let last_of_all = fixture.report(None, &[&second.archive, &first.archive]);
    assert!(last_of_all.is_sound(), "{last_of_all:?}");
    assert_eq!(last_of_all.archived.map(|archived| (archived.first, archived.last)), Some((1, 20)));
    let alone = fixture.report(Some(&"ab".repeat(32)), &[&second.archive]);
    assert_eq!(alone.archived.clone().map(|archived| (archived.first, archived.last)), Some((11, 20)));
    assert!(alone.is_whole());
    assert_eq!(alone.found, Some(HeadPosition::Pruned), "the first archive was not read");
    let gap = fixture.report(None, &[&first.archive]);
    assert!(gap.archived.unwrap().broken.unwrap().why.contains("between this line and the first event of the ledger"));
}

#[test]
fn a_ledger_of_the_first_format_was_never_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(include_str!("../../../migrations/0001.sql")).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    assert!(report(&Reader::open(&path).unwrap(), None, &[]).is_sound());
}
