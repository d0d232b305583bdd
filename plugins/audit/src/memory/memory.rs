//! Reads the data of earlier audits.
//!
//! A memory belongs to one scope, the audited folders. So an audit of a part of the tree is never compared with one of
//! the whole tree.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{ServiceError, Writable};
use baton_plugin_sdk::sql::Value;

use super::cells::{count, integer, text, text_or_empty};
use super::schema;
use super::settle::settle;
use crate::earlier_outcomes::EarlierOutcomes;
use crate::limits;
use crate::verify::{CommitLine, Counts, PreviousVerdict, PreviousVerdicts, Status};

/// The data of earlier audits of one scope.
pub struct Memory<'a> {
    pub(super) database: &'a dyn Writable,
    pub(super) scope: String,
    /// The id of the current task; empty if there is none.
    pub(super) task: String,
    /// The number of the last audit that was written completely, of any scope.
    pub(super) committed: i64,
    last: Option<LastAudit>,
    plans: BTreeMap<String, RecordedPlan>,
}

/// The last audit of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAudit {
    /// Its number.
    pub id: i64,
    /// Time of the audit: `2026-01-18 10:15:00 UTC`. An audit without changes gets no record: it updates this time in the
    /// last record.
    pub at: String,
    /// All recorded plans together.
    pub counts: Counts,
    /// The newest commit.
    pub head: Option<String>,
    /// A digest of all other inputs.
    pub inputs: Option<String>,
}

/// A plan at the last audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPlan {
    /// The id to which its rows refer.
    pub(super) id: i64,
    /// A digest of everything that the report contains about it.
    pub digest: String,
    /// Its deliverables by status.
    pub counts: Counts,
}

/// The completion at one audit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moment {
    /// Time of the audit: `2026-01-18 10:15:00 UTC`.
    pub at: String,
    /// All plans together.
    pub counts: Counts,
    /// The share of the expected deliverables that are done, in per cent; null if nothing could be verified.
    pub percent: Option<usize>,
}

impl<'a> Memory<'a> {
    /// Opens the memory of a scope; creates missing tables.
    ///
    /// # Errors
    /// If the database is not granted, fails, or was written by a newer version.
    pub fn open(database: &'a dyn Writable, scope: &str) -> Result<Self, ServiceError> {
        Self::open_by(database, scope, &EarlierOutcomes::default())
    }

    /// Like [`Memory::open`], for a task. Also discards the data of an audit whose outcome was not recorded.
    ///
    /// # Errors
    /// As [`Memory::open`].
    pub fn open_by(database: &'a dyn Writable, scope: &str, ended: &EarlierOutcomes<'_>) -> Result<Self, ServiceError> {
        schema::prepare(database)?;
        settle(database, scope, ended)?;
        let newest = database.all("SELECT max(id) FROM audits", &[])?;
        let committed = newest.first().map_or(0, |row| integer(row, 0));
        let (scope, task) = (scope.to_owned(), ended.task().to_owned());
        let mut memory = Self { database, scope, task, committed, last: None, plans: BTreeMap::new() };
        memory.last = memory.last_audit()?;
        if memory.last.is_some() {
            memory.plans = memory.kept_plans()?;
        }
        Ok(memory)
    }

    /// The last audit, if there was one.
    #[must_use]
    pub fn last(&self) -> Option<&LastAudit> {
        self.last.as_ref()
    }

    /// A plan at the last audit.
    #[must_use]
    pub fn plan(&self, shown: &str) -> Option<&RecordedPlan> {
        self.plans.get(shown)
    }

    /// All recorded plans, by name.
    pub fn plans(&self) -> impl Iterator<Item = (&str, &RecordedPlan)> {
        self.plans.iter().map(|(shown, plan)| (shown.as_str(), plan))
    }

    /// The plans that promise these files, or whose deliverables were found at these paths: file and plan, by file.
    pub fn naming(&self, files: &[String]) -> Result<Vec<(String, String)>, ServiceError> {
        let names: BTreeMap<i64, &str> = self.plans.iter().map(|(shown, plan)| (plan.id, shown.as_str())).collect();
        let list = Value::Text(serde_json::to_string(files).unwrap_or_default());
        let mut naming = Vec::new();
        for column in ["path", "found"] {
            let statement =
                format!("SELECT {column}, plan FROM plan_rows WHERE {column} IN (SELECT value FROM json_each(?1))");
            let rows = self.database.all(&statement, std::slice::from_ref(&list))?;
            let named =
                rows.iter().filter_map(|row| Some((text_or_empty(row, 0), (*names.get(&integer(row, 1))?).to_owned())));
            naming.extend(named);
        }
        naming.sort();
        naming.dedup();
        Ok(naming)
    }

    /// The deliverables of a plan at the last audit.
    pub fn before(&self, shown: &str) -> Result<PreviousVerdicts, ServiceError> {
        let mut before = PreviousVerdicts {
            known: self.last.is_some() && self.plans.contains_key(shown),
            ..PreviousVerdicts::default()
        };
        let Some(plan) = self.plans.get(shown) else { return Ok(before) };
        let statement =
            "SELECT path, status, line, found, bytes, lines, sha256, commit_id, commit_title, commit_at, commit_open,
            removal FROM plan_rows WHERE plan = ?1 AND path > ?2 ORDER BY path LIMIT ?3";
        self.pages(statement, &Value::Integer(plan.id), |row| {
            if let Some(kept) = kept(row) {
                before.rows.insert(text_or_empty(row, 0), kept);
            }
        })?;
        Ok(before)
    }

    /// The last audits with changes, oldest first.
    pub fn trend(&self) -> Result<Vec<Moment>, ServiceError> {
        let statement = "SELECT at, counts FROM audits WHERE scope = ?1 AND quiet = 0 ORDER BY id DESC LIMIT ?2";
        let most = Value::Integer(i64::try_from(limits::TREND).unwrap_or_default());
        let rows = self.database.all(statement, &[Value::Text(self.scope.clone()), most])?;
        let moment = |row: &Vec<Value>| {
            let counts = counts_of(&text_or_empty(row, 1));
            Moment { at: text_or_empty(row, 0), counts, percent: counts.percent() }
        };
        Ok(rows.iter().rev().map(moment).collect())
    }

    fn last_audit(&self) -> Result<Option<LastAudit>, ServiceError> {
        let statement =
            "SELECT id, seen_at, counts, head, inputs FROM audits WHERE scope = ?1 ORDER BY id DESC LIMIT 1";
        let rows = self.database.all(statement, &[Value::Text(self.scope.clone())])?;
        Ok(rows.first().map(|row| LastAudit {
            id: integer(row, 0),
            at: text_or_empty(row, 1),
            counts: counts_of(&text_or_empty(row, 2)),
            head: text(row, 3),
            inputs: text(row, 4),
        }))
    }

    fn kept_plans(&self) -> Result<BTreeMap<String, RecordedPlan>, ServiceError> {
        let statement = "SELECT plan, max(audit), id, digest, counts FROM plans
            WHERE scope = ?1 AND plan > ?2 AND audit <= ?4 GROUP BY plan ORDER BY plan LIMIT ?3";
        let mut plans = BTreeMap::new();
        self.pages(statement, &Value::Text(self.scope.clone()), |row| {
            let plan = RecordedPlan {
                id: integer(row, 2),
                digest: text_or_empty(row, 3),
                counts: counts_of(&text_or_empty(row, 4)),
            };
            plans.insert(text_or_empty(row, 0), plan);
        })?;
        // A deleted plan has a row without a digest until its audit is settled.
        plans.retain(|_, plan| !plan.digest.is_empty());
        Ok(plans)
    }

    /// Queries all rows page by page: `?1` is `of`, `?2` the first cell of the last row, `?3` the page size and `?4`
    /// the last audit that counts.
    pub(super) fn pages(
        &self,
        statement: &str,
        of: &Value,
        mut take: impl FnMut(&[Value]),
    ) -> Result<(), ServiceError> {
        let page = i64::try_from(limits::MEMORY_PAGE).unwrap_or_default();
        let mut after = String::new();
        loop {
            let mut parameters = vec![of.clone(), Value::Text(after), Value::Integer(page)];
            if statement.contains("?4") {
                parameters.push(Value::Integer(self.committed));
            }
            let rows = self.database.all(statement, &parameters)?;
            for row in &rows {
                take(row);
            }
            match rows.last() {
                Some(last) if rows.len() >= limits::MEMORY_PAGE => after = text_or_empty(last, 0),
                _ => return Ok(()),
            }
        }
    }
}

fn kept(row: &[Value]) -> Option<PreviousVerdict> {
    let commit = text(row, 7).map(|id| CommitLine { id, title: text_or_empty(row, 8), at: integer(row, 9) });
    Some(PreviousVerdict {
        status: Status::of_word(&text_or_empty(row, 1))?,
        line: count(row, 2).unwrap_or_default(),
        found: text(row, 3),
        bytes: count(row, 4),
        lines: count(row, 5),
        sha256: text(row, 6),
        commit,
        commit_open: integer(row, 10) != 0,
        removal: text(row, 11),
    })
}

/// Parses stored counts: `PRESENT:4 MISSING:1`. A status of another version of the audit is ignored.
fn counts_of(text: &str) -> Counts {
    let mut counts = Counts::default();
    for part in text.split(' ') {
        if let Some((word, number)) = part.split_once(':')
            && let (Some(status), Ok(number)) = (Status::of_word(word), number.parse())
        {
            counts.set(status, number);
        }
    }
    counts
}

/// The inverse of [`counts_of`].
pub(super) fn counts_text(counts: Counts) -> String {
    let parts = Status::ALL.into_iter().filter(|status| counts.get(*status) > 0);
    parts.map(|status| format!("{}:{}", status.word(), counts.get(status))).collect::<Vec<_>>().join(" ")
}
