//! Moves the files of a run back, in reverse order.

use std::fs;
use std::path::Path;

use baton_catalog::library::{KeptCopy, Library};
use baton_core::path_text;
use fail::fail_point;
use jiff::Timestamp;

use super::eagle::{EagleConnection, how_to_put_back};
use super::files::{describe, remove_empty, rename};
use super::journal::{EagleState, EagleStep, Journals, MoveStep, RemainingCopy, Step, last_states};
use super::report::{KeptFile, MovedFile, Report};
use super::tags;

/// Moves the files of a run back to their old paths, and removes the tags that kept files got. Existing files are never
/// replaced. If an undo is repeated, it reverts only the steps that are not reverted yet.
pub(super) fn undo(
    journals: &Journals,
    number: &str,
    catalog: &Path,
    eagle: &mut EagleConnection<'_>,
    dry_run: bool,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let steps = journals.steps(number)?;
    let mut library = Library::open(catalog)?;
    for step in steps.iter().rev() {
        match step {
            Step::Move(step) => file(step, &mut library, dry_run, &mut report)?,
            Step::Tags(step) => tags::undo(step, &mut library, dry_run, &mut report)?,
            Step::Eagle(_) | Step::Ended { .. } | Step::Undone { .. } => {}
        }
    }
    let mut journal = journals.journal(number);
    for step in last_states(&steps) {
        let is_back = item(step, &mut library, eagle, dry_run, &mut report)?;
        if is_back && step.state != EagleState::Back && !dry_run {
            journal.add(&Step::Eagle(EagleStep { state: EagleState::Back, ..step.clone() }))?;
        }
    }
    report.was_undone = matches!(steps.last(), Some(Step::Undone { .. }));
    if report.refused.is_empty() && !dry_run && !report.was_undone {
        journal.add(&Step::Undone { undone: true })?;
    }
    Ok(report)
}

/// Updates the catalog for an item that a person has restored in Eagle, because Eagle's API cannot restore items. Returns
/// whether the item is restored.
fn item(
    step: &EagleStep,
    library: &mut Library,
    eagle: &mut EagleConnection<'_>,
    dry_run: bool,
    report: &mut Report,
) -> anyhow::Result<bool> {
    let home = path_text::from_text(&step.from);
    let is_in_trash = if step.state == EagleState::Back { Ok(false) } else { eagle.is_in_trash(step) };
    let is_back = is_in_trash == Ok(false);
    match is_in_trash {
        Ok(false) => {
            if !dry_run {
                back(library, &home, &step.kept)?;
            }
            report.skipped.push(KeptFile { path: home, why: "it is not in Eagle's trash".to_owned() });
        }
        Ok(true) => report.refuse(&home, how_to_put_back(step)),
        Err(why) => report.refuse(&home, format!("{} ({why})", how_to_put_back(step))),
    }
    Ok(is_back)
}

fn file(step: &MoveStep, library: &mut Library, dry_run: bool, report: &mut Report) -> anyhow::Result<()> {
    let [home, trash] = [&step.from, &step.to].map(|path| path_text::from_text(path));
    let (is_home, found) = (fs::symlink_metadata(&home).is_ok(), fs::symlink_metadata(&trash));
    match found {
        Err(_) if is_home => {
            // An earlier undo may have moved the file back without being able to update the catalog.
            if !dry_run {
                back(library, &home, &step.kept)?;
            }
            report.skipped.push(KeptFile { path: home, why: "it is at its old path".to_owned() });
        }
        Err(error) => report.refuse(&trash, error.to_string()),
        Ok(_) if is_home => report.refuse(&trash, format!("another file is at {} now", home.display())),
        Ok(found) => {
            if !dry_run {
                if let Err(error) = rename(&trash, &home) {
                    report.refuse(&trash, describe(&error));
                    return Ok(());
                }
                fail_point!("quarantine.undo_moved");
                remove_empty(&trash);
                back(library, &home, &step.kept)?;
            }
            report.moved.push(MovedFile { from: trash, to: home, bytes: found.len() });
        }
    }
    Ok(())
}

fn back(library: &mut Library, home: &Path, kept: &RemainingCopy) -> anyhow::Result<()> {
    let (path, link) = (kept.path(), kept.link());
    let kept = path.as_deref().map(|path| KeptCopy { path, link: Some(&link) });
    Ok(library.undo_kept_copy(home, kept, Timestamp::now())?)
}
