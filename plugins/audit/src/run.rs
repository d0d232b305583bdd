//! One audit from task to outcome: the steps in order, watched and stoppable between plans.

use baton_plugin_sdk::{Error, Finding, Outcome, Severity, Task};

use crate::discover::{self, PlanFile};
use crate::extract;
use crate::index::Index;
use crate::note::{Note, Weight};
use crate::report::{self, Assembly, Audited, FolderLine, Form, Gap, Parts, Report, Stamp};
use crate::request::Request;
use crate::verify::{Asked, Before, Enumerations, Facts, Folders, Judge, unrequested};
use crate::watch::Watch;

/// Does one task.
///
/// # Errors
/// `permanent` for an unknown action or argument, a wrong value or a plan that is not there; `needs-grant` for a folder that
/// is not granted; `retryable` when it was cancelled.
pub fn run(task: &Task, watch: &impl Watch) -> Result<Outcome, Error> {
    let request = Request::of(task)?;
    if let Some(paths) = request.gone {
        return Ok(Outcome::new(format!("Nothing to audit: none of the {paths} changed plans exists any more.")));
    }
    if request.plans.plans.is_empty() {
        return no_plans(request);
    }
    watch.report(0, "Indexing the audited folder");
    let index = Index::build(request.roots);
    let mut assembly = Assembly::default();
    assembly.notes(request.plans.notes);
    assembly.notes(index.notes().iter().map(|note| Note::new(format!("index:{note}"), Weight::Low, note, "")));
    let mut facts = Facts::new(None, request.now_ns);
    let (mut asked, mut enumerations) = (Asked::new(&index), Enumerations::default());
    let total = request.plans.plans.len();
    for (nth, plan) in request.plans.plans.iter().enumerate() {
        if watch.cancelled() {
            return Err(Error::Retryable("cancelled".into()));
        }
        watch.report(u8::try_from(nth * 100 / total).unwrap_or(100), &plan.shown);
        let audited = audit(plan, &index, &mut facts, &mut assembly);
        asked.add(&index, &audited.judged);
        enumerations.add(&index, &audited.shown, &audited.plan);
        assembly.plan(audited);
    }
    let (unrequested, _) = unrequested(&index, &asked, &enumerations, &Folders::new(), request.now_ns);
    assembly.unrequested(unrequested);
    let folders =
        request.plans.folders.into_iter().map(|folder| FolderLine { folder: folder.shown, plans: folder.plans });
    let roots = index.roots().iter().map(|root| root.shown.clone()).collect();
    let report = assembly.finish(&request.stamp, roots, index.len(), folders.collect(), Parts::default());
    outcome(report, &request.stamp)
}

/// Reads one plan and judges what it promises.
fn audit(file: &PlanFile, index: &Index, facts: &mut Facts<'_>, assembly: &mut Assembly) -> Audited {
    let text = discover::read(file);
    assembly.notes(text.notes);
    let plan = extract::plan(&text.text);
    let judged = Judge::new(index, facts).plan(&plan, &Before::default());
    Audited { shown: file.shown.clone(), bytes: file.bytes, plan, judged }
}

/// The outcome when there is nothing to audit: a report that says so, and where a plan would have to lie.
fn no_plans(request: Request) -> Result<Outcome, Error> {
    let folders: Vec<&str> = request.plans_folders.iter().map(|folder| folder.shown.as_str()).collect();
    let places = folders.join(", ");
    let title = format!("no plan was found: put a plan (.md or .txt) into {places}");
    let mut assembly = Assembly::default();
    assembly.notes(request.plans.notes);
    assembly.notes([Note::new("plans:none", Weight::Medium, title, places.clone())]);
    let lines = folders.iter().map(|folder| FolderLine { folder: (*folder).to_owned(), plans: 0 }).collect();
    let roots = request.roots.iter().map(|root| root.shown.clone()).collect();
    let report = assembly.finish(&request.stamp, roots, 0, lines, Parts::default());
    let mut outcome = outcome(report, &request.stamp)?;
    outcome.summary = format!("There was no plan to audit in {places}.");
    Ok(outcome)
}

fn outcome(mut report: Report, stamp: &Stamp) -> Result<Outcome, Error> {
    let files = report::render_all(&Form::DEFAULT, &mut report, stamp)
        .map_err(|error| Error::Permanent(format!("the report could not be written as JSON: {error}")))?;
    let outcome = files.into_iter().fold(Outcome::new(report.summary()), |outcome, file| {
        outcome.with_artifact(file.name, file.media_type, file.bytes)
    });
    Ok(report.findings.iter().map(finding).fold(outcome, Outcome::with_finding))
}

fn finding(gap: &Gap) -> Finding {
    let severity = match gap.weight {
        Weight::Info => Severity::Info,
        Weight::Low => Severity::Low,
        Weight::Medium => Severity::Medium,
        Weight::High => Severity::High,
    };
    Finding { id: gap.id.clone(), severity, title: gap.title.clone(), evidence: gap.evidence.clone() }
}
