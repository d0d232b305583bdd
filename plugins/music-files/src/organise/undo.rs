//! The action `undo`: the steps of a plan back, the newest first, by the same rules. A file that was changed since stays where it
//! is, and nothing is written over.

use baton_plugin_kit::host::{Locks, Writable};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Task};

use super::apply::{ALL, full, told, undo_list};
use super::args::Undo;
use super::journal::{Journal, StepEnd, StoredPlan, StoredStep};
use super::locations::{self, Locations};
use super::move_file::MoveEnd;
use super::moving::{MoveTools, Mover, StopReason, alone, plan_of, really, unclear};
use super::step::Direction;

/// Undoes a plan.
///
/// # Errors
/// `permanent` when there is no such plan; else as [`super::apply()`].
pub fn undo(task: &Task, catalog: &dyn Writable, own: &dyn Writable, claims: &dyn Locks) -> Result<Outcome, Error> {
    really((catalog, own), claims, |means| undo_with(task, means))
}

/// The same with other means than the real ones.
///
/// # Errors
/// As [`undo`].
pub fn undo_with(task: &Task, means: &MoveTools<'_>) -> Result<Outcome, Error> {
    let asked = Undo::of(task)?;
    let _alone = alone(means.claims)?;
    let journal = Journal::open(means.own)?;
    let plan = plan_of(&asked.plan, &journal)?;
    match plan.state.as_str() {
        "made" => return Ok(nothing(&format!("nothing of the plan {} was done yet", plan.id))),
        "undone" if plan.by_task.as_deref() == Some(&task.id) => {
            return outcome(&journal, &plan, &StopReason::Finished);
        }
        // What was kept is tried again: a disk may be back, or a name free.
        "undone" if journal.steps(&plan.id, &["kept"])?.is_empty() => {
            return Ok(nothing(&format!("the plan {} was undone already", plan.id)));
        }
        _ => {}
    }
    locations::check(means.catalog)?;
    let all = journal.steps(&plan.id, &ALL)?;
    let open = settle(&Mover::new(task, (means, &journal), &plan, Direction::There, &all)?, &journal, &plan)?;
    journal.state(&plan.id, "undoing", &task.id)?;
    let mut steps = journal.steps(&plan.id, &["done", "undoing", "kept"])?;
    steps.reverse();
    let mut mover = Mover::new(task, (means, &journal), &plan, Direction::Back, &all)?;
    match (mover.take(&steps)?, open) {
        (StopReason::Full(why), _) => Err(full(&journal, (&task.id, &plan), Direction::Back, &why)?),
        (StopReason::Unclear(why), _) | (StopReason::Finished, Some(why)) => Err(unclear(&why)),
        (StopReason::Finished, None) => {
            mover.remove_made()?;
            journal.state(&plan.id, "undone", &task.id)?;
            outcome(&journal, &plan, &StopReason::Finished)
        }
        (StopReason::Later, _) => outcome(&journal, &plan, &StopReason::Later),
    }
}

/// What was interrupted on the way there is ended or taken as never begun. Gives why one stays open: a disk does not answer.
fn settle(mover: &Mover<'_>, journal: &Journal<'_>, plan: &StoredPlan) -> Result<Option<String>, Error> {
    let (mut open, mut locations) = (None, Locations::default());
    let mut settled = |step: &StoredStep| {
        let none = StepEnd { step: step.step, state: "planned", note: None, placed_ns: None, sha256: None };
        match mover.settle(step) {
            Some(MoveEnd::Arrived { modified_ns, sha256 }) => {
                locations.note(step, Direction::There, modified_ns, sha256.as_deref());
                Some(StepEnd { state: "done", placed_ns: Some(modified_ns), sha256, ..none })
            }
            Some(MoveEnd::Left(why) | MoveEnd::Full(why)) => Some(StepEnd { state: "left", note: Some(why), ..none }),
            Some(MoveEnd::Unclear(why)) => {
                open = Some(why);
                None
            }
            Some(MoveEnd::Later) => {
                open = Some("there was no time to look".to_owned());
                None
            }
            None => Some(none),
        }
    };
    let ended: Vec<_> = journal.steps(&plan.id, &["intended"])?.iter().filter_map(&mut settled).collect();
    locations.tell(mover.means.catalog)?;
    journal.end(&plan.id, &ended)?;
    Ok(open)
}

/// That there is nothing to undo, and why.
fn nothing(why: &str) -> Outcome {
    let step = "list what was moved with the files `organise_ID_undo.csv`, and name the plan of one: baton run music-files undo --arg plan=ID";
    Outcome::refused(format!("There is nothing to undo: {why}.")).with_next_step(step)
}

fn outcome(journal: &Journal<'_>, plan: &StoredPlan, stopped: &StopReason) -> Result<Outcome, Error> {
    let steps = journal.steps(&plan.id, &ALL)?;
    let count = |state: &str| steps.iter().filter(|step| step.state == state).count();
    let (undone, kept, rest) = (count("undone"), count("kept"), count("done") + count("undoing"));
    if undone + kept + rest == 0 {
        return Ok(nothing(&format!("the plan {} moved no file", plan.id)));
    }
    let mut text = format!("Plan {}: {undone} steps undone, {kept} kept as they are.", plan.id);
    if *stopped == StopReason::Later {
        text.push_str(&format!(
            " {rest} are for the next task, this one has no more time: baton run music-files undo --arg plan={}",
            plan.id
        ));
    }
    let mut outcome = Outcome::of(OutcomeKind::of_counts(undone, kept + rest), text);
    if kept + rest > 0 {
        let step = "fix what kept the files from moving (the findings name each), then run it again:";
        outcome.next_steps.push(format!("{step} baton run music-files undo --arg plan={}", plan.id));
    }
    outcome.findings = told("organise-kept", "kept", &steps).into_list();
    outcome.artifacts.push(undo_list(plan, &steps)?);
    Ok(outcome)
}
