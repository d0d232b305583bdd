//! Moves files: each file is checked, recorded in the journal, and renamed. Files are not copied, and no existing file is
//! replaced. The catalog is updated after each file.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_catalog::Catalog;
use baton_catalog::library::{FileLink, Library, Tags};
use baton_core::path_text;
use fail::fail_point;

use super::catalog::record_move;
use super::eagle::{EagleConnection, item_of, trash};
use super::files::{describe, remove_empty, rename};
use super::journal::{Journal, Journals, MoveStep, RemainingCopy, Step, TagsStep};
use super::plan::{ComparedFile, Group, Member, Plan};
use super::report::{KeptFile, MovedFile, Report, names};
use super::tags::{TagRequest, Writable, write};
use super::trash::Trash;

/// The options of a move.
pub(super) struct MoveOptions<'a> {
    pub(super) catalog: &'a Path,
    /// The trash folder of `--trash`.
    pub(super) trash: Option<PathBuf>,
    /// Do not copy tags to kept files.
    pub(super) without_tags: bool,
    pub(super) dry_run: bool,
}

/// Moves the superfluous files of the plan, and moves items of Eagle to its trash.
pub(super) fn move_all(
    plan: &Plan,
    options: &MoveOptions<'_>,
    journals: &Journals,
    eagle: &mut EagleConnection<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let catalog =
        Catalog::open(options.catalog)?.context("nothing was scanned yet; start with `baton library scan FOLDER`")?;
    let roots = catalog.library_sources()?.into_iter().map(|source| source.path).collect();
    let trash_folder = Trash::new(options.trash.as_deref(), roots)?;
    let mut written = Vec::new();
    for number in journals.numbers() {
        let steps = journals.steps(&number)?.into_iter();
        written.extend(steps.filter_map(|step| if let Step::Tags(step) = step { Some(step) } else { None }));
    }
    let number = journals.next();
    let mut run = Run {
        options,
        trash: trash_folder,
        kept: plan.groups.iter().map(|group| group.keep.file.path()).collect(),
        written,
        library: Library::open(options.catalog)?,
        catalog,
        writable: Writable::default(),
        journal: journals.journal(&number),
        number,
        report,
    };
    let mut moved = plan.groups.iter().try_for_each(|group| run.group(group));
    if moved.is_ok() && !options.dry_run {
        moved = trash(run.report, eagle, &mut run.journal, options.catalog);
    }
    if run.journal.is_begun() {
        run.report.number = Some(run.number.clone());
    }
    let ended = moved.and_then(|()| run.end());
    ended.with_context(|| match &run.report.number {
        Some(number) => {
            format!("the run was interrupted; `baton library quarantine --undo {number}` reverts it")
        }
        None => "nothing was moved".to_owned(),
    })
}

struct Run<'a> {
    options: &'a MoveOptions<'a>,
    trash: Trash,
    /// The files that the plan keeps.
    kept: HashSet<PathBuf>,
    /// The tags that earlier runs and this run wrote.
    written: Vec<TagsStep>,
    catalog: Catalog,
    library: Library,
    writable: Writable,
    journal: Journal,
    number: String,
    report: &'a mut Report,
}

impl Run<'_> {
    fn group(&mut self, group: &Group) -> anyhow::Result<()> {
        let keep = &group.keep.file;
        let kept = keep.check_or(&self.written);
        // The kept file is decoded once, and only if a file of the group will move.
        let mut whole = None;
        for other in &group.others {
            let path = other.file.path();
            if other.hard_link || is_one_file(&keep.path(), &path) {
                let why = "it is a hard link to the kept file, so moving it frees nothing".to_owned();
                self.report.skipped.push(KeptFile { path, why });
                continue;
            }
            let checked = self.check(keep, &kept, other).and_then(|()| {
                let whole = whole.get_or_insert_with(|| keep.intact());
                whole.clone().map_err(|why| of_kept(keep, &why))
            });
            match checked {
                Err(why) => self.report.refuse(&path, why),
                Ok(()) => self.move_file(keep, &other.file)?,
            }
        }
        Ok(())
    }

    /// Checks that the file may be moved.
    fn check(&self, keep: &ComparedFile, kept: &Result<(), String>, other: &Member) -> Result<(), String> {
        kept.as_ref().map_err(|why| of_kept(keep, why))?;
        if self.kept.contains(&other.file.path()) {
            return Err("another group of the plan keeps this file".to_owned());
        }
        other.file.check()
    }

    fn move_file(&mut self, keep: &ComparedFile, file: &ComparedFile) -> anyhow::Result<()> {
        let (path, kept) = (file.path(), keep.path());
        let link = self.catalog.link_at(&kept)?;
        if let Some(why) = self.two_tracks(&path, &kept, link.as_ref())? {
            self.report.refuse(&path, why);
            return Ok(());
        }
        let item = match item_of(&path, file.size, &kept, link.as_ref()) {
            Err(why) => {
                self.report.refuse(&path, why);
                return Ok(());
            }
            Ok(item) => item,
        };
        let tags = if self.options.without_tags { Tags::default() } else { keep.lacks(file) };
        if tags != Tags::default()
            && let Err(why) = self.keep_tags(&kept, &tags)?
        {
            let tags = names(&tags).join(", ");
            let why = format!(
                "it has tags that {} does not have ({tags}), and they cannot be written there: {why}; --without-tags skips them",
                kept.display()
            );
            self.report.refuse(&path, why);
            return Ok(());
        }
        match item {
            Some(item) => self.report.eagle.push(item),
            None => self.rename(&path, file.size, &kept, link.as_ref())?,
        }
        Ok(())
    }

    /// If imports or people linked the two files to different tracks, returns why the file stays: the files cannot be
    /// copies of one recording.
    fn two_tracks(&self, path: &Path, kept: &Path, link: Option<&FileLink>) -> anyhow::Result<Option<String>> {
        let named = |link: &&FileLink| matches!(link.by.as_deref(), Some("person" | "path")) && link.track.is_some();
        let going = self.catalog.link_at(path)?;
        let (Some(going), Some(own)) = (going.as_ref().filter(named), link.filter(named)) else { return Ok(None) };
        if going.track == own.track {
            return Ok(None);
        }
        Ok(Some(format!(
            "it and {} are two tracks of the catalog; if both are the same track, merge them with `baton catalog review merge`, then run the command again",
            kept.display()
        )))
    }

    /// Writes the tags into the kept file. The inner error is a reason for the operator, and the run continues.
    fn keep_tags(&mut self, kept: &Path, tags: &Tags) -> anyhow::Result<Result<(), String>> {
        if self.options.dry_run {
            self.report.tagged.push((kept.to_owned(), names(tags)));
            return Ok(Ok(()));
        }
        let count = self.written.iter().filter(|step| path_text::from_text(&step.kept) == kept).count() + 1;
        let saved = self.trash.saved(&self.number, kept, count);
        let filling = TagRequest { catalog: self.options.catalog, kept, wanted: tags, saved };
        Ok(match write(filling, &mut self.writable, &mut self.library, &mut self.journal)? {
            Err(why) => Err(why),
            Ok(None) => Ok(()),
            Ok(Some(step)) => {
                self.report.tagged.push((kept.to_owned(), names(&step.tags())));
                self.written.push(step);
                Ok(())
            }
        })
    }

    fn rename(&mut self, path: &Path, bytes: u64, kept: &Path, link: Option<&FileLink>) -> anyhow::Result<()> {
        let to = self.trash.place(&self.number, path);
        if !self.options.dry_run {
            let [from, to_text] = [path, &to].map(|path| path_text::to_text(path).into_owned());
            self.journal.add(&Step::Move(MoveStep { from, to: to_text, kept: RemainingCopy::new(kept, link) }))?;
            fail_point!("quarantine.noted");
            if let Err(error) = rename(path, &to) {
                self.report.refuse(path, describe(&error));
                return Ok(());
            }
            fail_point!("quarantine.moved");
            // If a network folder is mounted twice, one file has two paths. Only this check detects that both paths are
            // the kept file.
            if !still_exists(kept) {
                rename(&to, path)
                    .with_context(|| format!("failed to move {} back to {}", to.display(), path.display()))?;
                remove_empty(&to);
                self.report.refuse(path, format!("it is the kept file {} under another path", kept.display()));
                return Ok(());
            }
            record_move(&mut self.library, path, Some(kept))?;
            fail_point!("quarantine.told");
        }
        self.report.moved.push(MovedFile { from: path.to_owned(), to, bytes });
        Ok(())
    }

    /// Records that the run is complete.
    fn end(&mut self) -> anyhow::Result<()> {
        if self.journal.is_begun() && self.report.unknown == 0 {
            self.journal.add(&Step::Ended { ended: true })?;
        }
        Ok(())
    }
}

/// True if the kept file still exists after the superfluous file was moved.
fn still_exists(kept: &Path) -> bool {
    fail_point!("quarantine.kept_moves_along", |_| false);
    kept.is_file()
}

fn of_kept(keep: &ComparedFile, why: &str) -> String {
    format!("{}, which is to be kept: {why}", keep.path().display())
}

/// True if both paths are the same file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    id(one).is_some_and(|one| Some(one) == id(other))
}
