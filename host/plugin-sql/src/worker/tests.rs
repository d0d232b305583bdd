//! A worker on a thread, with real pipes: it answers requests, and ends when its input is closed.

use std::io::{PipeReader, PipeWriter, Write as _};
use std::path::Path;
use std::thread::JoinHandle;

use baton_core::grants::Database;

use super::*;
use crate::{Access, GuestError, Row, Value};

struct Worker {
    requests: PipeWriter,
    replies: PipeReader,
    thread: JoinHandle<std::io::Result<()>>,
}

impl Worker {
    fn start() -> Self {
        let ((input, requests), (replies, output)) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        let thread = std::thread::spawn(move || serve(input, output, |_| ()));
        Self { requests, replies, thread }
    }

    fn open(folder: &Path, writable: bool) -> Self {
        let mut worker = Self::start();
        let path = folder.join("plugins/x.db");
        let access = Access { database: Database::Own, path, writable, denial: "grant".to_owned(), writer: None };
        assert_eq!(worker.ask(&Request::Open(access)), Ok(Answer::Opened));
        worker
    }

    fn ask(&mut self, request: &Request) -> Reply {
        self.requests.write_all(&encode(request).unwrap()).unwrap();
        frame::read(&mut self.replies).unwrap().unwrap()
    }

    fn end(self) {
        drop(self.requests);
        self.thread.join().unwrap().unwrap();
    }
}

fn execute(statement: &str) -> Request {
    Request::Execute { statement: statement.to_owned(), parameters: Vec::new() }
}

fn query(statement: &str) -> Request {
    Request::Query { statement: statement.to_owned(), parameters: Vec::new() }
}

#[test]
fn requests_are_answered_until_the_input_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::open(folder.path(), true);
    assert_eq!(worker.ask(&execute("CREATE TABLE t (a, b)")), Ok(Answer::Changed { rows: 0, growth: 0 }));
    let row = vec![Value::Blob(vec![0, 255]), Value::Text("é".to_owned())];
    let batch =
        Request::Batch { statement: "INSERT INTO t VALUES (?, ?)".to_owned(), rows: vec![row.clone(), row.clone()] };
    assert_eq!(worker.ask(&batch), Ok(Answer::Changed { rows: 2, growth: 0 }));
    let Ok(Answer::Table(table)) = worker.ask(&query("SELECT * FROM t")) else { panic!() };
    assert_eq!((table.columns.join(""), table.rows), ("ab".to_owned(), vec![row.clone(), row]));
    assert!(matches!(worker.ask(&query("SELEKT")), Err(GuestError::Invalid(_))));
    assert!(matches!(worker.ask(&Request::Next { most: 1 }), Err(GuestError::Failed(_))));
    worker.end();
}

#[test]
fn a_file_that_is_not_a_database_gives_an_error_reply() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    std::fs::write(folder.path().join("plugins/x.db"), "no database at all, but long enough to be one").unwrap();
    let mut worker = Worker::start();
    let path = folder.path().join("plugins/x.db");
    let access = Access { database: Database::Own, path, writable: true, denial: String::new(), writer: None };
    assert!(worker.ask(&Request::Open(access)).is_err());
    worker.end();
}

#[test]
fn a_statement_without_a_caller_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::open(folder.path(), true);
    let endless = query("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    worker.requests.write_all(&encode(&endless).unwrap()).unwrap();
    let begun = std::time::Instant::now();
    worker.end();
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_cursor_returns_the_rows_of_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Worker::open(folder.path(), true);
    writer.ask(&execute("CREATE TABLE t (a)")).unwrap();
    let rows: Vec<Row> = (0..5_000).map(|n| vec![Value::Integer(n)]).collect();
    writer.ask(&Request::Batch { statement: "INSERT INTO t VALUES (?)".to_owned(), rows: rows.clone() }).unwrap();
    let mut reader = Worker::open(folder.path(), false);
    let walk = Request::OpenCursor { statement: "SELECT a FROM t ORDER BY a".to_owned(), parameters: Vec::new() };
    assert_eq!(reader.ask(&walk), Ok(Answer::Columns(vec!["a".to_owned()])));
    writer.ask(&execute("DELETE FROM t")).unwrap();
    let mut seen = Vec::new();
    loop {
        let Ok(Answer::Rows(piece)) = reader.ask(&Request::Next { most: 1_700 }) else { panic!() };
        if piece.is_empty() {
            break;
        }
        assert!(piece.len() <= 1_700);
        seen.extend(piece);
    }
    assert_eq!(seen, rows);
    reader.end();
    writer.end();
}
