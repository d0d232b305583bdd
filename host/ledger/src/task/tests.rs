//! The queue's order, leases, and the search for a task.

use std::time::Duration;

use baton_core::State;
use baton_core::handoff::Priority;
use jiff::Timestamp;

use super::*;
use crate::Ledger;

fn new(agent: &str, title: &str, priority: Priority) -> NewTask {
    NewTask {
        title: title.to_owned(),
        priority,
        handoff_id: Some(format!("id-{title}")),
        file: Some(format!("handoffs/{agent}/01_inbox/{title}.json")),
        dedupe_key: Some(title.to_owned()),
        ..NewTask::blank(agent, Origin::Handoff, State::Queued)
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
    (folder, ledger)
}

#[test]
fn the_most_urgent_task_is_first_then_the_oldest() {
    let (_folder, ledger) = ledger();
    let order = ledger.write_blocking(|tx| {
        insert(tx, &new("a", "old", Priority::Medium), None, at(1))?;
        insert(tx, &new("a", "new", Priority::Medium), None, at(2))?;
        insert(tx, &new("a", "urgent", Priority::Critical), None, at(3))?;
        insert(tx, &new("b", "other", Priority::Critical), None, at(0))?;
        let mut order = Vec::new();
        while let Some(next) = next_queued(tx, "a")? {
            order.push(lease_task(tx, &next.id, "me", Duration::from_secs(1), at(4))?.title);
        }
        Ok(order)
    });
    assert_eq!(order.unwrap(), ["urgent", "old", "new"]);
}

#[test]
fn an_expired_lease_is_abandoned_unless_a_heartbeat_renews_it() {
    let (_folder, ledger) = ledger();
    let (before, after, gone) = ledger
        .write_blocking(|tx| {
            let id = insert(tx, &new("a", "x", Priority::Low), None, at(1))?;
            lease_task(tx, &id, "me", Duration::from_secs(5), at(1))?;
            heartbeat(tx, &id, "me", at(20))?;
            let gone = abandoned(tx, "other", at(10), |owner| owner == "me")?.len();
            let left = |now| abandoned(tx, "other", at(now), |_| false).map(|left| left.len());
            Ok((left(10)?, left(21)?, gone))
        })
        .unwrap();
    assert_eq!((before, after, gone), (0, 1, 1));
}

#[test]
fn a_task_is_found_by_prefix_handoff_id_and_file_name() {
    let (_folder, ledger) = ledger();
    let id = ledger.write_blocking(|tx| insert(tx, &new("a", "x", Priority::Low), None, at(1))).unwrap();
    let reader = ledger.reader().unwrap();
    for name in [&id, &id[..6], "id-x", "x.json", "handoffs/a/01_inbox/x.json"] {
        assert_eq!(find(&reader, name).unwrap().map(|task| task.id).as_ref(), Some(&id), "{name}");
    }
    assert!(find(&reader, "nothing").unwrap().is_none());
}

#[test]
fn a_list_of_states_has_their_former_names() {
    assert_eq!(state_list(&[State::Failed, State::Rejected]), "'failed', 'rejected', 'quarantined'");
    assert_eq!(state_list(&[]), "");
}
