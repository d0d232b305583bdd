//! Allowed, denied, undefined; what a name may be; what gives a claim back. That one of many gets it is tested in the ledger.

use std::path::Path;
use std::sync::Arc;

use baton_ledger::Ledger;

use super::*;

const ASKED: &str = r#""claims":{"reason":""}"#;

fn claims(capabilities: &str, granted: Option<&LockTable>) -> Locks {
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{{capabilities}}}}}}}"#
    );
    Locks::new(&Manifest::parse(text.as_bytes()).unwrap(), granted.cloned(), "task")
}

fn book(folder: &Path) -> LockTable {
    let ledger = Ledger::open(&folder.join("ledger.db"), "run:1:1").unwrap();
    LockTable::new(ledger, Arc::new(|_| false))
}

#[track_caller]
fn is_denied(result: Result<Option<u32>, Error>, words: &str) {
    let Err(Error::Denied(said)) = result else { panic!("{result:?}") };
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn a_name_is_taken_once_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let book = book(folder.path());
    let (mut one, mut two) = (claims(ASKED, Some(&book)), claims(ASKED, Some(&book)));
    let held = one.take("a").await.unwrap().unwrap();
    assert_eq!(one.holds(held).await, Ok(true));
    assert_eq!(one.take("a").await, Ok(None), "this very attempt has it");
    assert_eq!(two.take("a").await, Ok(None));
    one.give_back(held).await;
    assert_eq!(one.holds(held).await, Ok(false));
    assert!(two.take("a").await.unwrap().is_some());
}

#[tokio::test]
async fn what_an_attempt_holds_is_given_back_with_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let book = book(folder.path());
    let mut one = claims(ASKED, Some(&book));
    for name in ["a", "b"] {
        assert!(one.take(name).await.unwrap().is_some());
    }
    drop(one);
    let mut two = claims(ASKED, Some(&book));
    for name in ["a", "b"] {
        assert!(two.take(name).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn errors_with_the_command_when_it_is_not_granted() {
    is_denied(claims(ASKED, None).take("a").await, "baton plugin grant x claims");
}

#[tokio::test]
async fn errors_when_it_is_not_declared_even_if_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    is_denied(claims("", Some(&book(folder.path()))).take("a").await, "does not declare claims");
}

#[tokio::test]
async fn errors_on_what_is_no_name_and_on_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let book = book(folder.path());
    let mut claims = claims(ASKED, Some(&book));
    for name in ["", "a\nb", "\u{7f}", &"a".repeat(201)] {
        assert!(matches!(claims.take(name).await, Err(Error::Invalid(_))), "{name:?}");
    }
    assert!(claims.take(&"ö".repeat(100)).await.unwrap().is_some());
    for number in 1..limits::CLAIMS {
        assert!(claims.take(&number.to_string()).await.unwrap().is_some());
    }
    assert!(matches!(claims.take("one more").await, Err(Error::Invalid(_))));
    claims.give_back(7).await;
    assert!(claims.take("one more").await.unwrap().is_some());
}
