//! What the catalog is told of steps that were done or taken back, and what is cleared away of a step that was not done.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_catalog::library::{Library, Retagged};
use baton_core::Digest;
use baton_core::path_text;
use baton_library::sync::tags::{remove_leftovers, stat_of};
use jiff::Timestamp;

use super::files::remove_empty;
use super::journal::TagsStep;

/// Tells the catalog that a file is in the trash, and which one is kept instead.
pub(super) fn tell(library: &mut Library, gone: &Path, kept: Option<&Path>) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match kept {
        Some(kept) => library.keep_instead(gone, kept, now)?,
        None => library.set_missing(&[gone], true, now)?,
    }
    Ok(())
}

/// Removes the second copy of a file that is as it was, and the one that was to take its place.
pub(super) fn clear(kept: &Path, saved: &Path, step: &TagsStep) -> anyhow::Result<()> {
    // Who wrote it is dead, so its age does not count.
    if let Some(folder) = kept.parent() {
        remove_leftovers(folder, SystemTime::now() + Duration::from_hours(2));
    }
    if fs::symlink_metadata(saved).is_ok() && baton_intake::hash_file(kept)?.to_string() == step.before {
        fs::remove_file(saved)?;
        remove_empty(saved);
    }
    Ok(())
}

/// Tells the catalog that the kept file has the tags, or has them no more.
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
