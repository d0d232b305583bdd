//! Grants, denials and missing declarations; allowed names; the release of a lock. The ledger tests that only one
//! attempt gets a lock.

use std::path::Path;
use std::sync::Arc;

use baton_ledger::Ledger;

use super::*;

const ASKED: &str = r#""locks":{"reason":""}"#;

fn locks(capabilities: &str, granted: Option<&LockTable>) -> Locks {
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{{capabilities}}}}}}}"#
    );
    Locks::new(&Manifest::parse(text.as_bytes()).unwrap(), granted.cloned(), "task")
}

fn table(folder: &Path) -> LockTable {
    let ledger = Ledger::open(&folder.join("ledger.db"), "run:1:1").unwrap();
    LockTable::new(ledger, Arc::new(|_| false))
}

#[track_caller]
fn is_denied(result: Result<Option<u32>, Error>, words: &str) {
    let Err(Error::Denied(said)) = result else { panic!("{result:?}") };
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn a_lock_is_held_once_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let (mut one, mut two) = (locks(ASKED, Some(&table)), locks(ASKED, Some(&table)));
    let held = one.take("a").await.unwrap().unwrap();
    assert_eq!(one.holds(held).await, Ok(true));
    assert_eq!(one.take("a").await, Ok(None), "the same attempt holds it");
    assert_eq!(two.take("a").await, Ok(None));
    one.release(held).await;
    assert_eq!(one.holds(held).await, Ok(false));
    assert!(two.take("a").await.unwrap().is_some());
}

#[tokio::test]
async fn the_locks_of_an_attempt_are_released_with_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let mut one = locks(ASKED, Some(&table));
    for name in ["a", "b"] {
        assert!(one.take(name).await.unwrap().is_some());
    }
    drop(one);
    let mut two = locks(ASKED, Some(&table));
    for name in ["a", "b"] {
        assert!(two.take(name).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn errors_with_the_command_when_it_is_not_granted() {
    is_denied(locks(ASKED, None).take("a").await, "baton plugin grant x locks");
}

#[tokio::test]
async fn errors_when_it_is_not_declared_even_if_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    is_denied(locks("", Some(&table(folder.path()))).take("a").await, "does not declare locks");
}

#[tokio::test]
async fn errors_on_invalid_names_and_too_many_locks() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let mut locks = locks(ASKED, Some(&table));
    for name in ["", "a\nb", "\u{7f}", &"a".repeat(201)] {
        assert!(matches!(locks.take(name).await, Err(Error::Invalid(_))), "{name:?}");
    }
    assert!(locks.take(&"ö".repeat(100)).await.unwrap().is_some());
    for number in 1..limits::LOCKS {
        assert!(locks.take(&number.to_string()).await.unwrap().is_some());
    }
    assert!(matches!(locks.take("one more").await, Err(Error::Invalid(_))));
    locks.release(7).await;
    assert!(locks.take("one more").await.unwrap().is_some());
}
