//! Builds a report from plans and verdicts, within a size limit.
//!
//! Everything is counted before rows are left out, so the counts are always those of the whole audit.

use std::collections::BTreeSet;

use super::artifact::Form;
use super::escape;
use super::findings::{self, Gap};
use super::gravest::{Gravest, more_findings};
use super::model::{
    Component, ExpectedSize, FieldLine, FolderLine, MentionLine, NOTHING_VERIFIED, PlanReport, ReferenceRow, Report,
    Row, SCHEMA, Stamp,
};
use super::parts::Parts;
use crate::count::count;
use crate::discover::Details;
use crate::ids::bounded;
use crate::limits;
use crate::plan::{Deliverable, Plan, Reference, Role, SizeAssertion, Tasks};
use crate::reader::DocumentWords;
use crate::remark::{NoteSeverity, Remark, key};
use crate::verify::{Counts, JudgedPlan, Status, UnrequestedFiles, Verdict};

/// A plan with the verdicts on it.
#[derive(Debug)]
pub struct Audited {
    /// Its name for readers.
    pub shown: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its content.
    pub plan: Plan,
    /// Its check boxes.
    pub tasks: Tasks,
    /// The verdicts on it.
    pub judged: JudgedPlan,
}

/// A report that is being built.
#[derive(Debug)]
pub struct Assembly {
    plans: Vec<PlanReport>,
    notes: Vec<Remark>,
    counts: Counts,
    unrequested: UnrequestedFiles,
    files: Vec<Details>,
    gaps: Gravest,
    /// The ids of the findings; each id belongs to one finding.
    ids: BTreeSet<String>,
    /// Number of findings that other parts of the audit left out.
    gaps_left_out: usize,
    /// The forms in which the report will be written.
    forms: Vec<Form>,
    /// The estimated bytes of all forms so far.
    bytes: usize,
    rows_left_out: usize,
    /// True if a deliverable or a claim could be looked up.
    verified: bool,
    /// True if another part of the audit has a finding of severity medium or high.
    flawed: bool,
}

impl Default for Assembly {
    fn default() -> Self {
        Self::of(&Form::DEFAULT)
    }
}

impl Assembly {
    /// Starts a report that will be written in these forms.
    #[must_use]
    pub fn of(forms: &[Form]) -> Self {
        Self {
            plans: Vec::new(),
            notes: Vec::new(),
            counts: Counts::default(),
            unrequested: UnrequestedFiles::default(),
            files: Vec::new(),
            gaps: Gravest::default(),
            ids: BTreeSet::new(),
            gaps_left_out: 0,
            forms: forms.to_vec(),
            bytes: 0,
            rows_left_out: 0,
            verified: false,
            flawed: false,
        }
    }

    /// Adds findings of other parts of the audit.
    pub fn findings(&mut self, findings: impl IntoIterator<Item = Gap>) {
        for finding in findings {
            self.flawed |= finding.weight >= NoteSeverity::Medium;
            self.gap(Gap { id: bounded(&finding.id), ..finding });
        }
    }

    /// Counts findings that other parts of the audit left out.
    pub fn left_out(&mut self, findings: usize) {
        self.gaps_left_out += findings;
    }

    /// Adds notes.
    pub fn notes(&mut self, notes: impl IntoIterator<Item = Remark>) {
        for note in notes {
            self.gap(Gap::of(&note));
            if self.notes.len() < limits::FINDINGS {
                self.notes.push(note);
            }
        }
    }

    /// Adds a plan.
    pub fn plan(&mut self, audited: Audited) {
        let Audited { shown, bytes, plan, mut tasks, judged: JudgedPlan { deliverables, references } } = audited;
        let phantoms = plan.deliverables.iter().zip(&deliverables);
        let phantoms = phantoms.filter(|(_, verdict)| matches!(verdict.status, Status::Phantom | Status::Removed));
        tasks.add_stale(phantoms.filter_map(|(deliverable, _)| deliverable.done_at));
        let counts = Counts::of(deliverables.iter().map(|verdict| verdict.status));
        self.counts.add(counts);
        if plan.left_out > 0 {
            let title =
                format!("{shown} names more than {} files; {} were left out", limits::NAMES_PER_PLAN, plan.left_out);
            self.notes([Remark::new(format!("{shown}:too-many-names"), NoteSeverity::Medium, title, "")]);
        }
        self.bytes += self.forms.iter().map(|form| form.size().plan).sum::<usize>();
        let mut components = components(&plan, &deliverables);
        if !self.fits(components.len() * self.row_bytes(0, 0)) {
            components.clear();
        }
        let mut rows = Vec::new();
        for (deliverable, verdict) in plan.deliverables.into_iter().zip(deliverables) {
            let row = row(deliverable, verdict);
            self.gaps_of(&shown, &row);
            if self.has_room(self.row_bytes(names(&row), rows.len())) {
                rows.push(row);
            }
        }
        let mut spoken = Vec::new();
        for (reference, verdict) in plan.references.into_iter().zip(references) {
            if self.has_room(self.row_bytes(reference.path.len(), spoken.len())) {
                spoken.push(reference_row(reference, verdict));
            }
        }
        let header = plan.header.into_iter().take(20);
        let header = header.map(|(name, value)| FieldLine { name: words(&name), value: words(&value) }).collect();
        self.plans.push(PlanReport {
            plan: shown,
            title: plan.title.as_deref().map(words),
            bytes,
            header,
            counts,
            completion_percent: counts.percent(),
            components,
            tasks,
            deliverables: rows,
            references: spoken,
            unverified: None,
        });
    }

    /// Adds the check boxes and paths of plans without a verifiable deliverable. `looked_up` has the documents of which at
    /// least one claim was looked up. If nothing of a plan could be verified, a finding reports it if the plan has ticked
    /// tasks, or if the whole audit could verify nothing.
    pub fn unverified(&mut self, plans: Vec<(String, DocumentWords)>, looked_up: &BTreeSet<String>) {
        self.verified = self.counts.expected() + self.counts.open > 0 || !looked_up.is_empty();
        for (shown, seen) in plans {
            let Some(nth) = self.plans.iter().position(|plan| plan.plan == shown) else { continue };
            let Some(plan) = self.plans.get_mut(nth) else { continue };
            let unverifiable = plan.counts.unverifiable;
            if looked_up.contains(&shown) || (seen.ticked == 0 && self.verified) {
                if unverifiable == 0 {
                    let title = format!("{shown} names no deliverable");
                    self.notes([Remark::new(key(&shown, "no-deliverables"), NoteSeverity::Info, title, "")]);
                }
                continue;
            }
            let why = match unverifiable {
                0 => "no promised file was recognised".to_owned(),
                number => format!("none of the {} that it names could be checked", count(number, "file")),
            };
            let title = format!("{shown}: nothing could be verified: {}, and {why}", seen.boxes_text());
            let weight = if seen.ticked > 0 { NoteSeverity::Medium } else { NoteSeverity::Info };
            let note = Remark::new(key(&shown, "nothing-verified"), weight, title, seen.evidence());
            plan.unverified = Some(seen);
            self.notes([note]);
        }
    }

    /// Adds the properties of the plans (owner, priority, …), the most important plans first.
    pub fn details(&mut self, details: Vec<Details>) {
        self.files = details;
    }

    /// Adds the unrequested files, with their findings.
    pub fn unrequested(&mut self, unrequested: UnrequestedFiles) {
        for gap in unrequested.gaps() {
            self.gap(gap);
        }
        self.unrequested = unrequested;
    }

    /// The report with its findings.
    #[must_use]
    pub fn finish(
        self,
        stamp: &Stamp,
        roots: Vec<String>,
        root_entries: usize,
        folders: Vec<FolderLine>,
        parts: Parts,
    ) -> Report {
        let room = limits::FINDINGS - usize::from(self.gaps_left_out > 0 || self.gaps.added() > limits::FINDINGS);
        let (mut findings, left_out) = self.gaps.finish(room);
        let left_out = left_out + self.gaps_left_out;
        if left_out > 0 {
            findings.push(more_findings(left_out));
        }
        let whole = self.notes.iter().all(|note| note.weight == NoteSeverity::Info);
        let clean = self.counts.done() == self.counts.expected() && whole && !self.flawed && left_out == 0;
        let status = match clean {
            _ if !self.plans.is_empty() && !self.verified && self.counts.expected() == 0 => NOTHING_VERIFIED,
            true => "COMPLETE - SUCCESS",
            false => "AUDIT COMPLETE - PARTIAL",
        };
        Report {
            schema: SCHEMA,
            report_id: format!("PLANS-AUDIT-{}", stamp.compact.replace('_', "-")),
            executed_at: stamp.long.clone(),
            agent: concat!("audit ", env!("CARGO_PKG_VERSION")).to_owned(),
            status,
            roots,
            root_entries,
            plans_folders: folders,
            counts: self.counts,
            completion_percent: self.counts.percent(),
            plans: self.plans,
            unrequested: self.unrequested,
            plan_files: self.files,
            notes: self.notes,
            rows_left_out: self.rows_left_out,
            plans_left_out: 0,
            findings,
            parts,
        }
    }

    /// The estimated bytes of a row in all forms. `names` is the number of bytes of its names. `rows` is the number of rows
    /// before it, because the forms for people do not contain rows beyond the limits of lists.
    fn row_bytes(&self, names: usize, rows: usize) -> usize {
        let listed = rows < limits::LISTED && self.plans.len() < limits::LISTED_PLANS;
        let forms = self.forms.iter().filter(|form| listed || !form.is_cut());
        forms.map(|form| form.size()).map(|size| size.row + size.repeats * names).sum()
    }

    /// True if a row of this size fits; otherwise it is counted as left out.
    fn has_room(&mut self, bytes: usize) -> bool {
        let fits = self.fits(bytes);
        self.rows_left_out += usize::from(!fits);
        fits
    }

    /// Reserves a number of bytes; false if they do not fit.
    fn fits(&mut self, bytes: usize) -> bool {
        let fits = self.bytes.saturating_add(bytes) <= limits::REPORT_BYTES;
        self.bytes += if fits { bytes } else { 0 };
        fits
    }

    fn gaps_of(&mut self, plan: &str, row: &Row) {
        let Some(weight) = findings::weight(row.status) else { return };
        let line = row.promise().map_or(1, |mention| mention.line);
        let mut evidence = vec![format!("{plan}:{line}")];
        evidence.extend(row.found.as_ref().map(|found| format!("found: {found}")));
        evidence.extend(row.bytes.map(|bytes| count(bytes, "byte")));
        evidence.extend(row.remarks.iter().cloned());
        evidence.extend(row.claimed.status.as_ref().map(|status| format!("the plan says: {status}")));
        let title = format!("{}: {} ({plan})", row.status.word(), row.path);
        let gap = Gap::new("", weight, &title, &evidence.join("; ")).at(plan, line);
        self.gap(Gap { id: findings::id(plan, &row.path, row.status), ..gap });
    }

    fn gap(&mut self, mut gap: Gap) {
        if self.ids.contains(&gap.id) {
            if self.gaps.contains(&gap) {
                return;
            }
            gap.id = self.next_id(&gap.id);
        }
        let id = gap.id.clone();
        if self.gaps.add(gap) {
            self.ids.insert(id);
        }
    }

    /// A free id for another finding of the same kind about the same subject: `id` with the first unused number.
    fn next_id(&self, id: &str) -> String {
        let numbered = (2..).map(|number: usize| bounded(&format!("{id}-{number}")));
        let mut free = numbered.filter(|id| !self.ids.contains(id));
        free.next().unwrap_or_default()
    }
}

/// Words of a plan, shortened for the report.
fn words(text: &str) -> String {
    escape::line(text, limits::WORDS_BYTES)
}

/// The number of bytes of a row's names and remarks.
fn names(row: &Row) -> usize {
    let claimed = row.claimed.symbols.iter().map(String::len).sum::<usize>();
    let remarks = row.remarks.iter().map(String::len).sum::<usize>();
    let found = row.found.as_ref().map_or(0, String::len);
    row.path.len() + found + claimed + remarks
}

fn components(plan: &Plan, verdicts: &[Verdict]) -> Vec<Component> {
    let mut components: Vec<Component> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (deliverable, verdict) in plan.deliverables.iter().zip(verdicts) {
        let name = component_name(deliverable);
        let at = *places.entry(name.clone()).or_insert_with(|| {
            components.push(Component { name, counts: Counts::default() });
            components.len() - 1
        });
        if let Some(component) = components.get_mut(at) {
            component.counts.add(Counts::of([verdict.status]));
        }
    }
    // If a plan has a section for each file, the table of components would be as long as the list of deliverables.
    components.truncate(200);
    components
}

fn component_name(deliverable: &Deliverable) -> String {
    deliverable
        .component
        .as_deref()
        .map(words)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "(no section)".to_owned())
}

fn row(deliverable: Deliverable, verdict: Verdict) -> Row {
    let component = component_name(&deliverable);
    let shown = |claim: Option<SizeAssertion>| claim.map(SizeAssertion::shown);
    Row {
        path: deliverable.path,
        component,
        status: verdict.status,
        found: verdict.found,
        bytes: verdict.bytes,
        lines: verdict.lines,
        sha256: verdict.sha256,
        symbols: verdict.symbols,
        commit: verdict.commit,
        claimed: ExpectedSize {
            bytes: shown(deliverable.bytes),
            lines: shown(deliverable.lines),
            symbols: deliverable.symbols,
            status: deliverable.status.as_deref().map(words),
        },
        mentions: deliverable
            .mentions
            .into_iter()
            .map(|mention| MentionLine {
                line: mention.line,
                form: mention.form.name(),
                promised: mention.role == Role::Deliverable,
            })
            .collect(),
        remarks: verdict.remarks,
    }
}

fn reference_row(reference: Reference, verdict: Verdict) -> ReferenceRow {
    ReferenceRow { path: reference.path, line: reference.line, status: verdict.status, found: verdict.found }
}
