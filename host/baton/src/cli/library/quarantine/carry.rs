//! Moving: each file is checked, noted in the journal, and renamed; never copied, never over another file.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_ledger::catalog::Catalog;
use baton_ledger::catalog::library::Library;
use baton_ledger::path_text;
use baton_library::source::{eagle_around, eagle_id};
use jiff::Timestamp;

use super::journal::{Journal, Step};
use super::plan::{Compared, Group, Plan};
use super::trash::Trash;
use super::{EagleFile, Moved, Report, Stayed};

/// How it is done.
pub(super) struct Wish<'a> {
    pub(super) catalog: &'a Path,
    pub(super) journals: &'a Path,
    /// The trash folder, where one was named.
    pub(super) trash: Option<PathBuf>,
    /// Whether a file is moved that has tags which the kept one lacks.
    pub(super) without_tags: bool,
    pub(super) dry_run: bool,
}

/// Moves what the plan calls superfluous. Items of Eagle are only checked.
///
/// # Errors
/// When the catalog cannot be read or the journal cannot be written.
pub(super) fn carry(plan: &Plan, wish: &Wish<'_>) -> anyhow::Result<Report> {
    let sources = Catalog::open(wish.catalog)?.map(|catalog| catalog.library_sources()).transpose()?;
    let roots = sources.unwrap_or_default().into_iter().map(|source| source.path).collect();
    let trash = Trash::new(wish.trash.as_deref(), roots)?;
    let kept = plan.groups.iter().map(|group| group.keep.file.path()).collect();
    let number = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let mut run = Run { wish, trash, kept, number, journal: None, report: Report::default() };
    let carried = plan.groups.iter().try_for_each(|group| run.group(group));
    // What was moved is told also where something failed after that.
    carried.and(run.tell()).with_context(|| match (&run.report.number, run.report.moved.len()) {
        (Some(number), moved) if moved > 0 => {
            format!("it ended after {moved} moved files; `baton library quarantine --undo {number}` moves them back")
        }
        _ => "nothing was moved".to_owned(),
    })?;
    Ok(run.report)
}

struct Run<'a> {
    wish: &'a Wish<'a>,
    trash: Trash,
    /// What some group keeps.
    kept: HashSet<PathBuf>,
    number: String,
    journal: Option<Journal>,
    report: Report,
}

impl Run<'_> {
    fn group(&mut self, group: &Group) -> anyhow::Result<()> {
        let keep = &group.keep.file;
        let kept = keep.check();
        // Decoded once, and only where something of the group is to move.
        let mut whole = None;
        for other in &group.others {
            let path = other.file.path();
            let tags = if self.wish.without_tags { Vec::new() } else { keep.lacks(&other.file) };
            if other.hard_link || is_one_file(&keep.path(), &path) {
                let why = "it is the kept file under another name (hard link), which frees nothing".to_owned();
                self.report.skipped.push(Stayed { path, why });
            } else if let Err(why) = &kept {
                self.report.refuse(&path, format!("{}, which is to be kept: {why}", keep.path().display()));
            } else if self.kept.contains(&path) {
                self.report.refuse(&path, "another group of the plan keeps it");
            } else if let Err(why) = other.file.check() {
                self.report.refuse(&path, why);
            } else if !tags.is_empty() {
                let why = format!(
                    "it has tags that {} lacks ({}); copy them there, or say --without-tags",
                    keep.path().display(),
                    tags.join(", ")
                );
                self.report.refuse(&path, why);
            } else if let Err(why) = whole.get_or_insert_with(|| keep.intact()) {
                self.report.refuse(&path, format!("{}, which is to be kept: {why}", keep.path().display()));
            } else {
                match eagle_file(&path, other.file.size) {
                    Err(why) => self.report.refuse(&path, why),
                    Ok(Some(item)) => self.report.eagle.push(item),
                    Ok(None) => self.one(&path, &other.file, &keep.path())?,
                }
            }
        }
        Ok(())
    }

    fn one(&mut self, path: &Path, file: &Compared, keep: &Path) -> anyhow::Result<()> {
        let to = self.trash.place(&self.number, path);
        if !self.wish.dry_run {
            let step = Step {
                from: path_text::to_text(path).into_owned(),
                to: Some(path_text::to_text(&to).into_owned()),
                eagle: None,
            };
            if self.journal.is_none() {
                self.journal = Some(Journal::open(self.wish.journals, &self.number)?);
                self.report.number = Some(self.number.clone());
            }
            if let Some(journal) = &mut self.journal {
                journal.add(&step)?;
            }
            if let Err(error) = rename(path, &to) {
                self.report.refuse(path, said(&error));
                return Ok(());
            }
            // A folder that is mounted twice shows one file at two places, with nothing that tells so.
            if !keep.is_file() {
                rename(&to, path)
                    .with_context(|| format!("failed to move {} back to {}", to.display(), path.display()))?;
                self.report.refuse(path, format!("it is the kept file {} at another place", keep.display()));
                return Ok(());
            }
        }
        self.report.moved.push(Moved { from: path.to_owned(), to, bytes: file.size });
        Ok(())
    }

    /// Tells the catalog what is not there any more.
    fn tell(&self) -> anyhow::Result<()> {
        if !self.wish.dry_run && !self.report.moved.is_empty() {
            let paths: Vec<&Path> = self.report.moved.iter().map(|moved| moved.from.as_path()).collect();
            Library::open(self.wish.catalog)?.set_missing(&paths, true, Timestamp::now())?;
        }
        Ok(())
    }
}

/// Whether both paths lead to one file now.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    id(one).is_some_and(|one| Some(one) == id(other))
}

/// The item of Eagle that a file is; none where the file is in no library of Eagle.
///
/// # Errors
/// Why the file is left alone, for people: it is in a library of Eagle and not of an item.
fn eagle_file(path: &Path, bytes: u64) -> Result<Option<EagleFile>, String> {
    let Some(library) = eagle_around(path) else { return Ok(None) };
    let Some(id) = eagle_id(path).filter(|_| path.starts_with(library.join("images"))) else {
        return Err(format!("it is in Eagle's library {} and not the file of an item", library.display()));
    };
    Ok(Some(EagleFile { path: path.to_owned(), library: library.to_owned(), id: id.to_owned(), bytes }))
}

/// Renames a file into a folder that is made where it is missing; both folders are put onto the disk.
///
/// # Errors
/// When that is not possible; then the file is where it was.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    baton_intake::rename_new(from, to)?;
    for folder in [from.parent(), Some(folder)].into_iter().flatten() {
        // It has its new name, whatever comes of this.
        if let Err(error) = baton_intake::sync_folder(folder) {
            tracing::debug!(%error, "a folder cannot be flushed to its volume");
        }
    }
    Ok(())
}

/// Why a file could not be renamed, and what helps.
pub(super) fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::CrossesDevices => {
            "the trash folder is on another volume; name one on the volume of the file with --trash".to_owned()
        }
        io::ErrorKind::AlreadyExists => "there is a file of its name already".to_owned(),
        _ => error.to_string(),
    }
}
