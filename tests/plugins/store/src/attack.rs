//! Attacks on a database. A successful attack is a line that begins with `OPEN`.

use baton_plugin_sdk::Outcome;
use baton_plugin_sdk::sql::{self, Database, Error, Value};

const OWN: [&str; 16] = [
    "ATTACH '{outside}/attached.db' AS other",
    "ATTACH '../ledger.db' AS ledger",
    "VACUUM INTO '{outside}/vacuumed.db'",
    "VACUUM",
    "DETACH main",
    "PRAGMA max_page_count = 99999999",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA writable_schema = ON",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "SELECT load_extension('libc.so.6')",
    "SELECT fts3_tokenizer('simple')",
    "CREATE TEMP TABLE t (a)",
    "CREATE VIRTUAL TABLE d USING dbstat",
    "BEGIN EXCLUSIVE",
    "UPDATE sqlite_schema SET sql = ''",
    "INSERT INTO victim VALUES (2); DROP TABLE victim",
];

const CATALOG: [&str; 6] = [
    "DROP TABLE tracks",
    "DELETE FROM tracks",
    "UPDATE facts SET value = 'x'",
    "CREATE TABLE mine (a)",
    "CREATE TRIGGER t AFTER INSERT ON tracks BEGIN DELETE FROM plays; END",
    "INSERT INTO search (search) VALUES ('delete-all')",
];

/// Results and values above the limits.
const LARGE: [&str; 3] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "SELECT zeroblob(1000000000)",
    "SELECT printf('%.*c', 900000000, 'x')",
];

/// Tries all attacks, including writes to files in the folder `outside`.
pub(crate) fn databases(outside: &str) -> Outcome {
    let own = sql::own();
    let mut report = Vec::new();
    for prepare in ["CREATE TABLE IF NOT EXISTS victim (a)", "DELETE FROM victim", "INSERT INTO victim VALUES (1)"] {
        report.extend(own.execute(prepare, &[]).err().map(|error| format!("OPEN: {prepare}: {error:?}\n")));
    }
    report.extend(OWN.iter().map(|statement| tried(own, &statement.replace("{outside}", outside))));
    report.extend(CATALOG.iter().map(|statement| tried(sql::catalog(), statement)));
    report.extend(LARGE.iter().map(|statement| tried(own, statement)));
    // An injection is stored as text.
    let injected = own.query("SELECT a FROM victim WHERE a = ?1", &["1' OR '1'='1".into()]);
    let matched = injected.map(|table| table.rows.len());
    report.push(if matched == Ok(0) { "refused: injection\n".to_owned() } else { format!("OPEN: {matched:?}\n") });
    // Allowed operations must succeed, so that the refusals above are significant.
    let allowed = own.query("SELECT a FROM victim", &[]).map(|table| table.rows);
    report.push(format!("allowed: {}\n", allowed == Ok(vec![vec![Value::Integer(1)]])));
    Outcome::new(format!("Tried {} ways out.", report.len() - 1)).with_artifact(
        "attack.txt",
        "text/plain",
        report.concat(),
    )
}

fn tried(database: Database, statement: &str) -> String {
    match (database.execute(statement, &[]), database.query(statement, &[])) {
        (Err(error), Err(_)) => format!("refused: {statement}: {}\n", said(&error)),
        // `execute` only opens a query, so only `query` reports that the result is too large.
        (Ok(_), Err(Error::TooLarge(text))) => format!("refused: {statement}: too large: {text}\n"),
        (executed, queried) => format!("OPEN: {statement}: {executed:?} {:?}\n", queried.map(|table| table.rows.len())),
    }
}

fn said(error: &Error) -> String {
    match error {
        Error::Denied(text) => format!("denied: {text}"),
        Error::Constraint(text) => format!("constraint: {text}"),
        Error::Busy(text) => format!("busy: {text}"),
        Error::TooLarge(text) => format!("too large: {text}"),
        Error::Timeout(text) => format!("timeout: {text}"),
        Error::Full(text) => format!("full: {text}"),
        Error::Invalid(text) => format!("invalid: {text}"),
        Error::Failed(text) => format!("failed: {text}"),
    }
}
