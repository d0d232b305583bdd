//! Copies tags from the superfluous file to the kept file if the kept file does not have them, and removes them when the
//! run is undone. The original version of the kept file stays in the trash folder, so an undo restores its exact bytes.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};

use baton_catalog::Catalog;
use baton_catalog::library::{Library, Tags};
use baton_core::Digest;
use baton_core::path_text;
use baton_library::sync::tags::{fill, hash_audio};
use baton_library::sync::{FingerprintedItem, fingerprinted_items};
use fail::fail_point;

use super::catalog::{clear, record_tags};
use super::files::{describe, remove_empty};
use super::journal::{Journal, Step, TagsStep};
use super::report::{Report, names};

/// The files with a fingerprint, which may get tags. Loaded on first use.
#[derive(Default)]
pub(super) struct Writable {
    files: Option<HashMap<PathBuf, FingerprintedItem>>,
}

impl Writable {
    fn get(&mut self, catalog: &Path, path: &Path) -> anyhow::Result<Option<&FingerprintedItem>> {
        if self.files.is_none() {
            let all = Catalog::open(catalog)?
                .map(|catalog| fingerprinted_items(&catalog, &[]))
                .transpose()?
                .unwrap_or_default();
            self.files = Some(all.into_iter().map(|known| (known.path.clone(), known)).collect());
        }
        Ok(self.files.as_ref().and_then(|files| files.get(path)))
    }
}

/// The tags for one file.
pub(super) struct TagRequest<'a> {
    pub(super) catalog: &'a Path,
    pub(super) kept: &'a Path,
    /// The tags of the superfluous file.
    pub(super) wanted: &'a Tags,
    /// The path for the original version of the file.
    pub(super) saved: PathBuf,
}

/// Writes missing tags into the kept file. Returns `None` if it has all of them.
pub(super) fn write(
    filling: TagRequest<'_>,
    files: &mut Writable,
    library: &mut Library,
    journal: &mut Journal,
) -> anyhow::Result<Result<Option<TagsStep>, String>> {
    let TagRequest { catalog, kept, wanted, saved } = filling;
    let Some(known) = files.get(catalog, kept)? else {
        return Ok(Err("the catalog has no fingerprint of it; run `baton library scan`".to_owned()));
    };
    let before = match baton_intake::hash_file(kept) {
        Ok(digest) => digest.to_string(),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let mut noted = None;
    let filled = fill(known, wanted, &hash_audio, &mut |tags, rewritten| {
        let after = Digest::from(rewritten.file_sha256).to_string();
        let step = TagsStep::new(kept, &saved, [before.clone(), after], tags);
        journal.add(&Step::Tags(step.clone())).map_err(|error| format!("{error:#}"))?;
        noted = Some(step);
        fail_point!("quarantine.tags_noted");
        save(kept, &saved).map_err(|error| format!("its original version cannot be kept: {}", describe(&error)))?;
        fail_point!("quarantine.tags_saved");
        Ok(())
    });
    match (filled, noted) {
        (Ok(Some(_)), Some(step)) => {
            fail_point!("quarantine.tags_written");
            record_tags(library, &step, true)?;
            fail_point!("quarantine.tags_told");
            Ok(Ok(Some(step)))
        }
        (Ok(_), _) => Ok(Ok(None)),
        (Err(why), noted) => {
            if let Some(step) = noted {
                clear(kept, &saved, &step)?;
            }
            Ok(Err(why))
        }
    }
}

/// Saves the file in the trash folder: as a hard link, or as a copy if the volume has no hard links.
fn save(kept: &Path, saved: &Path) -> io::Result<()> {
    let folder = saved.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    match fs::hard_link(kept, saved) {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            fs::copy(kept, saved)?;
            let copy = File::options().write(true).open(saved)?;
            copy.set_times(FileTimes::new().set_modified(fs::metadata(kept)?.modified()?))?;
            copy.sync_all()?;
        }
        linked => linked?,
    }
    if let Err(error) = baton_intake::sync_folder(folder) {
        tracing::debug!(%error, "cannot sync a folder to disk");
    }
    Ok(())
}

/// Restores the original version of the file. A file that was changed after it got the tags stays as it is.
pub(super) fn undo(step: &TagsStep, library: &mut Library, dry_run: bool, report: &mut Report) -> anyhow::Result<()> {
    let [kept, saved] = [&step.kept, &step.saved].map(|path| path_text::from_text(path));
    let now = match baton_intake::hash_file(&kept) {
        Ok(digest) => digest.to_string(),
        Err(error) => {
            report.refuse(&kept, error.to_string());
            return Ok(());
        }
    };
    if now == step.before {
        if !dry_run {
            clear(&kept, &saved, step)?;
            record_tags(library, step, false)?;
        }
        return Ok(());
    }
    if now != step.after {
        let why = format!(
            "the file has changed since Baton wrote its tags, so they stay; the original is {}",
            saved.display()
        );
        report.refuse(&kept, why);
        return Ok(());
    }
    if baton_intake::hash_file(&saved).map(|digest| digest.to_string()).ok().as_ref() != Some(&step.before) {
        let why = format!("its saved original {} is missing, so the file keeps its new tags", saved.display());
        report.refuse(&kept, why);
        return Ok(());
    }
    if !dry_run {
        if let Err(error) = fs::rename(&saved, &kept) {
            report.refuse(&kept, describe(&error));
            return Ok(());
        }
        fail_point!("quarantine.undo_tags");
        remove_empty(&saved);
        record_tags(library, step, false)?;
    }
    report.tagged.push((kept, names(&step.tags())));
    Ok(())
}
