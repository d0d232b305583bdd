//! Audits plans: reads and judges them, compares the results with the last audit and with the assertions of documents, sends
//! requests for gaps, and writes the report. It reports progress and can be cancelled between plans.

use std::path::Path;

use baton_plugin_kit::host::{SeenFile, ServiceError};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Task};

use super::earlier::EarlierAudits;
use super::issues;
use super::narrow::narrow;
use super::outcome::{outcome, unwritten};
use super::pieces;
use super::returns;
use super::stated;
use super::wanted;
use crate::assertions;
use crate::discover::{self, Discovery, PlanFile};
use crate::follow;
use crate::history::{AuditSummary, Comparison, History, inputs_digest};
use crate::index::Index;
use crate::limits;
use crate::memory::Memory;
use crate::reader;
use crate::remark::{NoteSeverity, Remark};
use crate::report::{self, Assembly, Audited, FolderLine, Part, Parts, Report};
use crate::request::{Request, Span};
use crate::services::HostServices;
use crate::verify::{
    Commits, Enumerations, FactStore, Facts, Folders, IgnoredNames, Judge, RequestedEntries, Status, UnrequestedFiles,
    unrequested,
};

/// Runs an audit.
///
/// # Errors
/// As [`super::run`].
pub(super) fn audit(task: &Task, services: &HostServices<'_>) -> Result<Outcome, Error> {
    let mut request = Request::of(task)?;
    if let Some(paths) = request.gone {
        return Ok(Outcome::new(format!("Nothing to audit: none of the {paths} changed plans exists any more.")));
    }
    let earlier = EarlierAudits::open(services, &request);
    returns::check_disputed(services, &request.roots);
    if request.plans.plans.is_empty() {
        earlier.forget(services, &request);
        pieces::follow(services, &request, &earlier.ended, &[], &[]);
        return no_plans(&request);
    }
    narrow(&mut request, earlier.memory.as_ref(), task);
    over(&request, services, &earlier, "", None)
}

/// The assertions of a document.
pub(super) type PlanAssertions = (assertions::CheckedDocument, Vec<assertions::Assertion>);

/// Audits the requested plans. The summary starts with `head`; the assertions of a RETURN are checked together with those of the
/// plans.
///
/// # Errors
/// As [`super::run`].
pub(super) fn over(
    request: &Request,
    services: &HostServices<'_>,
    earlier: &EarlierAudits<'_>,
    head: &str,
    returned: Option<PlanAssertions>,
) -> Result<Outcome, Error> {
    services.progress.report(0, "Indexing the audited folder");
    let mut index = Index::build(request.roots.clone());
    index.set_apart(request.own_folders(&index));
    let index = index;
    if request.span == Span::Whole {
        earlier.forget(services, request);
    }
    let reports = request.find_reports(&index)?;
    let mut run = Run::new(request, services, &index, earlier.memory.as_ref());
    run.assembly.notes(earlier.refused.as_ref().map(no_memory));
    run.claimed.extend(returned);
    run.plans()?;
    run.reports(reports)?;
    let read = run.close();
    finish(read, request, services, &index, earlier, head)
}

fn no_memory(refused: &ServiceError) -> Remark {
    let title = format!("earlier audits are not remembered: {}", refused.text());
    Remark::new("memory", NoteSeverity::Info, title, "")
}

/// The results of reading the plans.
struct ReadResult {
    assembly: Assembly,
    claims: assertions::AssertionReport,
    history: History,
    follow: Vec<follow::OpenGap>,
    watched: Vec<(String, Vec<SeenFile>)>,
    folders: Vec<FolderLine>,
    /// Plans that could not be read.
    unread: Vec<String>,
    /// Proposed lock files, which a person must review.
    proposed: Vec<report::Artifact>,
}

/// An audit in progress.
struct Run<'r> {
    request: &'r Request,
    services: &'r HostServices<'r>,
    index: &'r Index,
    assembly: Assembly,
    facts: Facts<'r>,
    ignored: IgnoredNames,
    commits: Commits<'r>,
    comparison: Comparison<'r, 'r>,
    asked: RequestedEntries,
    enumerations: Enumerations,
    folders: Folders,
    details: Vec<discover::Details>,
    claimed: Vec<PlanAssertions>,
    claims_left: usize,
    follow: Vec<follow::OpenGap>,
    watched: Vec<(String, Vec<SeenFile>)>,
    unread: Vec<UnreadPlan>,
    /// Proposed lock files, which a person must review.
    proposed: Vec<report::Artifact>,
    /// Plans without a verifiable deliverable, with their check boxes and the words that look like paths.
    unverified: Vec<(String, reader::DocumentWords)>,
}

/// A plan that could not be read.
struct UnreadPlan {
    shown: String,
    /// One sentence with the plan's name.
    reason: String,
}

impl<'r> Run<'r> {
    fn new(
        request: &'r Request,
        services: &'r HostServices<'r>,
        index: &'r Index,
        memory: Option<&'r Memory<'r>>,
    ) -> Self {
        let mut assembly = Assembly::of(&request.forms);
        assembly.notes(request.plans.notes.clone());
        assembly
            .notes(index.notes().iter().map(|note| Remark::new(format!("index:{note}"), NoteSeverity::Low, note, "")));
        let head = memory.and_then(Memory::last).and_then(|last| last.head.as_deref());
        let folders = memory.and_then(|memory| memory.folders().ok()).unwrap_or_default();
        Self {
            request,
            services,
            index,
            assembly,
            facts: Facts::new(memory.map(|memory| memory as &dyn FactStore), request.now_ns),
            ignored: IgnoredNames::default(),
            commits: Commits::new(services.git, &request.below, head),
            comparison: Comparison::new(memory),
            asked: RequestedEntries::new(index),
            enumerations: Enumerations::default(),
            folders,
            details: Vec::new(),
            claimed: Vec::new(),
            claims_left: limits::ASSERTIONS,
            follow: Vec::new(),
            watched: Vec::new(),
            unread: Vec::new(),
            proposed: Vec::new(),
            unverified: Vec::new(),
        }
    }

    fn plans(&mut self) -> Result<(), Error> {
        let plans = &self.request.plans.plans;
        for (nth, file) in plans.iter().enumerate() {
            if self.services.progress.cancelled() {
                return Err(Error::Retryable("cancelled".into()));
            }
            self.services.progress.report(u8::try_from(nth * 100 / plans.len()).unwrap_or(100), &file.shown);
            self.plan(file);
        }
        if !plans.is_empty() && self.unread.len() == plans.len() {
            return Err(Error::Permanent(
                self.unread.iter().map(|unread| unread.reason.as_str()).collect::<Vec<_>>().join("\n"),
            ));
        }
        Ok(())
    }

    fn plan(&mut self, file: &PlanFile) {
        let text = discover::read(file);
        self.assembly.notes(text.notes);
        if let Some(reason) = text.unreadable {
            self.comparison.unread(&file.shown);
            self.unread.push(UnreadPlan { shown: file.shown.clone(), reason });
            return;
        }
        let mut plan = reader::plan(&text.text);
        if self.request.propose_lock {
            self.assembly.notes(stated::propose(&mut self.proposed, &plan, file, &text.text));
        }
        self.assembly.notes(stated::apply(&mut plan, file, &text.text));
        plan.add_folder(self.own_folder(file));
        let (details, notes) = discover::details(file, &text.text, &plan);
        self.assembly.notes(notes);
        let before = self.comparison.before(&file.shown);
        let mut judged = Judge::new(self.index, &mut self.facts, &mut self.ignored).plan(&plan, &before);
        judged.drop_missing_folders(&mut plan);
        let open = self.commits.add(&plan, &mut judged, &before);
        let tasks = stated::tasks(&text.text, &details);
        self.comparison.plan(&file.shown, &plan, &tasks, &judged, &open, &before);
        self.asked.add(self.index, &judged);
        self.enumerations.add(self.index, &file.shown, &plan);
        if judged.deliverables.iter().all(|verdict| verdict.status == Status::Unverifiable) {
            self.unverified.push((file.shown.clone(), reader::seen(&text.text)));
        }
        self.claims(&file.shown, text.text);
        let responsible = wanted::responsible(details.responsible.as_deref(), &self.request.responsible);
        self.follow.extend(wanted::of_plan(&file.shown, &plan, &judged, &self.request.below, &responsible));
        self.watched.push((file.shown.clone(), wanted::seen(self.index, &plan, &judged)));
        self.details.push(details);
        self.assembly.plan(Audited { shown: file.shown.clone(), bytes: file.bytes, plan, tasks, judged });
    }

    /// The folder of a plan below the audited root.
    fn own_folder(&self, file: &PlanFile) -> Option<String> {
        let shown = Path::new(&file.shown);
        // In the sandbox the plan and the root are in different mounts, so their shown names are compared.
        let below = self.index.roots().iter().find_map(|root| {
            let shown = || shown.strip_prefix(&root.shown).ok();
            file.path.strip_prefix(&root.path).ok().or_else(shown)
        })?;
        below.parent()?.to_str().map(str::to_owned)
    }

    /// Reads the assertions of reports; reports have no deliverables.
    fn reports(&mut self, reports: Discovery) -> Result<(), Error> {
        self.assembly.notes(reports.notes);
        for file in &reports.plans {
            if self.services.progress.cancelled() {
                return Err(Error::Retryable("cancelled".into()));
            }
            let text = discover::read(file);
            self.assembly.notes(text.notes);
            self.claims(&file.shown, text.text);
        }
        Ok(())
    }

    fn claims(&mut self, shown: &str, text: String) {
        if self.claims_left == 0 {
            return;
        }
        let mut document = assertions::CheckedDocument { shown: shown.to_owned(), text };
        let mut claims = assertions::read(&document);
        claims.truncate(self.claims_left);
        self.claims_left -= claims.len();
        // The text is not needed any more, and the texts of ten thousand plans would need too much memory.
        document.text = String::new();
        self.claimed.push((document, claims));
    }

    /// Completes the results after all plans were read: finds unrequested files, checks the assertions of documents, and
    /// compares with the last audit.
    fn close(mut self) -> ReadResult {
        let (unrequested, folders) = if self.request.narrowed {
            // A narrowed run does not know which files the other plans name.
            (UnrequestedFiles::default(), self.folders)
        } else {
            unrequested(self.index, &self.asked, &self.enumerations, &self.folders, self.request.now_ns)
        };
        let mut inputs: Vec<String> = unrequested.gaps().into_iter().map(|gap| gap.id).collect();
        self.assembly.unrequested(unrequested);
        let claims = assertions::check(&self.claimed, self.index, self.services.git, Some(&self.request.below));
        self.assembly.unverified(std::mem::take(&mut self.unverified), &claims.looked_up);
        let whole = self.request.span == Span::Whole;
        inputs.extend(claims.gaps.iter().map(|gap| gap.id.clone()));
        let inputs = whole.then(|| inputs_digest(inputs.iter().map(String::as_str)));
        let closing =
            AuditSummary { at: &self.request.stamp.long, whole, head: self.commits.head(), inputs: inputs.as_deref() };
        let (history, refused) = self.comparison.finish(&closing, &self.facts, &folders);
        self.assembly.notes(refused.as_ref().map(no_memory));
        discover::rank(&mut self.details);
        self.assembly.details(self.details);
        let folders = self.request.plans.folders.iter();
        let folders = folders.map(|folder| FolderLine { folder: folder.shown.clone(), plans: folder.plans });
        ReadResult {
            assembly: self.assembly,
            claims,
            history,
            follow: self.follow,
            watched: self.watched,
            folders: folders.collect(),
            unread: self.unread.into_iter().map(|unread| unread.shown).collect(),
            proposed: self.proposed,
        }
    }
}

/// Sends requests for gaps, and writes the report.
fn finish(
    mut read: ReadResult,
    request: &Request,
    services: &HostServices<'_>,
    index: &Index,
    earlier: &EarlierAudits<'_>,
    head: &str,
) -> Result<Outcome, Error> {
    let watch_refused = watch_files(services, std::mem::take(&mut read.watched));
    read.assembly.notes(watch_refused);
    let followed = pieces::follow(services, request, &earlier.ended, &read.follow, &read.unread);
    if request.quiet && read.history.unchanged && !followed.acted() {
        let last = read.history.last_at.as_deref().unwrap_or_default();
        return Ok(Outcome::new(format!("{head}Nothing changed since the audit of {last}.")));
    }
    let ReadResult { mut assembly, claims, history, folders, unread, proposed, .. } = read;
    assembly.findings(claims.gaps.iter().cloned());
    assembly.left_out(claims.gaps_left_out);
    assembly.findings(history.gaps());
    let parts = Parts {
        claims: pieces::claims(&claims),
        history: pieces::history(&history, earlier.memory.is_some()),
        actions: followed.part(),
        issues: Part::default(),
        follow_ups: followed.rows,
        trend: pieces::trend(&history),
        before: pieces::before(&history),
    };
    let roots = index.roots().iter().map(|root| root.shown.clone()).collect();
    let mut report = assembly.finish(&request.stamp, roots, index.len(), folders, parts);
    if let Some(folder) = &request.issues {
        report.parts.issues = issues::part(folder, &report.findings);
    }
    let outcome = proposed.into_iter().fold(write(&mut report, request, &history, head)?, |outcome, lock| {
        outcome.with_artifact(lock.name, lock.media_type, lock.bytes)
    });
    Ok(if unread.is_empty() { outcome } else { without(outcome, &unread) })
}

/// Changes the outcome if plans could not be read: its kind is `partial`, with a next step.
fn without(outcome: Outcome, unread: &[String]) -> Outcome {
    let (first, count) = (unread.first().map_or("", String::as_str), unread.len());
    let more = if count == 1 { String::new() } else { format!(" and {} more", count - 1) };
    let outcome = Outcome { kind: OutcomeKind::Partial, ..outcome };
    outcome.with_next_step(format!("make {first}{more} readable (the findings say why not), then audit again"))
}

/// Watches these files. Returns one remark for all files that the host refuses.
fn watch_files(services: &HostServices<'_>, watched: Vec<(String, Vec<SeenFile>)>) -> Option<Remark> {
    let files = services.files?;
    let all = watched.len();
    let (mut unwatched, mut why) = (0, None);
    for (plan, seen) in watched {
        if let Err(refused) = files.set(&wanted::key(&plan), seen) {
            unwatched += 1;
            why.get_or_insert((refused, plan));
        }
    }
    let (refused, plan) = why?;
    let title = format!(
        "for {unwatched} of {all} plans, only the next audit of all plans finds a change of a deliverable: {}",
        refused.text()
    );
    Some(Remark::new("watch", NoteSeverity::Info, title, format!("{plan} is the first of them")))
}

fn write(report: &mut Report, request: &Request, history: &History, head: &str) -> Result<Outcome, Error> {
    let mut artifacts = report::render_all(&request.forms, report, &request.stamp).map_err(unwritten)?;
    let follow_ups = report.parts.follow_ups.clone();
    if !follow_ups.is_empty() {
        artifacts.push(report::follow_up(&follow_ups, report, &request.stamp));
        artifacts.extend(report::issues(&follow_ups, &request.stamp).map_err(unwritten)?);
    }
    let mut summary = format!("{head}{}", report.summary());
    if let Some(since) = history.summary().filter(|_| !history.unchanged) {
        summary = format!("{summary} {since}");
    }
    Ok(outcome(summary, artifacts, &report.findings))
}

/// The outcome if there is no plan: a report that says that no plan was found, and where to put a plan.
fn no_plans(request: &Request) -> Result<Outcome, Error> {
    if request.quiet {
        return Ok(Outcome::new("There is no plan to audit any more."));
    }
    let folders: Vec<&str> = request.plans_folders.iter().map(|folder| folder.shown.as_str()).collect();
    let places = folders.join(", ");
    let title = format!("no plan was found: put a plan (.md or .txt) into {places}");
    let mut assembly = Assembly::of(&request.forms);
    assembly.notes(request.plans.notes.clone());
    assembly.notes([Remark::new("plans:none", NoteSeverity::Medium, title, places.clone())]);
    let lines = folders.iter().map(|folder| FolderLine { folder: (*folder).to_owned(), plans: 0 }).collect();
    let roots = request.roots.iter().map(|root| root.shown.clone()).collect();
    let parts = Parts { history: Part::skipped("there was no plan"), ..Parts::default() };
    let mut report = assembly.finish(&request.stamp, roots, 0, lines, parts);
    let mut outcome = write(&mut report, request, &History::default(), "")?;
    outcome.kind = OutcomeKind::Refused;
    outcome.summary = format!("There was no plan to audit in {places}.");
    Ok(outcome.with_next_step(format!("put a plan (.md or .txt) into {places}, or name one: --arg plans=PATH")))
}
