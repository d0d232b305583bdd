//! Statements that try to exceed their limits and permissions, and the errors that they get.

use std::path::Path;

use super::*;

const DENIAL: &str = "baton plugin grant x sql=own:rw";

fn access(folder: &Path, database: Database, writable: bool) -> Access {
    let name = if database == Database::Own { "plugins/x.db" } else { "catalog.db" };
    Access { database, path: folder.join(name), writable, writer: None, denial: DENIAL.to_owned() }
}

fn session(folder: &Path, database: Database, writable: bool) -> Session {
    Session::open(&access(folder, database, writable), &StopHandle::default()).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn values_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let own = session(folder.path(), Database::Own, true);
    assert_eq!(own.execute("CREATE TABLE t (a, b, c, d, e)", &[]), Ok(0));
    let row = vec![Value::Null, Value::Integer(i64::MIN), Value::Real(0.5), text("é'; --"), Value::Blob(vec![0, 255])];
    assert_eq!(own.execute("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", &row), Ok(1));
    let table = own.query("SELECT * FROM t WHERE d = ?", &[text("é'; --")]).unwrap();
    assert_eq!((table.columns.join(""), table.rows), ("abcde".to_owned(), vec![row]));
    assert!(own.query("SELECT * FROM t WHERE d = ?", &[text("' OR '1'='1")]).unwrap().rows.is_empty());
    drop(own);
    assert_eq!(session(folder.path(), Database::Own, true).query("SELECT 1 FROM t", &[]).unwrap().rows.len(), 1);
}

#[test]
fn a_plugin_may_migrate_its_own_tables_and_search_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = session(folder.path(), Database::Own, true);
    for statement in [
        "PRAGMA user_version = 3",
        "CREATE VIRTUAL TABLE words USING fts5 (word)",
        "INSERT INTO words VALUES ('one'), ('two') RETURNING rowid",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b)",
        "CREATE INDEX i ON t (b)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO words VALUES (new.b); END",
        "INSERT INTO t (b) VALUES ('three')",
        "ALTER TABLE t ADD COLUMN c",
        "CREATE TABLE strict (a TEXT) STRICT",
        "INSERT INTO strict VALUES ('a')",
        "ALTER TABLE strict ADD COLUMN b TEXT",
        "ANALYZE",
        "DROP TABLE t",
    ] {
        own.execute(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    assert_eq!(own.query("PRAGMA user_version", &[]).unwrap().rows, [[Value::Integer(3)]]);
    let found = own.query("SELECT word FROM words WHERE words MATCH 'three'", &[]).unwrap();
    assert_eq!(found.rows, [[text("three")]]);
}

#[test]
fn statements_outside_of_the_database_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside.db");
    let own = session(folder.path(), Database::Own, true);
    own.execute("CREATE TABLE t (a)", &[]).unwrap();
    for (statement, word) in [
        (format!("ATTACH '{}' AS o", outside.display()), "other databases"),
        ("DETACH main".to_owned(), "other databases"),
        (format!("VACUUM INTO '{}'", outside.display()), "other databases"),
        ("VACUUM".to_owned(), "other databases"),
        ("PRAGMA journal_mode = DELETE".to_owned(), "pragmas"),
        ("PRAGMA max_page_count = 99999999".to_owned(), "pragmas"),
        ("PRAGMA writable_schema = ON".to_owned(), "pragmas"),
        ("PRAGMA temp_store_directory = '/'".to_owned(), "pragmas"),
        ("SELECT load_extension('x')".to_owned(), "extensions"),
        ("SELECT fts3_tokenizer('simple')".to_owned(), "extensions"),
        ("BEGIN".to_owned(), "transactions"),
        ("COMMIT".to_owned(), "transactions"),
        ("SAVEPOINT s".to_owned(), "transactions"),
        ("CREATE TEMP TABLE x (a)".to_owned(), "temporary"),
        ("CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END".to_owned(), "temporary"),
        ("CREATE VIRTUAL TABLE x USING dbstat".to_owned(), "fts5"),
        ("UPDATE sqlite_schema SET sql = 'x'".to_owned(), "sqlite_master may not be modified"),
        ("SELECT 1; DROP TABLE t".to_owned(), "several statements"),
        ("INSERT INTO t VALUES (1); ATTACH 'y' AS y".to_owned(), "other databases"),
        (" -- nothing".to_owned(), "no statement"),
        ("SELEKT 1".to_owned(), "near \"SELEKT\""),
        ("SELECT \"no such column\" FROM t".to_owned(), "no such column"),
    ] {
        let Err(GuestError::Invalid(said)) = own.execute(&statement, &[]) else { panic!("{statement}") };
        assert!(said.contains(word), "{statement}: {said}");
    }
    assert!(!outside.exists());
    assert!(own.query("SELECT * FROM t", &[]).unwrap().rows.is_empty(), "a refused call has no effect");
}

#[test]
fn writing_without_the_grant_names_the_command() {
    let folder = tempfile::tempdir().unwrap();
    session(folder.path(), Database::Own, true).execute("CREATE TABLE t (a)", &[]).unwrap();
    let own = session(folder.path(), Database::Own, false);
    assert!(own.query("SELECT * FROM t", &[]).is_ok());
    for statement in ["INSERT INTO t VALUES (1)", "DROP TABLE t", "CREATE TABLE u (a)", "PRAGMA user_version = 1"] {
        assert_eq!(own.execute(statement, &[]), Err(GuestError::Denied(DENIAL.to_owned())), "{statement}");
    }
    let catalog = session(folder.path(), Database::Catalog, false);
    assert!(catalog.query("SELECT * FROM tracks", &[]).is_ok());
    let written = catalog.execute("INSERT INTO put_source VALUES ('x', 1)", &[]);
    assert_eq!(written, Err(GuestError::Denied(DENIAL.to_owned())));
}

#[test]
fn the_catalog_can_only_be_written_through_its_views() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = session(folder.path(), Database::Catalog, true);
    let track = "INSERT INTO put_track (source, service, id, title, artists) VALUES ('x', 'x', ?1, ?2, 'A')";
    catalog.execute(track, &[text("1"), text("One")]).unwrap();
    for statement in [
        "INSERT INTO tracks (title) VALUES ('x')",
        "UPDATE tracks SET title = 'x'",
        "DELETE FROM facts",
        "INSERT INTO search (search) VALUES ('delete-all')",
        "DELETE FROM search_data",
        "UPDATE put_track SET title = 'x'",
        "DROP TABLE facts",
        "CREATE TABLE x (a)",
        "CREATE TRIGGER x AFTER INSERT ON tracks BEGIN SELECT 1; END",
        "ALTER TABLE tracks ADD COLUMN x",
        "PRAGMA user_version = 7",
    ] {
        assert!(matches!(catalog.execute(statement, &[]), Err(GuestError::Invalid(_))), "{statement}");
    }
    let found = catalog.query("SELECT rowid FROM search WHERE search MATCH 'one'", &[]).unwrap();
    assert_eq!(found.rows.len(), 1);
    assert!(matches!(catalog.execute(track, &[text("2"), Value::Null]), Err(GuestError::Constraint(_))));
}

#[test]
fn an_endless_statement_ends_at_its_time_limit_or_when_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let stop = StopHandle::default();
    let own = Session::open(&access(folder.path(), Database::Own, true), &stop).unwrap();
    let begun = std::time::Instant::now();
    let Err(GuestError::Timeout(said)) = own.query(endless, &[]) else { panic!("it ended") };
    assert!(said.contains("10 s") && begun.elapsed() >= limits::STATEMENT, "{said}");
    assert!(own.query("SELECT 1", &[]).is_ok(), "the connection can still be used");
    let asker = stop.clone();
    let asking = std::thread::spawn(move || asker.stop());
    assert!(matches!(own.query(endless, &[]), Err(GuestError::Timeout(said)) if said.contains("is ending")));
    asking.join().unwrap();
}

#[test]
fn too_large_results_and_statements_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = session(folder.path(), Database::Own, true);
    own.execute("CREATE TABLE t (a)", &[]).unwrap();
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?1) SELECT i FROM n";
    assert_eq!(own.query(many, &[Value::Integer(10_000)]).unwrap().rows.len(), 10_000);
    let large = |result: Result<_, GuestError>| matches!(result, Err(GuestError::TooLarge(_)));
    assert!(large(own.query(many, &[Value::Integer(10_001)]).map(drop)));
    let blobs =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT zeroblob(500000) FROM n";
    assert!(large(own.query(blobs, &[]).map(drop)));
    assert!(large(own.query("SELECT zeroblob(2000000)", &[]).map(drop)));
    assert!(large(own.query("SELECT hex(zeroblob(900000))", &[]).map(drop)));
    assert!(large(own.execute("INSERT INTO t VALUES (?)", &[Value::Blob(vec![0; 2 << 20])]).map(drop)));
    assert!(large(own.batch("INSERT INTO t VALUES (?)", &vec![vec![Value::Null]; 10_001]).map(drop)));
    assert!(large(own.execute(&format!("SELECT '{}'", "x".repeat(70_000)), &[]).map(drop)));
    assert!(matches!(own.query("SELECT ?1", &[]), Err(GuestError::Invalid(said)) if said.contains("1 parameters")));
    assert!(own.query("SELECT * FROM t", &[]).unwrap().rows.is_empty());
}

#[test]
fn a_full_database_is_reported_and_stays_intact() {
    let folder = tempfile::tempdir().unwrap();
    let own = session(folder.path(), Database::Own, true);
    own.execute("CREATE TABLE t (a)", &[]).unwrap();
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40)
                INSERT INTO t SELECT zeroblob(1000000) FROM n";
    let mut said = None;
    for _ in 0..10 {
        said = own.execute(fill, &[]).err();
        if said.is_some() {
            break;
        }
    }
    assert!(matches!(said, Some(GuestError::Full(_))), "{said:?}");
    let rows = own.query("SELECT count(*) FROM t", &[]).unwrap().rows;
    assert_eq!(rows, [[Value::Integer(240)]], "the statement that did not fit was rolled back");
    drop(own);
    let bytes = std::fs::metadata(folder.path().join("plugins/x.db")).unwrap().len();
    assert!(bytes <= limits::quota(Database::Own), "{bytes}");
}

#[test]
fn a_failed_batch_is_rolled_back_and_names_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let own = session(folder.path(), Database::Own, true);
    own.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)", &[]).unwrap();
    let rows = |numbers: &[i64]| numbers.iter().map(|n| vec![Value::Integer(*n)]).collect::<Vec<_>>();
    assert_eq!(own.batch("INSERT INTO t VALUES (?)", &rows(&[1, 2, 3])), Ok(3));
    let Err(GuestError::Constraint(said)) = own.batch("INSERT INTO t VALUES (?)", &rows(&[4, 5, 1])) else { panic!() };
    assert!(said.starts_with("row 2: UNIQUE"), "{said}");
    assert_eq!(own.query("SELECT count(*) FROM t", &[]).unwrap().rows, [[Value::Integer(3)]]);
    assert_eq!(own.batch("INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING", &rows(&[3, 4])), Ok(1));
}

/// A session of this plugin on the catalog.
fn catalog_of(folder: &Path, plugin: &str) -> Session {
    let access = Access { writer: Some(plugin.to_owned()), ..access(folder, Database::Catalog, true) };
    Session::open(&access, &StopHandle::default()).unwrap()
}

const SAY: &str = "INSERT INTO put_track (source, said_at, service, id, title) VALUES (?1, ?2, 'x', ?3, ?3)";

#[test]
fn a_plugin_can_only_write_to_the_catalog_in_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let djay = catalog_of(folder.path(), "djay");
    let say = |source: Value, at: Value| djay.execute(SAY, &[source, at, text("a")]);
    for own in ["djay", "djay/backup"] {
        assert!(say(text(own), Value::Null).is_ok(), "{own}");
    }
    for other in ["spotify", "djay2", "djay-x", "DJAY", "library", "djay/", "", "x/djay", "djay\0", " djay"] {
        let refused = say(text(other), Value::Null);
        assert!(matches!(&refused, Err(error) if error.to_string().contains("djay/PART")), "{other}: {refused:?}");
    }
    assert!(say(Value::Null, Value::Null).is_err() && say(Value::Integer(1), Value::Null).is_err());
    for future in [Value::Integer(9_000_000_000_000), text("9999"), Value::Real(9e15)] {
        let refused = say(text("djay"), future);
        assert!(matches!(&refused, Err(error) if error.to_string().contains("future")), "{refused:?}");
    }
    let sources = djay.query("SELECT name, rank FROM sources ORDER BY 1", &[]).unwrap();
    assert_eq!(sources.rows.len(), 2, "{sources:?}");
    let batch = djay.batch(SAY, &[vec![text("djay"), Value::Null, text("b")], vec![text("x"), Value::Null, text("c")]]);
    assert!(batch.is_err());
    assert_eq!(djay.query("SELECT 1 FROM tracks", &[]).unwrap().rows.len(), 1, "the batch was rolled back");
    for away in
        ["DROP TRIGGER temp.put_track_source", "DROP TRIGGER put_track_source", "DELETE FROM temp.sqlite_schema"]
    {
        assert!(djay.execute(away, &[]).is_err(), "{away}");
    }
    assert!(say(text("spotify"), Value::Null).is_err());
}

#[test]
fn every_view_with_a_source_is_restricted() {
    let folder = tempfile::tempdir().unwrap();
    let djay = catalog_of(folder.path(), "djay");
    let views =
        djay.query("SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE 'put%'", &[]).unwrap().rows;
    assert!(views.len() >= 9, "{views:?}");
    for view in views {
        let Some(Value::Text(view)) = view.first() else { panic!("{view:?}") };
        let column = if view == "put_source" { "name" } else { "source" };
        let said = djay.execute(&format!("INSERT INTO {view} ({column}) VALUES ('spotify')"), &[]);
        assert!(matches!(&said, Err(error) if error.to_string().contains("djay/PART")), "{view}: {said:?}");
    }
}

#[test]
fn a_plugin_can_only_lower_the_rank_of_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let djay = catalog_of(folder.path(), "djay");
    let rank = |name: &str, rank: i64| {
        djay.execute("INSERT INTO put_source VALUES (?1, ?2)", &[text(name), Value::Integer(rank)])
    };
    assert!(rank("djay/backup", -1).is_ok() && rank("djay/backup", -1).is_ok());
    for (name, to) in [("djay", 0), ("djay", -1), ("djay/backup", -2), ("djay/x", 1), ("djay/x", -101), ("spotify", -5)]
    {
        assert!(rank(name, to).is_err(), "{name} {to}");
    }
    djay.execute(SAY, &[text("djay"), Value::Null, text("a")]).unwrap();
    let table = [("djay".to_owned(), 3), ("djay/backup".to_owned(), 5), ("eagle".to_owned(), 1)].into();
    let path = access(folder.path(), Database::Catalog, true).path;
    baton_catalog::rank(&path, &table).unwrap();
    baton_catalog::rank(&path, &table).unwrap();
    let now = djay.query("SELECT name || '|' || rank FROM sources ORDER BY 1", &[]).unwrap();
    let now: Vec<_> = now.rows.into_iter().flatten().collect();
    assert_eq!(now, ["djay/backup|5", "djay|3", "eagle|1"].map(|text| Value::Text(text.to_owned())));
    assert!(rank("djay/backup", -1).is_err(), "the operator's rank stays");
}
