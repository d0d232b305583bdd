//! The action `undo`: undoes the steps of a plan, the newest first, by the rules of `apply`. A changed file stays where it is, and no file
//! is overwritten.

use baton_plugin_kit::host::{Locks, Writable};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Task};

use super::apply::{ALL, disk_full, step_findings, undo_list};
use super::args::Undo;
use super::journal::{Journal, StepResult, StoredPlan, StoredStep};
use super::locations::{self, Locations};
use super::move_file::MoveOutcome;
use super::moving::{MoveTools, Mover, PlanRun, StopReason, find_plan, lock_moves, unclear, with_real_disk};
use super::step::Direction;

/// Undoes a plan.
///
/// # Errors
/// `permanent` when there is no such plan; else as [`super::apply()`].
pub fn undo(task: &Task, catalog: &dyn Writable, own: &dyn Writable, locks: &dyn Locks) -> Result<Outcome, Error> {
    with_real_disk(catalog, own, locks, |tools| undo_with(task, tools))
}

/// Undoes a plan with these tools.
///
/// # Errors
/// As [`undo`].
pub fn undo_with(task: &Task, tools: &MoveTools<'_>) -> Result<Outcome, Error> {
    let args = Undo::parse(task)?;
    let _alone = lock_moves(tools.locks)?;
    let journal = Journal::open(tools.own)?;
    let plan = find_plan(&args.plan, &journal)?;
    match plan.state.as_str() {
        "made" => return Ok(nothing_to_undo(&format!("the plan {} was not applied yet", plan.id))),
        "undone" if plan.by_task.as_deref() == Some(&task.id) => {
            return outcome(&journal, &plan, &StopReason::Finished);
        }
        // Kept steps are tried again: a missing disk may be mounted now, or a used name may be free.
        "undone" if journal.steps(&plan.id, &["kept"])?.is_empty() => {
            return Ok(nothing_to_undo(&format!("the plan {} was already undone", plan.id)));
        }
        _ => {}
    }
    locations::check(tools.catalog)?;
    let all = journal.steps(&plan.id, &ALL)?;
    let run = PlanRun { task, tools, journal: &journal, plan: &plan };
    let open = resume_apply(&Mover::new(&run, Direction::Apply, &all)?, &journal, &plan)?;
    journal.set_state(&plan.id, "undoing", &task.id)?;
    let mut steps = journal.steps(&plan.id, &["done", "undoing", "kept"])?;
    steps.reverse();
    let mut mover = Mover::new(&run, Direction::Undo, &all)?;
    match (mover.run(&steps)?, open) {
        (StopReason::Full(why), _) => Err(disk_full(&run, Direction::Undo, &why)?),
        (StopReason::Unclear(why), _) | (StopReason::Finished, Some(why)) => Err(unclear(&why)),
        (StopReason::Finished, None) => {
            mover.remove_created()?;
            journal.set_state(&plan.id, "undone", &task.id)?;
            outcome(&journal, &plan, &StopReason::Finished)
        }
        (StopReason::Later, _) => outcome(&journal, &plan, &StopReason::Later),
    }
}

/// Records the results of the steps that an interrupted `apply` has begun. Returns the reason if the result of a step is unknown.
fn resume_apply(mover: &Mover<'_>, journal: &Journal<'_>, plan: &StoredPlan) -> Result<Option<String>, Error> {
    let (mut open, mut locations) = (None, Locations::default());
    let mut result = |step: &StoredStep| {
        let none = StepResult { step: step.step, state: "planned", note: None, placed_ns: None, sha256: None };
        match mover.resume_step(step) {
            Some(MoveOutcome::Moved { modified_ns, sha256 }) => {
                locations.add(step, Direction::Apply, modified_ns, sha256.as_deref());
                Some(StepResult { state: "done", placed_ns: Some(modified_ns), sha256, ..none })
            }
            Some(MoveOutcome::Left(why) | MoveOutcome::Full(why)) => {
                Some(StepResult { state: "left", note: Some(why), ..none })
            }
            Some(MoveOutcome::Unclear(why)) => {
                open = Some(why);
                None
            }
            Some(MoveOutcome::Later) => {
                open = Some("the time of the task was too short to check it".to_owned());
                None
            }
            None => Some(none),
        }
    };
    let ended: Vec<_> = journal.steps(&plan.id, &["intended"])?.iter().filter_map(&mut result).collect();
    locations.write(mover.tools.catalog)?;
    journal.end(&plan.id, &ended)?;
    Ok(open)
}

/// The outcome when there is nothing to undo.
fn nothing_to_undo(why: &str) -> Outcome {
    let step = "find the id of an applied plan in the names of the reports `organise_ID_undo.csv`, then: baton run music-files undo --arg plan=ID";
    Outcome::refused(format!("There is nothing to undo: {why}.")).with_next_step(step)
}

fn outcome(journal: &Journal<'_>, plan: &StoredPlan, stopped: &StopReason) -> Result<Outcome, Error> {
    let steps = journal.steps(&plan.id, &ALL)?;
    let count = |state: &str| steps.iter().filter(|step| step.state == state).count();
    let (undone, kept, rest) = (count("undone"), count("kept"), count("done") + count("undoing"));
    if undone + kept + rest == 0 {
        return Ok(nothing_to_undo(&format!("the plan {} moved no file", plan.id)));
    }
    let mut text = format!("Plan {}: {undone} steps undone, {kept} could not be undone.", plan.id);
    if *stopped == StopReason::Later {
        text.push_str(&format!(
            " {rest} remain, because the time of the task is over. Continue: baton run music-files undo --arg plan={}",
            plan.id
        ));
    }
    let mut outcome = Outcome::with_kind(OutcomeKind::from_counts(undone, kept + rest), text);
    if kept + rest > 0 {
        let step = "fix the causes in the findings, then undo again:";
        outcome.next_steps.push(format!("{step} baton run music-files undo --arg plan={}", plan.id));
    }
    outcome.findings = step_findings("organise-kept", "kept", &steps).into_list();
    outcome.artifacts.push(undo_list(plan, &steps)?);
    Ok(outcome)
}
