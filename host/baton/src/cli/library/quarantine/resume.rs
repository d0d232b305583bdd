//! What a run that was killed left half done is finished: the catalog is told of what moved, and what was begun and not done is taken
//! back. It is found by what is on the disk, so it can be done again and again.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_ledger::catalog::library::{Library, Retagged};
use baton_ledger::path_text;
use baton_library::sync::tags::{remove_leftovers, stat_of};
use jiff::Timestamp;

use super::eagle::Asked;
use super::journal::{EagleState, EagleStep, Journals, Step, TagsStep};
use super::{Report, Stayed};

/// Finishes what killed runs left. Items of Eagle of which nobody knows whether they went are asked of Eagle.
///
/// # Errors
/// When the catalog cannot be written.
pub(super) fn resume(
    journals: &Journals,
    catalog: &Path,
    eagle: &mut Asked<'_>,
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
                        tell(&mut library, &from, step.kept.path().as_deref())?;
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
                // Of an older version, which did not say what is kept: the next scan sees it.
                EagleState::Trashed if step.kept.path().is_none() => continue,
                EagleState::Trashed => Ok(true),
                EagleState::Asked => eagle.is_in_trash(step),
            };
            match is_there {
                Err(why) => {
                    open += 1;
                    let why = format!(
                        "nobody knows whether it went into Eagle's trash: {why}; then `baton library quarantine --resume`"
                    );
                    report.refused.push(Stayed { path: from, why });
                }
                Ok(is_there) => {
                    if step.state == EagleState::Asked {
                        let state = if is_there { EagleState::Trashed } else { EagleState::Back };
                        journal.add(&Step::Eagle(EagleStep { state, ..step.clone() }))?;
                    }
                    if is_there {
                        tell(&mut library, &from, step.kept.path().as_deref())?;
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

/// The last step of each item.
pub(super) fn last_states(steps: &[Step]) -> Vec<&EagleStep> {
    let mut items: Vec<&EagleStep> = Vec::new();
    for step in steps {
        let Step::Eagle(step) = step else { continue };
        items.retain(|item| item.from != step.from);
        items.push(step);
    }
    items
}

/// Tells the catalog that a file is in the trash, and which one is kept instead.
///
/// # Errors
/// When the catalog cannot be written.
pub(super) fn tell(library: &mut Library, gone: &Path, kept: Option<&Path>) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match kept {
        Some(kept) => library.keep_instead(gone, kept, now)?,
        None => library.set_missing(&[gone], true, now)?,
    }
    Ok(())
}

/// Tells the catalog of tags that were written, or clears away what was prepared for tags that were not.
fn tags(library: &mut Library, step: &TagsStep) -> anyhow::Result<()> {
    let [kept, saved] = [&step.kept, &step.saved].map(|path| path_text::from_text(path));
    let Ok(digest) = baton_intake::hash_file(&kept) else { return Ok(()) };
    if digest.to_string() == step.after {
        return told(library, step, true);
    }
    if digest.to_string() == step.before {
        clear(&kept, &saved, step)?;
    }
    Ok(())
}

/// Removes the second copy of a file that is as it was, and the one that was to take its place.
///
/// # Errors
/// When that is not possible.
pub(super) fn clear(kept: &Path, saved: &Path, step: &TagsStep) -> anyhow::Result<()> {
    // Who wrote it is dead, so its age does not count.
    if let Some(folder) = kept.parent() {
        remove_leftovers(folder, SystemTime::now() + Duration::from_hours(2));
    }
    if fs::symlink_metadata(saved).is_ok() && baton_intake::hash_file(kept)?.to_string() == step.before {
        fs::remove_file(saved)?;
        super::undo::remove_empty(saved);
    }
    Ok(())
}

/// Tells the catalog that the kept file has the tags, or has them no more.
///
/// # Errors
/// When the catalog cannot be written.
pub(super) fn told(library: &mut Library, step: &TagsStep, has: bool) -> anyhow::Result<()> {
    let kept = path_text::from_text(&step.kept);
    let [before, after] = [&step.before, &step.after].map(|text| text.parse::<Digest>());
    let (Ok(before), Ok(after)) = (before, after) else { return Ok(()) };
    let (before, after) = if has { (before, after) } else { (after, before) };
    let retagged = Retagged {
        before_sha256: before.into(),
        after_sha256: after.into(),
        after: stat_of(&kept)?,
        tags: step.tags(),
        has,
    };
    library.retagged(&kept, &retagged, Timestamp::now())?;
    Ok(())
}
