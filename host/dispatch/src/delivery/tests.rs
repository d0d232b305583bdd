//! Tests for batches of deliveries, crashes during a batch, and the archive.

use std::collections::BTreeSet;
use std::path::Path;

use baton_intake::{StagedFile, publish, stage};
use baton_ledger::{Tx, task};
use jiff::Timestamp;

use baton_core::State;
use baton_ledger::outbox::{self, DeliveryKind};

use super::archive::to_archive;
use super::*;
use crate::limits;

/// Makes a task with these deliveries in its outbox. Returns the ids of the task and of the deliveries.
async fn insert_task(context: &Context, title: &str, deliveries: Vec<outbox::NewDelivery>) -> (String, Vec<i64>) {
    let new =
        task::NewTask { title: title.to_owned(), ..task::NewTask::blank("a", task::Origin::Handoff, State::Succeeded) };
    let job = move |tx: &Tx<'_>| {
        let id = task::insert(tx, &new, None, Timestamp::UNIX_EPOCH)?;
        let ids: Result<Vec<i64>, LedgerError> = deliveries.iter().map(|new| outbox::add(tx, &id, new)).collect();
        Ok((id, ids?))
    };
    context.ledger.write(job).await.unwrap()
}

fn answer(folder: &str, bytes: &str) -> outbox::NewDelivery {
    outbox::NewDelivery {
        kind: DeliveryKind::Return,
        source: None,
        folder: folder.to_owned(),
        name: "r.json".to_owned(),
        hash: None,
        bytes: Some(bytes.as_bytes().to_vec()),
    }
}

/// Makes a file in an inbox, and returns the move of this file to the archive.
fn archive(root: &Path, name: &str) -> outbox::NewDelivery {
    std::fs::create_dir_all(root.join("a/01_inbox")).unwrap();
    let file = format!("a/01_inbox/{name}");
    std::fs::write(root.join(&file), name).unwrap();
    to_archive(&file, Some(baton_core::Digest::of(name.as_bytes()).to_string()), State::Succeeded)
}

/// The contents of the files in a folder, including hidden files.
fn texts(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn after_a_crash_at_any_step_a_return_is_delivered_once() {
    for crash_after in ["nothing", "staging", "writing `staged`", "the rename", "the recipient took it"] {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::in_folder(folder.path());
        let inbox = folder.path().join("inbox");
        let (id, deliveries) = insert_task(&context, "x", vec![answer("inbox", "{}")]).await;
        let delivery = deliveries[0];
        let steps = ["staging", "writing `staged`", "the rename", "the recipient took it"];
        for step in steps.iter().take(steps.iter().position(|step| *step == crash_after).map_or(0, |n| n + 1)) {
            match *step {
                "staging" => drop(stage(&inbox, &delivery.to_string(), b"{}").unwrap()),
                "the rename" => drop(publish(&StagedFile::of(&inbox, &delivery.to_string()), "r.json").unwrap()),
                "the recipient took it" => std::fs::remove_file(inbox.join("r.json")).unwrap(),
                _ => context.ledger.write(move |tx| outbox::staged(tx, delivery, "r.json")).await.unwrap(),
            }
        }
        deliver(&context, &id).await.unwrap();
        let taken = crash_after == "the recipient took it";
        let there: Vec<_> = std::fs::read_dir(&inbox).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(there.len(), usize::from(!taken), "crash after {crash_after}: {there:?}");
        assert!(context.ledger.write(outbox::open_tasks).await.unwrap().is_empty());
        assert!(deliver(&context, &id).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_returns_with_the_same_name_both_reach_the_inbox() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::in_folder(folder.path());
    let (first, _) = insert_task(&context, "one", vec![answer("inbox", "one")]).await;
    let (second, _) = insert_task(&context, "two", vec![answer("inbox", "two")]).await;
    let delivered = deliver_all(&context, "a", vec![first, second]).await.unwrap();
    let inbox = folder.path().join("inbox");
    let changed: BTreeSet<_> = delivered.into_iter().flat_map(|delivered| delivered.changed).collect();
    assert_eq!(changed, [inbox.join("r.json"), inbox.join("r-2.json")].into());
    assert_eq!(std::fs::read_to_string(inbox.join("r.json")).unwrap(), "one");
    assert_eq!(texts(&inbox), set(&["one", "two"]));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_fails_its_own_tasks_only() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::in_folder(folder.path());
    // `broken` is a file, because root can write into every folder.
    std::fs::write(folder.path().join("broken"), "").unwrap();
    let bad = vec![answer("inbox", "before"), answer("broken", "bad"), archive(folder.path(), "bad")];
    let good = vec![answer("inbox", "good"), archive(folder.path(), "good")];
    let (bad, _) = insert_task(&context, "bad", bad).await;
    let (good, _) = insert_task(&context, "good", good).await;
    let delivered = deliver_all(&context, "a", vec![bad.clone(), good.clone()]).await.unwrap();
    let errors: Vec<_> =
        delivered.iter().map(|delivered| (delivered.task.clone(), delivered.error.is_some())).collect();
    assert_eq!(errors, [(bad.clone(), true), (good, false)]);
    assert_eq!(texts(&folder.path().join("inbox")), set(&["before", "good"]));
    assert_eq!(texts(&folder.path().join("a/01_inbox")), set(&["bad"]), "the file stays until its RETURN is delivered");
    assert_eq!(context.ledger.write(outbox::open_tasks).await.unwrap(), std::slice::from_ref(&bad));

    std::fs::remove_file(folder.path().join("broken")).unwrap();
    deliver(&context, &bad).await.unwrap();
    assert_eq!(texts(&folder.path().join("broken")), set(&["bad"]));
    assert_eq!(
        texts(&folder.path().join("inbox")),
        set(&["before", "good"]),
        "an existing file is not delivered again"
    );
    assert_eq!(texts(&folder.path().join("a/02_processed")), set(&["bad", "good"]));
    assert!(context.ledger.write(outbox::open_tasks).await.unwrap().is_empty());
}

#[tokio::test]
async fn after_a_crash_between_any_two_steps_a_batch_is_delivered_once() {
    for stopped in [
        None,
        Some(batch::CrashPoint::Staged),
        Some(batch::CrashPoint::Recorded),
        Some(batch::CrashPoint::Published),
        Some(batch::CrashPoint::Moved),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::in_folder(folder.path());
        let mut tasks = Vec::new();
        for name in ["one", "two", "three"] {
            let deliveries = vec![answer("inbox", name), archive(folder.path(), name)];
            tasks.push(insert_task(&context, name, deliveries).await.0);
        }
        if let Some(stop) = stopped {
            let (context, tasks) = (Arc::clone(&context), tasks.clone());
            tokio::task::spawn_blocking(move || batch::stop_after(&context, tasks, stop)).await.unwrap();
        }
        let open = context.ledger.write(outbox::open_tasks).await.unwrap();
        assert_eq!(open, tasks, "{stopped:?}");
        let delivered = deliver_all(&context, "a", open).await.unwrap();
        assert!(delivered.iter().all(|delivered| delivered.error.is_none()), "{stopped:?}: {delivered:?}");
        let all = set(&["one", "two", "three"]);
        for place in ["inbox", "a/02_processed"] {
            assert_eq!(std::fs::read_dir(folder.path().join(place)).unwrap().count(), 3, "{stopped:?} {place}");
            assert_eq!(texts(&folder.path().join(place)), all, "{stopped:?} {place}");
        }
        assert!(texts(&folder.path().join("a/01_inbox")).is_empty(), "{stopped:?}");
        assert!(context.ledger.write(outbox::open_tasks).await.unwrap().is_empty(), "{stopped:?}");
        for task in tasks {
            let task = context.ledger.write(move |tx| task::get_in(tx, &task)).await.unwrap();
            assert!(task.returned_at.is_some() && task.archived_at.is_some(), "{stopped:?}: {task:?}");
        }
    }
}

#[tokio::test]
async fn a_batch_over_its_byte_limit_is_delivered_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::in_folder(folder.path());
    let large = "x".repeat(limits::DELIVERY_BATCH_BYTES / 2 + 1);
    let mut tasks = Vec::new();
    for name in ["one", "two", "three"] {
        tasks.push(insert_task(&context, name, vec![answer(name, &large)]).await.0);
    }
    let delivered = deliver_all(&context, "a", tasks.clone()).await.unwrap();
    assert_eq!(delivered.iter().map(|delivered| delivered.task.clone()).collect::<Vec<_>>(), tasks);
    for name in ["one", "two", "three"] {
        assert_eq!(std::fs::metadata(folder.path().join(name).join("r.json")).unwrap().len(), large.len() as u64);
    }
}
