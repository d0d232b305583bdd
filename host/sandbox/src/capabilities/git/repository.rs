//! Finds the repository of a folder, and checks that it may be read: all its parts must be inside the repository.
//!
//! A plugin may be allowed to write to the folder, and so to `.git`. If `.git` could point elsewhere, the plugin could
//! read repositories that are not granted: by a `.git` file, a link in place of any file or folder (one loose object is
//! sufficient), or borrowed objects (`alternates`). So no link is allowed in any part that `git` reads. The check is
//! repeated after `git` has ended, because another attempt may write there in the meantime.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::generated::Error;

/// The maximum size of a small file (`HEAD`, `.git`).
const SMALL: u64 = 4096;

/// The maximum number of bytes to read from `shallow`, the list of a shallow clone's oldest commits: 100,000 lines.
const BOUNDARY: u64 = 41 * 100_000;

/// The maximum depth of folders below `objects` and `refs`. `git` creates two levels for objects; the name of a
/// reference has a few.
const DEEP: usize = 32;

/// The maximum number of files below `objects` and `refs`. A repository that was not packed for years has about ten
/// thousand.
const MANY: usize = 1_000_000;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The folder that contains `.git`.
    pub(super) top: PathBuf,
    /// The folder with `HEAD` and the index.
    pub(super) own: PathBuf,
    /// The folder with objects and references. In a linked work tree it differs from `own`.
    pub(super) common: PathBuf,
    /// The path of the granted folder below `top`: empty, or with a final `/`.
    pub(super) prefix: String,
}

impl Repository {
    /// The repository that contains `folder`.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let shown = folder.display();
        let gone = |error: io::Error| Error::Unavailable(format!("the folder {shown} cannot be opened: {error}"));
        let folder = folder.canonicalize().map_err(gone)?;
        let above = folder.ancestors().find(|above| fs::symlink_metadata(above.join(".git")).is_ok());
        let Some(top) = above else {
            return Err(Error::Unavailable(format!(
                "the folder {shown} is not in a Git repository; `git init` makes one"
            )));
        };
        let below = folder.strip_prefix(top).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let prefix = if below.is_empty() { below } else { below + "/" };
        let (own, common) = directories(top).map_err(|why| refused(top, &why))?;
        let repository = Self { top: top.to_owned(), own, common, prefix };
        repository.check()?;
        Ok(repository)
    }

    /// Checks that everything that `git` reads is inside the repository.
    pub(super) fn check(&self) -> Result<(), Error> {
        check(&self.own, &self.common).map_err(|why| refused(&self.top, &why))
    }

    /// The ids of the commits whose parents were not fetched. Empty if the repository is not a shallow clone.
    pub(super) fn boundary(&self) -> BTreeSet<String> {
        let Ok(file) = baton_files::open(&self.common.join("shallow")) else { return BTreeSet::new() };
        let mut text = String::new();
        drop(file.take(BOUNDARY).read_to_string(&mut text));
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }
}

fn refused(top: &Path, why: &str) -> Error {
    Error::Unavailable(format!("the repository {} cannot be read safely: {why}", top.display()))
}

/// The git directory of a work tree, and the common directory of all its work trees.
fn directories(top: &Path) -> Result<(PathBuf, PathBuf), String> {
    let dot = top.join(".git");
    let kind = fs::symlink_metadata(&dot).map_err(|error| error.to_string())?.file_type();
    if kind.is_dir() {
        return Ok((dot.clone(), dot));
    }
    if !kind.is_file() {
        return Err("its .git is a link".to_owned());
    }
    linked(top, &dot).ok_or_else(|| {
        "its .git names a git directory elsewhere, which does not point back to this folder (worktrees are supported, submodules \
         are not)"
            .to_owned()
    })
}

/// The directories of a linked work tree. The main repository must refer back to the work tree; only a writer of the
/// main repository can create that reference.
fn linked(top: &Path, dot: &Path) -> Option<(PathBuf, PathBuf)> {
    let named = small(dot).ok()?;
    let own = top.join(named.trim_end().strip_prefix("gitdir: ")?).canonicalize().ok()?;
    let back = own.join(small(&own.join("gitdir")).ok()?.trim_end()).canonicalize().ok()?;
    let common = own.join(small(&own.join("commondir")).ok()?.trim_end()).canonicalize().ok()?;
    (back == dot.canonicalize().ok()? && own.starts_with(common.join("worktrees"))).then_some((own, common))
}

/// Checks that all used parts are inside the repository.
fn check(own: &Path, common: &Path) -> Result<(), String> {
    real_file(&own.join("HEAD"))?;
    let mut left = MANY;
    for folder in ["objects", "refs", "reftable"] {
        real_folder(&common.join(folder))?;
        real_below(&common.join(folder), DEEP, &mut left)?;
    }
    for file in ["packed-refs", "shallow", "config"] {
        real_file(&common.join(file))?;
    }
    real_folder(&common.join("info"))?;
    real_file(&common.join("info/exclude"))?;
    for entry in fs::read_dir(own).map_err(|error| error.to_string())?.filter_map(Result::ok) {
        let name = entry.file_name();
        if name == "index" || name.to_string_lossy().starts_with("sharedindex.") {
            real_file(&entry.path())?;
        }
    }
    for alternates in ["alternates", "http-alternates"] {
        if fs::symlink_metadata(common.join("objects/info").join(alternates)).is_ok_and(|found| found.len() > 0) {
            return Err(
                "it uses objects of another repository (objects/info/alternates); run `git repack -a -d`, then delete \
                 that file"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

/// Checks that every entry below the folder is a file or a folder, not a link. The listing has the kind of each entry,
/// so a loose object needs no further system call.
fn real_below(folder: &Path, deep: usize, left: &mut usize) -> Result<(), String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("{} cannot be read: {error}", folder.display())),
    };
    for entry in entries {
        let entry = entry.map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| error.to_string())?);
        *left = left.checked_sub(1).ok_or_else(|| format!("it has more than {MANY} files; `git gc` packs them"))?;
        if kind.is_dir() && deep > 0 {
            real_below(&path, deep - 1, left)?;
        } else if !kind.is_file() {
            return Err(format!("{} is not a file", path.display()));
        }
    }
    Ok(())
}

fn real_folder(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => Err(format!("{} is not a folder", path.display())),
        _ => Ok(()),
    }
}

fn real_file(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(format!("{} is not a file", path.display())),
        _ => Ok(()),
    }
}

pub(super) fn small(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    baton_files::open(path)?.take(SMALL).read_to_string(&mut text)?;
    Ok(text)
}
