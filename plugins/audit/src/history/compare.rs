//! Compares one plan after another with the recorded data, and records the new data.
//!
//! Only the rows of one plan are in memory at a time. If the database fails, the audit continues without recording. The
//! report has the reason, and the next audit compares with the last recorded audit.

use std::collections::BTreeSet;

use baton_plugin_kit::host::ServiceError;
use sha2::{Digest, Sha256};

use super::model::{Change, Completion, History, PlanChange, PlanCompletion};
use crate::count::count;
use crate::limits;
use crate::memory::{AuditRecord, Memory, Moment, PlanRecord, Record};
use crate::plan::{Deliverable, Plan, Tasks};
use crate::verify::{Counts, Facts, Folders, JudgedPlan, PreviousVerdict, PreviousVerdicts, Verdict, hex};

/// A comparison in progress.
pub struct Comparison<'m, 'a> {
    memory: Option<&'m Memory<'a>>,
    record: Option<Record<'m, 'a>>,
    refused: Option<ServiceError>,
    history: History,
    /// The plans of this audit.
    seen: BTreeSet<String>,
    counts: Counts,
    same: bool,
}

/// The data of the whole audit, for [`Comparison::finish`].
#[derive(Debug, Clone, Copy)]
pub struct AuditSummary<'c> {
    /// Time of the audit: `2026-01-18 10:15:00 UTC`.
    pub at: &'c str,
    /// True if all plans were audited.
    pub whole: bool,
    /// The newest commit.
    pub head: Option<&'c str>,
    /// A digest of all inputs of the report except plans; `None` if this audit did not read them.
    pub inputs: Option<&'c str>,
}

impl<'m, 'a> Comparison<'m, 'a> {
    /// Starts a comparison. Without a memory no earlier audit is known, and nothing is recorded.
    #[must_use]
    pub fn new(memory: Option<&'m Memory<'a>>) -> Self {
        let (record, refused) = match memory.map(Record::start) {
            None => (None, None),
            Some(Ok(record)) => (Some(record), None),
            Some(Err(refused)) => (None, Some(refused)),
        };
        let last = memory.and_then(Memory::last);
        let history = History {
            last_at: last.map(|last| last.at.clone()),
            before: last.map(|last| Completion::of(last.counts)),
            ..History::default()
        };
        let same = last.is_some();
        Self { memory, record, refused, history, seen: BTreeSet::new(), counts: Counts::default(), same }
    }

    /// The results of the last audit for a plan.
    pub fn before(&mut self, shown: &str) -> PreviousVerdicts {
        match self.memory.map(|memory| memory.before(shown)) {
            None => PreviousVerdicts::default(),
            Some(Ok(before)) => before,
            Some(Err(refused)) => {
                self.fail(refused);
                PreviousVerdicts::default()
            }
        }
    }

    /// Adds a plan that could not be read. Its recorded data are kept.
    pub fn unread(&mut self, shown: &str) {
        if let Some(known) = self.memory.and_then(|memory| memory.plan(shown)) {
            self.counts.add(known.counts);
        }
        self.seen.insert(shown.to_owned());
    }

    /// The error of the memory, if it failed.
    #[must_use]
    pub fn refused(&self) -> Option<&ServiceError> {
        self.refused.as_ref()
    }

    /// Adds a plan. `before` is the value of [`Comparison::before`]; `open` is the result of
    /// [`crate::verify::Commits::add`], and may be empty.
    pub fn plan(
        &mut self,
        shown: &str,
        plan: &Plan,
        tasks: &Tasks,
        judged: &JudgedPlan,
        open: &[bool],
        before: &PreviousVerdicts,
    ) {
        let counts = Counts::of(judged.deliverables.iter().map(|verdict| verdict.status));
        self.counts.add(counts);
        self.seen.insert(shown.to_owned());
        let digest = digest(plan, tasks, judged);
        let known = self.memory.and_then(|memory| memory.plan(shown));
        let same = known.is_some_and(|known| known.digest == digest);
        if !same {
            self.same = false;
            if self.history.last_at.is_some() {
                let before = known.map(|known| Completion::of(known.counts));
                self.history.plans.push(PlanChange {
                    plan: shown.to_owned(),
                    before,
                    after: Some(Completion::of(counts)),
                });
            }
            self.rows(shown, plan, judged, before);
        }
        let open = |at: usize| open.get(at).copied().unwrap_or(false);
        let rows = plan.deliverables.iter().zip(&judged.deliverables).enumerate();
        let rows: Vec<(String, PreviousVerdict)> = rows
            .map(|(at, (item, verdict))| (item.path.clone(), kept(item, verdict, open(at), before.row(&item.path))))
            .collect();
        let kept =
            same && rows.len() == before.rows.len() && rows.iter().all(|(path, row)| before.row(path) == Some(row));
        if let (false, Some(record)) = (kept, &mut self.record)
            && let Err(refused) = record.plan(PlanRecord { shown: shown.to_owned(), digest, counts, rows })
        {
            self.fail(refused);
        }
    }

    /// Ends the comparison and records the audit. The second value is the error if it could not be recorded.
    #[must_use]
    pub fn finish(
        mut self,
        closing: &AuditSummary<'_>,
        facts: &Facts<'_>,
        folders: &Folders,
    ) -> (History, Option<ServiceError>) {
        let (others, gone) = self.others(closing.whole);
        for (plan, counts) in &gone {
            self.same = false;
            let before = Some(Completion::of(*counts));
            self.history.plans.push(PlanChange { plan: plan.clone(), before, after: None });
        }
        self.history.plans.sort_by(|left, right| left.plan.cmp(&right.plan));
        let mut counts = self.counts;
        counts.add(others);
        self.history.after = Completion::of(counts);
        let last = self.memory.and_then(Memory::last);
        let inputs = closing.inputs.or_else(|| last.and_then(|last| last.inputs.as_deref()));
        let unchanged = self.same && last.is_some_and(|last| last.inputs.as_deref() == inputs);
        self.history.unchanged = unchanged;
        self.trend(closing.at, counts, unchanged);
        let gone: Vec<String> = gone.into_iter().map(|(plan, _)| plan).collect();
        let audit = AuditRecord {
            at: closing.at,
            whole: closing.whole,
            quiet: unchanged,
            counts,
            head: closing.head.or_else(|| last.and_then(|last| last.head.as_deref())),
            inputs,
            gone: &gone,
        };
        if let Some(record) = self.record.take()
            && let Err(refused) = record.finish(&audit, facts, folders)
        {
            self.fail(refused);
        }
        (self.history, self.refused)
    }

    /// The recorded data of plans that this audit did not read: plans left out, or deleted plans if all plans were
    /// audited.
    fn others(&mut self, whole: bool) -> (Counts, Vec<(String, Counts)>) {
        let (mut others, mut gone) = (Counts::default(), Vec::new());
        let history = &mut self.history;
        for (shown, plan) in self.memory.into_iter().flat_map(Memory::plans) {
            if self.seen.contains(shown) {
                continue;
            }
            if whole {
                gone.push((shown.to_owned(), plan.counts));
            } else {
                others.add(plan.counts);
                history.others_count += 1;
                if history.others.len() < limits::ROWS {
                    let standing = Completion::of(plan.counts);
                    history.others.push(PlanCompletion { plan: shown.to_owned(), standing });
                }
            }
        }
        (others, gone)
    }

    /// The earlier audits and this one, unless it equals the last one.
    fn trend(&mut self, at: &str, counts: Counts, unchanged: bool) {
        let past = match self.memory.map(Memory::trend) {
            None => Vec::new(),
            Some(Ok(past)) => past,
            Some(Err(refused)) => {
                self.fail(refused);
                Vec::new()
            }
        };
        self.history.trend = past;
        if !unchanged {
            self.history.trend.push(Moment { at: at.to_owned(), counts, percent: counts.percent() });
        }
        let more = self.history.trend.len().saturating_sub(limits::TREND);
        self.history.trend.drain(..more);
    }

    /// Adds the differences of a known plan.
    fn rows(&mut self, shown: &str, plan: &Plan, judged: &JudgedPlan, before: &PreviousVerdicts) {
        if !before.known {
            return;
        }
        let mut promised = BTreeSet::new();
        for (item, verdict) in plan.deliverables.iter().zip(&judged.deliverables) {
            promised.insert(item.path.as_str());
            let kept = before.row(&item.path);
            let detail = kept.map(|kept| detail(kept, verdict)).unwrap_or_default();
            self.change(Change {
                plan: shown.to_owned(),
                line: item.line() as u64,
                path: item.path.clone(),
                before: kept.map(|kept| kept.status),
                after: Some(verdict.status),
                detail,
            });
        }
        let mut gone: Vec<(&String, &PreviousVerdict)> =
            before.rows.iter().filter(|(path, _)| !promised.contains(path.as_str())).collect();
        gone.sort_by_key(|(path, kept)| (kept.line, *path));
        for (path, kept) in gone {
            self.change(Change {
                plan: shown.to_owned(),
                line: kept.line,
                path: path.clone(),
                before: Some(kept.status),
                after: None,
                detail: String::new(),
            });
        }
    }

    fn change(&mut self, change: Change) {
        let history = &mut self.history;
        let list = match (change.before, change.after) {
            (Some(before), Some(after)) if before.is_done() && !after.is_done() => &mut history.regressions,
            (Some(before), Some(after)) if !before.is_done() && after.is_done() => &mut history.progress,
            (Some(before), Some(after)) if before == after && change.detail.is_empty() => return,
            (Some(_), Some(_)) => &mut history.changed,
            (None, _) => &mut history.new,
            (_, None) => &mut history.gone,
        };
        if list.len() < limits::CHANGES {
            list.push(change);
        } else {
            history.left_out += 1;
        }
    }

    fn fail(&mut self, refused: ServiceError) {
        self.record = None;
        self.refused.get_or_insert(refused);
    }
}

/// The details of a deliverable that is still promised.
fn detail(before: &PreviousVerdict, now: &Verdict) -> String {
    let mut detail = Vec::new();
    if let (Some(old), Some(new)) = (&before.found, &now.found)
        && old != new
    {
        detail.push(format!("found at {old} before"));
    }
    if let (Some(old), Some(new)) = (&before.sha256, &now.sha256)
        && old != new
    {
        detail.push(match (before.bytes, now.bytes) {
            (Some(old), Some(new)) if old != new => format!("other content: {} before, {new} now", count(old, "byte")),
            _ => "other content of the same size".to_owned(),
        });
    }
    detail.join("; ")
}

fn kept(item: &Deliverable, verdict: &Verdict, open: bool, before: Option<&PreviousVerdict>) -> PreviousVerdict {
    let earlier = before.and_then(|kept| kept.sha256.as_ref()).filter(|_| verdict.found.is_none());
    PreviousVerdict {
        status: verdict.status,
        line: item.line() as u64,
        found: verdict.found.clone(),
        bytes: verdict.bytes,
        lines: verdict.lines,
        // A missing file keeps its last digest, so that a later audit recognises it with certainty at another path.
        sha256: verdict.sha256.as_ref().or(earlier).cloned(),
        commit: verdict.commit.clone(),
        removal: verdict.removal.clone(),
        commit_open: open,
    }
}

/// A digest of everything that the report contains about a plan, except commits.
fn digest(plan: &Plan, tasks: &Tasks, judged: &JudgedPlan) -> String {
    let mut book = SectionHasher(Sha256::new());
    book.text(plan.title.as_deref().unwrap_or_default());
    for (name, value) in &plan.header {
        book.text(name).text(value);
    }
    for (item, verdict) in plan.deliverables.iter().zip(&judged.deliverables) {
        book.text(&item.path).number(item.line() as u64).text(item.component.as_deref().unwrap_or_default());
        book.text(item.status.as_deref().unwrap_or_default())
            .verdict(verdict)
            .number(verdict.bytes.unwrap_or_default());
    }
    book.text("tasks").number(tasks.boxes.len() as u64);
    for ticked in &tasks.boxes {
        book.number(u64::from(*ticked));
    }
    book.text("references");
    for (item, verdict) in plan.references.iter().zip(&judged.references) {
        book.text(&item.path).number(item.line as u64).verdict(verdict);
    }
    hex(&book.0.finalize())
}

/// A hasher that separates its inputs.
struct SectionHasher(Sha256);

impl SectionHasher {
    fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.0.update(text);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(number.to_le_bytes());
        self
    }

    fn verdict(&mut self, verdict: &Verdict) -> &mut Self {
        self.text(verdict.status.word()).text(verdict.found.as_deref().unwrap_or_default());
        self.text(verdict.sha256.as_deref().unwrap_or_default());
        for remark in &verdict.remarks {
            self.text(remark);
        }
        self
    }
}

/// One digest of all inputs of a report except plans, for [`AuditSummary::inputs`].
#[must_use]
pub fn inputs_digest<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut book = SectionHasher(Sha256::new());
    for part in parts {
        book.text(part);
    }
    hex(&book.0.finalize())
}
