//! Updates the catalog for completed or reverted steps, and removes prepared files of steps that were not carried out.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_catalog::library::{Library, TagChange};
use baton_core::Digest;
use baton_core::path_text;
use baton_library::sync::tags::{remove_leftovers, stat_of};
use jiff::Timestamp;

use super::files::remove_empty;
use super::journal::TagsStep;

/// Records in the catalog that a file is in the trash, and which file is kept instead.
pub(super) fn record_move(library: &mut Library, moved: &Path, kept: Option<&Path>) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match kept {
        Some(kept) => library.record_kept_copy(moved, kept, now)?,
        None => library.set_missing(&[moved], true, now)?,
    }
    Ok(())
}

/// Deletes the saved original of an unchanged file, and the prepared copy with tags.
pub(super) fn clear(kept: &Path, saved: &Path, step: &TagsStep) -> anyhow::Result<()> {
    // The writer of the copy has ended, so a young copy is a leftover too.
    if let Some(folder) = kept.parent() {
        remove_leftovers(folder, SystemTime::now() + Duration::from_hours(2));
    }
    if fs::symlink_metadata(saved).is_ok() && baton_intake::hash_file(kept)?.to_string() == step.before {
        fs::remove_file(saved)?;
        remove_empty(saved);
    }
    Ok(())
}

/// Records in the catalog that the kept file got the tags, or lost them.
pub(super) fn record_tags(library: &mut Library, step: &TagsStep, has: bool) -> anyhow::Result<()> {
    let kept = path_text::from_text(&step.kept);
    let [before, after] = [&step.before, &step.after].map(|text| text.parse::<Digest>());
    let (Ok(before), Ok(after)) = (before, after) else { return Ok(()) };
    let (before, after) = if has { (before, after) } else { (after, before) };
    let change = TagChange {
        before_sha256: before.into(),
        after_sha256: after.into(),
        after: stat_of(&kept)?,
        tags: step.tags(),
        has,
    };
    library.record_tag_change(&kept, &change, Timestamp::now())?;
    Ok(())
}
