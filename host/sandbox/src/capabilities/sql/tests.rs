//! Grants, denials and missing declarations.

use std::path::Path;

use baton_plugin_sql::GuestError;

use super::*;

fn manifest(sql: &str) -> Manifest {
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{"sql":[{sql}]}}}}}}"#
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

fn granted(folder: &Path, database: Database, writable: bool) -> DatabaseGrant {
    DatabaseGrant { database, path: folder.join(format!("{database}.db")), writable }
}

/// The capability of a plugin with the declaration `declared`.
fn capability(declared: &str, granted: &[DatabaseGrant]) -> Sql {
    let manifest = manifest(declared);
    let sources = Sources::new(&manifest, &[], false, CopyLimit::default());
    Sql::new(&manifest, granted, sources, None)
}

const CATALOG_RW: &str = r#"{"database":"catalog","mode":"rw","reason":""}"#;
const CATALOG_RO: &str = r#"{"database":"catalog","mode":"ro","reason":""}"#;
const SAY: &str = "INSERT INTO put_source VALUES ('x/a', -1)";

async fn say(sql: &mut Sql) -> Result<u64, generated::Error> {
    let request = Request::Execute { statement: SAY.to_owned(), parameters: Vec::new() };
    let Answer::Changed { rows, .. } = sql.ask(Database::Catalog, request).await? else { panic!("another answer") };
    Ok(rows)
}

async fn rows_of(sql: &mut Sql, statement: &str) -> Result<usize, generated::Error> {
    let request = Request::Query { statement: statement.to_owned(), parameters: Vec::new() };
    let Answer::Table(table) = sql.ask(Database::Catalog, request).await? else { panic!("another answer") };
    Ok(table.rows.len())
}

#[track_caller]
fn is_denied<T: std::fmt::Debug>(result: Result<T, generated::Error>, words: &str) {
    let Err(generated::Error::Denied(said)) = result else { panic!("{result:?}") };
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn works_when_the_database_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    let mut sql = capability(CATALOG_RW, &[granted(folder.path(), Database::Catalog, true)]);
    assert_eq!(say(&mut sql).await, Ok(0));
    assert_eq!(rows_of(&mut sql, "SELECT name FROM sources").await, Ok(1));
}

#[tokio::test]
async fn errors_with_the_command_when_the_database_is_not_granted() {
    let folder = tempfile::tempdir().unwrap();
    let mut sql = capability(CATALOG_RW, &[]);
    is_denied(say(&mut sql).await, "baton plugin grant x sql=catalog:rw");
    let mut sql = capability(CATALOG_RW, &[granted(folder.path(), Database::Catalog, false)]);
    is_denied(say(&mut sql).await, "baton plugin grant x sql=catalog:rw");
    assert_eq!(rows_of(&mut sql, "SELECT 1").await, Ok(1));
}

#[tokio::test]
async fn errors_when_the_database_is_not_declared_even_if_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    let all = [granted(folder.path(), Database::Own, true), granted(folder.path(), Database::Catalog, true)];
    let mut sql = capability(CATALOG_RO, &all);
    is_denied(say(&mut sql).await, "for reading only");
    is_denied(sql.access(Database::Own), "does not declare");
    assert!(!folder.path().join("own.db").exists());
}

#[tokio::test]
async fn no_more_cursors_than_allowed_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let sql = capability(CATALOG_RO, &[granted(folder.path(), Database::Catalog, false)]);
    let open = || {
        let access = sql.access(Database::Catalog).unwrap();
        Cursor::open(None, access, "SELECT 1".to_owned(), Vec::new(), Arc::clone(&sql.cursors), None)
    };
    let mut cursors = Vec::new();
    for _ in 0..4 {
        cursors.push(open().await.unwrap());
    }
    assert!(matches!(open().await, Err(GuestError::TooLarge(_))));
    let mut last = cursors.pop().unwrap();
    assert_eq!(last.next(5).await.unwrap().len(), 1);
    assert!(last.next(5).await.unwrap().is_empty());
    drop(last);
    assert!(open().await.is_ok());
}
