//! Finishes an interrupted run: updates the catalog for files that were moved, and removes the prepared files of tags that
//! were not written. It decides by the files on the disk and by what Eagle reports, so repeating it is safe.

use std::fs;
use std::path::Path;

use baton_catalog::library::Library;
use baton_core::path_text;

use super::catalog::{clear, record_move, record_tags};
use super::eagle::EagleConnection;
use super::journal::{EagleState, EagleStep, Journals, Step, TagsStep, last_states};
use super::report::{KeptFile, Report};

/// Finishes interrupted runs. Asks Eagle about items whose move is uncertain.
pub(super) fn resume(
    journals: &Journals,
    catalog: &Path,
    eagle: &mut EagleConnection<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    for number in journals.numbers() {
        let steps = journals.steps(&number)?;
        if steps.last().is_none_or(|step| matches!(step, Step::Ended { .. } | Step::Undone { .. })) {
            continue;
        }
        let mut library = Library::open(catalog)?;
        let mut journal = journals.journal(&number);
        let mut open = 0;
        for step in &steps {
            match step {
                Step::Move(step) => {
                    let [from, to] = [&step.from, &step.to].map(|path| path_text::from_text(path));
                    if fs::symlink_metadata(&to).is_ok() && fs::symlink_metadata(&from).is_err() {
                        record_move(&mut library, &from, step.kept.path().as_deref())?;
                    }
                }
                Step::Tags(step) => tags(&mut library, step)?,
                Step::Eagle(_) | Step::Ended { .. } | Step::Undone { .. } => {}
            }
        }
        for step in last_states(&steps) {
            let from = path_text::from_text(&step.from);
            let is_there = match step.state {
                EagleState::Back => continue,
                // An older version did not record the kept file. The next scan detects the change.
                EagleState::Trashed if step.kept.path().is_none() => continue,
                EagleState::Trashed => Ok(true),
                EagleState::Asked => eagle.is_in_trash(step),
            };
            match is_there {
                Err(why) => {
                    open += 1;
                    let why = format!(
                        "it is unknown whether it moved to Eagle's trash: {why}; then run `baton library quarantine --resume`"
                    );
                    report.refused.push(KeptFile { path: from, why });
                }
                Ok(is_there) => {
                    if step.state == EagleState::Asked {
                        let state = if is_there { EagleState::Trashed } else { EagleState::Back };
                        journal.add(&Step::Eagle(EagleStep { state, ..step.clone() }))?;
                    }
                    if is_there {
                        record_move(&mut library, &from, step.kept.path().as_deref())?;
                    }
                }
            }
        }
        if open == 0 {
            journal.add(&Step::Ended { ended: true })?;
            report.resumed.push(number);
        }
    }
    Ok(())
}

/// Updates the catalog for written tags, or removes prepared files of tags that were not written.
fn tags(library: &mut Library, step: &TagsStep) -> anyhow::Result<()> {
    let [kept, saved] = [&step.kept, &step.saved].map(|path| path_text::from_text(path));
    let Ok(digest) = baton_intake::hash_file(&kept) else { return Ok(()) };
    if digest.to_string() == step.after {
        return record_tags(library, step, true);
    }
    if digest.to_string() == step.before {
        clear(&kept, &saved, step)?;
    }
    Ok(())
}
