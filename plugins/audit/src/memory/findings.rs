//! The open findings with their dates, and the findings that an audit closed.

use std::collections::BTreeMap;

use baton_plugin_kit::host::ServiceError;
use baton_plugin_sdk::sql::Value;
use serde::Serialize;

use super::cells::{string, text, words};
use super::memory::Memory;
use crate::limits;
use crate::report::Gap;

/// A finding as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingState {
    /// Its id.
    pub id: String,
    /// `INFO`, `LOW`, `MEDIUM` or `HIGH`.
    pub weight: String,
    /// Its title.
    pub title: String,
    /// The audit that saw it first, or first again: `2026-01-18 10:15:00 UTC`.
    pub opened_at: String,
    /// The audit that did not see it any more; absent while it is open.
    pub closed_at: Option<String>,
}

/// What an audit did to the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Turnover {
    /// New ones.
    pub opened: Vec<FindingState>,
    /// Seen before and again.
    pub still: Vec<FindingState>,
    /// Seen before and not any more.
    pub closed: Vec<FindingState>,
}

/// Holds the findings of an audit against those that were open. `concerned` says of an id whether this audit looked for it
/// at all; `complete` is false when the audit lists only a part of its findings, so that nothing is closed for not being
/// listed.
#[must_use]
pub fn turnover(
    open: Vec<FindingState>,
    gaps: &[Gap],
    at: &str,
    complete: bool,
    concerned: &dyn Fn(&str) -> bool,
) -> Turnover {
    let mut before: BTreeMap<String, FindingState> =
        open.into_iter().map(|finding| (finding.id.clone(), finding)).collect();
    let mut turnover = Turnover::default();
    let mut seen = std::collections::BTreeSet::new();
    for gap in gaps.iter().filter(|gap| seen.insert(gap.id.as_str())) {
        match before.remove(&gap.id) {
            Some(known) => turnover.still.push(known),
            None => turnover.opened.push(FindingState {
                id: gap.id.clone(),
                weight: gap.weight.word().to_owned(),
                title: gap.title.clone(),
                opened_at: at.to_owned(),
                closed_at: None,
            }),
        }
    }
    for (id, finding) in before {
        if complete && concerned(&id) {
            turnover.closed.push(FindingState { closed_at: Some(at.to_owned()), ..finding });
        }
    }
    turnover
}

impl Memory<'_> {
    /// The findings that are open.
    pub fn open_findings(&self) -> Result<Vec<FindingState>, ServiceError> {
        let statement = "SELECT id, weight, title, opened_at, closed_at FROM findings
            WHERE scope = ?1 AND id > ?2 AND closed_at IS NULL ORDER BY id LIMIT ?3";
        let mut findings = Vec::new();
        self.pages(statement, &Value::Text(self.scope.clone()), |row| {
            findings.push(FindingState {
                id: words(row, 0),
                weight: words(row, 1),
                title: words(row, 2),
                opened_at: words(row, 3),
                closed_at: text(row, 4),
            });
        })?;
        Ok(findings)
    }

    /// Keeps what an audit did to the findings. Of closed ones only the newest are kept.
    pub fn keep_findings(&self, turnover: &Turnover) -> Result<(), ServiceError> {
        let put = "INSERT OR REPLACE INTO findings (scope, id, weight, title, opened_at, closed_at)
            VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
        let opened = turnover.opened.iter().map(|finding| {
            let FindingState { id, weight, title, opened_at, .. } = finding;
            vec![string(&self.scope), string(id), string(weight), string(title), string(opened_at)]
        });
        let close = "UPDATE findings SET closed_at = ?3 WHERE scope = ?1 AND id = ?2";
        let closed = turnover.closed.iter().map(|finding| {
            let at = finding.closed_at.as_deref().map_or(Value::Null, string);
            vec![string(&self.scope), string(&finding.id), at]
        });
        let (opened, closed): (Vec<_>, Vec<_>) = (opened.collect(), closed.collect());
        let any = !closed.is_empty();
        for (statement, rows) in [(put, opened), (close, closed)] {
            for page in rows.chunks(limits::MEMORY_BATCH) {
                self.database.write(statement, page.to_vec())?;
            }
        }
        if any {
            let bound = "DELETE FROM findings WHERE scope = ?1 AND id IN (SELECT id FROM findings WHERE scope = ?1
                AND closed_at IS NOT NULL ORDER BY closed_at DESC, id LIMIT -1 OFFSET ?2)";
            let most = Value::Integer(i64::try_from(limits::CLOSED_FINDINGS).unwrap_or_default());
            self.database.write(bound, vec![vec![string(&self.scope), most]])?;
        }
        Ok(())
    }
}
