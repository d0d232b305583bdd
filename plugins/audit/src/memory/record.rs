//! Records an audit: each plan when it is judged, and at the end the audit itself. From then on, the next audit compares
//! with these data, unless `settle` finds that the outcome was not recorded.

use baton_plugin_kit::host::ServiceError;
use baton_plugin_sdk::sql::Value;

use super::cells::{boolean, number, optional_number, optional_text, text_value};
use super::memory::{Memory, counts_text};
use crate::limits;
use crate::verify::{Counts, Facts, Folders, PreviousVerdict};

/// A plan to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRecord {
    /// Its name for readers.
    pub shown: String,
    /// A digest of everything that the report contains about it.
    pub digest: String,
    /// Its deliverables by status.
    pub counts: Counts,
    /// Its deliverables by path, each path once.
    pub rows: Vec<(String, PreviousVerdict)>,
}

/// An audit to record.
#[derive(Debug, Clone, Copy)]
pub struct AuditRecord<'a> {
    /// Time of the audit: `2026-01-18 10:15:00 UTC`.
    pub at: &'a str,
    /// True if all plans were audited.
    pub whole: bool,
    /// True if nothing changed since the last audit.
    pub quiet: bool,
    /// All recorded plans together.
    pub counts: Counts,
    /// The newest commit.
    pub head: Option<&'a str>,
    /// A digest of all other inputs.
    pub inputs: Option<&'a str>,
    /// Recorded plans that were deleted.
    pub gone: &'a [String],
}

/// An audit that is being recorded.
pub struct Record<'m, 'a> {
    memory: &'m Memory<'a>,
    audit: i64,
    next_plan: i64,
    plans: Vec<Vec<Value>>,
    rows: Vec<Vec<Value>>,
    wrote: bool,
}

impl<'m, 'a> Record<'m, 'a> {
    /// Starts the record, and discards rows that a killed run left.
    pub fn start(memory: &'m Memory<'a>) -> Result<Self, ServiceError> {
        let committed = Value::Integer(memory.committed);
        let left =
            memory.database.all("SELECT 1 FROM plans WHERE audit > ?1 LIMIT 1", std::slice::from_ref(&committed))?;
        if !left.is_empty() {
            let rows = "DELETE FROM plan_rows WHERE plan IN (SELECT id FROM plans WHERE audit > ?1)";
            for statement in [rows, "DELETE FROM plans WHERE audit > ?1"] {
                memory.database.write(statement, vec![vec![committed.clone()]])?;
            }
        }
        // Rows are written before their plan, so a killed run may have left rows without a plan.
        let newest =
            "SELECT max(coalesce((SELECT max(id) FROM plans), 0), coalesce((SELECT max(plan) FROM plan_rows), 0))";
        let newest = memory.database.all(newest, &[])?;
        let next_plan = newest.first().map_or(0, |row| super::cells::integer(row, 0)) + 1;
        let audit = memory.committed + 1;
        Ok(Self { memory, audit, next_plan, plans: Vec::new(), rows: Vec::new(), wrote: false })
    }

    /// Adds a plan whose rows differ from those of the last audit. It does not count before [`Record::finish`].
    pub fn plan(&mut self, plan: PlanRecord) -> Result<(), ServiceError> {
        let id = Value::Integer(self.next_plan);
        self.next_plan += 1;
        let (scope, audit) = (text_value(&self.memory.scope), Value::Integer(self.audit));
        let counts = Value::Text(counts_text(plan.counts));
        self.plans.push(vec![id.clone(), scope, Value::Text(plan.shown), audit, Value::Text(plan.digest), counts]);
        self.rows.extend(plan.rows.into_iter().map(|(path, kept)| row(id.clone(), path, &kept)));
        if self.rows.len() >= limits::MEMORY_BATCH || self.plans.len() >= limits::MEMORY_BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ServiceError> {
        let rows = std::mem::take(&mut self.rows);
        let plans = std::mem::take(&mut self.plans);
        self.wrote |= !plans.is_empty();
        let put_plan = "INSERT INTO plans (id, scope, plan, audit, digest, counts) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let put_row = "INSERT INTO plan_rows (plan, path, status, line, found, bytes, lines, sha256, commit_id,
            commit_title, commit_at, commit_open, removal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        for (statement, values) in [(put_plan, plans), (put_row, rows)] {
            for page in values.chunks(limits::MEMORY_BATCH) {
                self.memory.database.write(statement, page.to_vec())?;
            }
        }
        Ok(())
    }

    /// Writes the audit, so that everything that was added counts; then deletes obsolete data.
    ///
    /// # Errors
    /// If the database fails. Before the audit is in its table, the old data are valid; after that, the new data.
    pub fn finish(mut self, audit: &AuditRecord<'_>, facts: &Facts<'_>, folders: &Folders) -> Result<(), ServiceError> {
        self.gone(audit.gone);
        self.flush()?;
        self.memory.keep_facts(facts, audit.whole)?;
        if audit.whole {
            self.memory.keep_folders(folders)?;
        }
        let database = self.memory.database;
        let last = self.memory.last().filter(|_| audit.quiet && !self.wrote && audit.gone.is_empty());
        if let Some(last) = last {
            let statement = "UPDATE audits SET seen_at = ?2, head = ?3 WHERE id = ?1";
            let row = vec![Value::Integer(last.id), text_value(audit.at), optional_text(audit.head)];
            return Ok(database.write(statement, vec![row])?);
        }
        let statement = "INSERT INTO audits (id, scope, at, seen_at, whole, quiet, counts, head, inputs)
            VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = vec![
            Value::Integer(self.audit),
            text_value(&self.memory.scope),
            text_value(audit.at),
            boolean(audit.whole),
            boolean(audit.quiet),
            Value::Text(counts_text(audit.counts)),
            optional_text(audit.head),
            optional_text(audit.inputs),
        ];
        let pending = vec![text_value(&self.memory.scope), Value::Integer(self.audit), text_value(&self.memory.task)];
        database.write("INSERT OR REPLACE INTO pending (scope, audit, task) VALUES (?1, ?2, ?3)", vec![pending])?;
        database.write(statement, vec![values])?;
        self.delete_old_audits()
    }

    /// Adds a row without a digest for each deleted plan.
    fn gone(&mut self, gone: &[String]) {
        for plan in gone {
            let id = Value::Integer(self.next_plan);
            self.next_plan += 1;
            let (scope, audit) = (text_value(&self.memory.scope), Value::Integer(self.audit));
            self.plans.push(vec![id, scope, text_value(plan), audit, text_value(""), text_value("")]);
        }
    }

    /// Deletes audits beyond the limit. Rows that newer rows replace are deleted when this audit is settled.
    fn delete_old_audits(&self) -> Result<(), ServiceError> {
        let bound = "DELETE FROM audits WHERE scope = ?1 AND id IN
            (SELECT id FROM audits WHERE scope = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)";
        let most = Value::Integer(i64::try_from(limits::AUDITS_KEPT).unwrap_or_default());
        Ok(self.memory.database.write(bound, vec![vec![text_value(&self.memory.scope), most]])?)
    }
}

fn row(plan: Value, path: String, kept: &PreviousVerdict) -> Vec<Value> {
    let commit = kept.commit.as_ref();
    vec![
        plan,
        Value::Text(path),
        text_value(kept.status.word()),
        number(kept.line),
        optional_text(kept.found.as_deref()),
        optional_number(kept.bytes),
        optional_number(kept.lines),
        optional_text(kept.sha256.as_deref()),
        optional_text(commit.map(|commit| commit.id.as_str())),
        optional_text(commit.map(|commit| commit.title.as_str())),
        commit.map_or(Value::Null, |commit| Value::Integer(commit.at)),
        boolean(kept.commit_open),
        optional_text(kept.removal.as_deref()),
    ]
}
