//! Grants, denials and missing declarations; a missing ledger.

use std::path::Path;

use baton_core::State;
use baton_ledger::task::history::{self, HistoryLimit};
use baton_ledger::task::{self, NewTask, Origin};

use super::*;

fn manifest(capabilities: &str) -> Manifest {
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{{capabilities}}}}}}}"#
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

const DECLARED: &str = r#""ledger":{"reason":""}"#;

fn ledger(folder: &Path) -> (PathBuf, baton_ledger::Ledger) {
    let path = folder.join("ledger.db");
    let ledger = baton_ledger::Ledger::open(&path, "test").unwrap();
    let new = NewTask { title: "Look".to_owned(), ..NewTask::blank("a", Origin::Handoff, State::Queued) };
    let now = jiff::Timestamp::UNIX_EPOCH;
    ledger.write_blocking(move |tx| task::insert(tx, &new, None, now)).unwrap();
    (path, ledger)
}

async fn titles(ledger: &mut Ledger) -> Result<Vec<String>, Error> {
    let room = HistoryLimit { most: 5, bytes: 1 << 20 };
    let found = ledger.with(move |reader| history::newest(reader, None, None, room)).await?;
    Ok(found.entries.into_iter().map(|entry| entry.title).collect())
}

#[track_caller]
fn is_denied(result: Result<Vec<String>, Error>, words: &str) {
    let Err(Error::Denied(said)) = result else { panic!("{result:?}") };
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn works_when_the_ledger_is_granted_and_sees_later_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (path, written) = ledger(folder.path());
    let mut ledger = Ledger::new(&manifest(DECLARED), Some(path));
    assert_eq!(titles(&mut ledger).await.unwrap(), ["Look"]);
    let new = NewTask { title: "Again".to_owned(), ..NewTask::blank("a", Origin::Call, State::Queued) };
    let now = jiff::Timestamp::from_second(1).unwrap();
    written.write(move |tx| task::insert(tx, &new, None, now)).await.unwrap();
    assert_eq!(titles(&mut ledger).await.unwrap(), ["Again", "Look"], "the same connection sees the later write");
}

#[tokio::test]
async fn errors_with_the_command_when_the_ledger_is_not_granted() {
    is_denied(titles(&mut Ledger::new(&manifest(DECLARED), None)).await, "baton plugin grant x ledger");
}

#[tokio::test]
async fn errors_when_the_ledger_is_not_declared_even_if_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _written) = ledger(folder.path());
    is_denied(titles(&mut Ledger::new(&manifest(""), Some(path))).await, "does not declare the ledger");
}

#[tokio::test]
async fn errors_when_the_ledger_is_missing_and_creates_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = titles(&mut Ledger::new(&manifest(DECLARED), Some(path.clone()))).await;
    assert!(matches!(&told, Err(Error::Failed(text)) if text.contains("cannot be opened")), "{told:?}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_stopped_query_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let (path, written) = ledger(folder.path());
    let many = |tx: &baton_ledger::Tx<'_>| {
        let new = NewTask::blank("a", Origin::Handoff, State::Queued);
        (0..500).try_for_each(|_| task::insert(tx, &new, None, jiff::Timestamp::UNIX_EPOCH).map(drop))
    };
    written.write(many).await.unwrap();
    let mut ledger = Ledger::new(&manifest(DECLARED), Some(path));
    let query = |reader: &Reader| history::newest(reader, None, None, HistoryLimit { most: 10_000, bytes: 1 << 20 });
    assert_eq!(ledger.with(query).await.unwrap().entries.len(), 501);
    let (_, stop) = ledger.open.as_ref().unwrap();
    stop.stop();
    let told = ledger.with(query).await;
    assert!(matches!(&told, Err(Error::Failed(text)) if text.contains("interrupted")), "{told:?}");
}
