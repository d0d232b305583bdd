//! The tables and their migrations.

use baton_plugin_kit::host::{ServiceError, Writable};
use baton_plugin_sdk::sql::Value;

use super::cells::integer;

/// The table with the number of completed migration steps.
const META: &str = "CREATE TABLE IF NOT EXISTS memory_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT";

/// All migration steps. Each step can be repeated, because a run may be killed before its completion is recorded.
const STEPS: [&[&str]; 7] = [FIRST, PENDING, CUT_OFF, REMOVAL, NO_FINDINGS, REQUESTS, LANGUAGES];

const FIRST: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS audits (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, at TEXT NOT NULL, seen_at TEXT NOT NULL, whole INTEGER NOT NULL,
        quiet INTEGER NOT NULL, counts TEXT NOT NULL, head TEXT, inputs TEXT) STRICT",
    "CREATE INDEX IF NOT EXISTS audits_scope ON audits (scope, id)",
    "CREATE TABLE IF NOT EXISTS plans (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, plan TEXT NOT NULL, audit INTEGER NOT NULL, digest TEXT NOT NULL,
        counts TEXT NOT NULL, UNIQUE (scope, plan, audit)) STRICT",
    "CREATE INDEX IF NOT EXISTS plans_audit ON plans (audit)",
    "CREATE TABLE IF NOT EXISTS plan_rows (
        plan INTEGER NOT NULL, path TEXT NOT NULL, status TEXT NOT NULL, line INTEGER NOT NULL, found TEXT, bytes INTEGER,
        lines INTEGER, sha256 TEXT, commit_id TEXT, commit_title TEXT, commit_at INTEGER, commit_open INTEGER NOT NULL,
        PRIMARY KEY (plan, path)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS facts (
        key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, changed_ns INTEGER NOT NULL, sha256 TEXT, lines INTEGER,
        blank INTEGER NOT NULL, whole INTEGER NOT NULL, stub TEXT, looked TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS folders (
        scope TEXT NOT NULL, path TEXT NOT NULL, changed_ns INTEGER NOT NULL, files INTEGER NOT NULL, junk TEXT NOT NULL,
        PRIMARY KEY (scope, path)) STRICT, WITHOUT ROWID",
];

/// The audit of a scope whose outcome is not confirmed yet.
const PENDING: &[&str] = &["CREATE TABLE IF NOT EXISTS pending (
    scope TEXT PRIMARY KEY, audit INTEGER NOT NULL, task TEXT NOT NULL) STRICT, WITHOUT ROWID"];

/// Earlier versions knew fewer languages, so the definitions that they found may be incomplete.
const LANGUAGES: &[&str] = &["DELETE FROM facts"];

/// Earlier versions read files of more than 64 KiB only partly, so their data about such files may be wrong.
const CUT_OFF: &[&str] =
    &["DELETE FROM facts WHERE bytes > 65536", "UPDATE plan_rows SET sha256 = NULL, lines = NULL WHERE bytes > 65536"];

/// Adding a column fails if the column exists: then [`prepare`] skips this step.
const REMOVAL: &[&str] = &["ALTER TABLE plan_rows ADD COLUMN removal TEXT"];

/// Earlier versions stored findings, which nothing read.
const NO_FINDINGS: &[&str] = &["DROP TABLE IF EXISTS findings"];

/// Requests, and the gaps that each one lists. Earlier versions sent one request for each gap, under the finding's id.
const REQUESTS: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS sent_requests (
        request TEXT PRIMARY KEY, plan TEXT NOT NULL, agent TEXT NOT NULL, state INTEGER NOT NULL, task TEXT NOT NULL,
        args TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS requested_gaps (
        finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, round INTEGER NOT NULL, request TEXT NOT NULL,
        closed_by TEXT) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS requests (
        finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, agent TEXT NOT NULL, round INTEGER NOT NULL,
        state INTEGER NOT NULL, task TEXT NOT NULL, args TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "INSERT OR IGNORE INTO sent_requests SELECT finding, plan, agent, state, task, args FROM requests",
    "INSERT OR IGNORE INTO requested_gaps
        SELECT finding, plan, path, round, finding, CASE state WHEN 2 THEN task END FROM requests",
    "DROP TABLE requests",
];

/// Creates the tables, or migrates them to the newest version.
///
/// # Errors
/// When the database fails, or was written by a newer version.
pub(crate) fn prepare(database: &dyn Writable) -> Result<(), ServiceError> {
    let known = database.all("SELECT 1 FROM sqlite_schema WHERE name = 'memory_version'", &[])?;
    if known.is_empty() {
        database.write(META, vec![Vec::new()])?;
    }
    let version = database.all("SELECT version FROM memory_version", &[])?;
    let taken = version.first().map_or(0, |row| integer(row, 0));
    let taken = usize::try_from(taken).unwrap_or_default();
    if taken > STEPS.len() {
        return Err(ServiceError::Unavailable(format!(
            "the audit's database has version {taken}, but this audit supports only {}: update the plugin",
            STEPS.len()
        )));
    }
    for (nth, step) in STEPS.iter().enumerate().skip(taken) {
        for statement in *step {
            if statement.starts_with("ALTER TABLE") && has_removal(database)? {
                continue;
            }
            database.write(statement, vec![Vec::new()])?;
        }
        let version = Value::Integer(i64::try_from(nth + 1).unwrap_or_default());
        database.write("INSERT OR REPLACE INTO memory_version (one, version) VALUES (1, ?1)", vec![vec![version]])?;
    }
    Ok(())
}

/// True if a killed run has already added the column `removal`.
fn has_removal(database: &dyn Writable) -> Result<bool, ServiceError> {
    let found = "SELECT 1 FROM sqlite_schema WHERE name = 'plan_rows' AND sql LIKE '%removal%'";
    Ok(!database.all(found, &[])?.is_empty())
}
