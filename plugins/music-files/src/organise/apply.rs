//! The action `apply`: executes the steps of a plan.
//!
//! The journal makes it idempotent: a killed attempt resumes where it stopped, and a task that has applied its plan reports
//! the same outcome again. Another task cannot apply the plan again.

use std::num::NonZeroU32;

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::host::{Locks, Writable};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::{Artifact, Error, Outcome, OutcomeKind, Severity, Task};

use super::args::Apply;
use super::journal::{Journal, StoredPlan, StoredStep};
use super::locations;
use super::moving::{MoveTools, Mover, PlanRun, StopReason, find_plan, lock_moves, unclear, with_real_disk};
use super::step::Direction;

/// The default maximum age of a plan. An older plan is refused, because the library has probably changed since.
const OLDEST_HOURS: u32 = 7 * 24;

pub(super) const ALL: [&str; 7] = ["planned", "intended", "done", "left", "undoing", "undone", "kept"];

/// Applies a plan.
///
/// # Errors
/// `permanent` when there is no such plan, or the plan may not be applied; `needs-grant` when a folder or the catalog is not
/// granted; `needs-human` when a disk is full or read-only; `retryable` when another task moves files, or a disk does not
/// answer; else as `wit/sql.wit` and `wit/locks.wit`.
pub fn apply(task: &Task, catalog: &dyn Writable, own: &dyn Writable, locks: &dyn Locks) -> Result<Outcome, Error> {
    with_real_disk(catalog, own, locks, |tools| apply_with(task, tools))
}

/// Applies a plan with these tools.
///
/// # Errors
/// As [`apply`].
pub fn apply_with(task: &Task, tools: &MoveTools<'_>) -> Result<Outcome, Error> {
    let args = Apply::parse(task)?;
    let _alone = lock_moves(tools.locks)?;
    let journal = Journal::open(tools.own)?;
    let plan = find_plan(&args.plan, &journal)?;
    if plan.state == "applied" && plan.by_task.as_deref() == Some(&task.id) {
        return outcome(&journal, &plan, &StopReason::Finished);
    }
    check(task, &plan, &args)?;
    locations::check(tools.catalog)?;
    let steps = journal.steps(&plan.id, &["planned", "intended"])?;
    let all = journal.steps(&plan.id, &ALL)?;
    let run = PlanRun { task, tools, journal: &journal, plan: &plan };
    let mut mover = Mover::new(&run, Direction::Apply, &all)?;
    journal.set_state(&plan.id, "begun", &task.id)?;
    let stopped = mover.run(&steps)?;
    if stopped == StopReason::Finished {
        mover.remove_emptied(&journal.steps(&plan.id, &["done"])?);
        journal.set_state(&plan.id, "applied", &task.id)?;
    }
    match &stopped {
        StopReason::Full(why) => Err(disk_full(&run, Direction::Apply, why)?),
        StopReason::Unclear(why) => Err(unclear(why)),
        StopReason::Finished | StopReason::Later => outcome(&journal, &plan, &stopped),
    }
}

fn check(task: &Task, plan: &StoredPlan, args: &Apply) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::Permanent(format!("the plan {} {why}", plan.id)));
    match plan.state.as_str() {
        "made" => {}
        // A plan that was begun may be finished at any age, because each step checks its file.
        "begun" => return Ok(()),
        "applied" => {
            return refuse(format!(
                "was already applied; to move the files back: baton run music-files undo --arg plan={}",
                plan.id
            ));
        }
        _ => return refuse("was undone; make a new one: baton run music-files organise".to_owned()),
    }
    let hours = args.max_age_h.map_or(OLDEST_HOURS, NonZeroU32::get);
    let age = time::parse(&task.now).unwrap_or_default().saturating_sub(plan.made_at) / 3_600_000;
    if age >= hours.into() {
        return refuse(format!(
            "is {age} hours old, the limit is {hours} (`max_age_h`); make a new one: baton run music-files organise"
        ));
    }
    Ok(())
}

/// The error for a full disk. It states the number of completed steps, and what the operator has to do next.
pub(super) fn disk_full(run: &PlanRun<'_>, direction: Direction, why: &str) -> Result<Error, Error> {
    let steps = run.journal.steps(&run.plan.id, &ALL)?;
    let count = |state: &str| steps.iter().filter(|step| step.state == state).count();
    let (progress, remaining) = if direction == Direction::Apply {
        (format!("{} of {} steps are done", count("done"), steps.len()), count("planned"))
    } else {
        (format!("{} steps are undone", count("undone")), count("done"))
    };
    Ok(Error::NeedsHuman(format!(
        "a disk cannot be written to ({why}). No partial file is left; {progress}, {remaining} remain. Make room or make the \
         disk writable, then run `baton answer {} continue`",
        run.task.id
    )))
}

fn outcome(journal: &Journal<'_>, plan: &StoredPlan, stopped: &StopReason) -> Result<Outcome, Error> {
    let steps = journal.steps(&plan.id, &ALL)?;
    let count = |state: &str| steps.iter().filter(|step| step.state == state).count();
    let (done, left, rest) = (count("done"), count("left"), count("planned") + count("intended"));
    let mut text = format!("Plan {}: {done} of {} steps done, {left} not possible.", plan.id, steps.len());
    if *stopped == StopReason::Later {
        text.push_str(&format!(
            " {rest} remain, because the time of the task is over. Continue: baton run music-files apply --arg plan={}",
            plan.id
        ));
    } else {
        text.push_str(&format!(" To move the files back: baton run music-files undo --arg plan={}", plan.id));
    }
    let mut outcome = Outcome::with_kind(OutcomeKind::from_counts(done, left + rest), text);
    if rest > 0 {
        outcome.next_steps.push(format!("continue the plan: baton run music-files apply --arg plan={}", plan.id));
    }
    if left > 0 {
        let why = steps.iter().find_map(|step| step.note.as_deref().filter(|_| step.state == "left"));
        let step = "fix the causes in the findings, then plan again: baton run music-files organise";
        outcome.next_steps.push(step.to_owned());
        outcome.summary.push_str(&format!(" The reason for the first one: {}.", why.unwrap_or_default()));
    }
    outcome.findings = step_findings("organise-left", "left", &steps).into_list();
    outcome.artifacts.push(undo_list(plan, &steps)?);
    Ok(outcome)
}

/// A finding for each step in this state. These steps were not executed.
pub(super) fn step_findings(kind: &str, state: &str, steps: &[StoredStep]) -> Findings {
    let mut findings = Findings::default();
    for step in steps.iter().filter(|step| step.state == state) {
        let (from, to) = (step.from.on_host(), step.to.on_host());
        let why = step.note.as_deref().unwrap_or_default();
        let title = format!("Not moved: {}: {why}", if state == "left" { &from } else { &to });
        findings.add(kind, &from, Severity::Low, title, format!("{from}\n{to}"));
    }
    findings
}

/// The CSV with the old and the present path of each file.
pub(super) fn undo_list(plan: &StoredPlan, steps: &[StoredStep]) -> Result<Artifact, Error> {
    let list = || -> Result<Vec<u8>, String> {
        let mut sheet = CsvWriter::new(["step", "do", "state", "was", "is", "size", "modified", "sha256", "note"])?;
        for step in steps {
            let modified = time::text(step.modified_ns.div_euclid(1_000_000)).unwrap_or_default();
            let (was, is) = (step.from.on_host(), step.to.on_host());
            let is = if matches!(step.state.as_str(), "done" | "kept") { is } else { was.clone() };
            let cells = [
                step.step.to_string(),
                step.act.word().to_owned(),
                step.state.clone(),
                was,
                is,
                step.size.to_string(),
                modified,
                step.sha256.clone().unwrap_or_default(),
                step.note.clone().unwrap_or_default(),
            ];
            sheet.row(cells)?;
        }
        sheet.into_bytes()
    };
    let bytes = list().map_err(Error::Permanent)?;
    Ok(Artifact { name: format!("organise_{}_undo.csv", plan.id), media_type: "text/csv".to_owned(), bytes })
}
