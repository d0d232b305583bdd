//! Which repository a folder lies in, and whether it may be read: whatever it is made of has to be its own.
//!
//! A plugin may be allowed to write to the folder and so to what lies in `.git`. If that could point elsewhere, it would
//! read repositories that nobody granted: by a `.git` file, a link, or borrowed objects (`alternates`).

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::generated::Error;

/// A small file (`HEAD`, `.git`) has no more than this.
const SMALL: u64 = 4096;

/// Bytes that are read of the list of a shallow clone's oldest commits: 100,000 of them.
const BOUNDARY: u64 = 41 * 100_000;

/// A repository that may be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The folder that has `.git`.
    pub(super) top: PathBuf,
    /// Where `HEAD` and the index are.
    pub(super) own: PathBuf,
    /// Where objects and references are; for a linked work tree another folder than `own`.
    pub(super) common: PathBuf,
    /// Where the granted folder lies below the top: empty, or with a `/` at its end.
    pub(super) prefix: String,
}

impl Repository {
    /// The repository that `folder` lies in.
    ///
    /// # Errors
    /// When there is none, or it is made of things that lie elsewhere.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let shown = folder.display();
        let gone = |error: io::Error| Error::Unavailable(format!("the folder {shown} cannot be opened: {error}"));
        let folder = folder.canonicalize().map_err(gone)?;
        let above = folder.ancestors().find(|above| fs::symlink_metadata(above.join(".git")).is_ok());
        let Some(top) = above else {
            return Err(Error::Unavailable(format!("the folder {shown} lies in no repository; `git init` makes one")));
        };
        let below = folder.strip_prefix(top).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let prefix = if below.is_empty() { below } else { below + "/" };
        let (own, common) = directories(top).map_err(|why| refused(top, &why))?;
        check(&own, &common).map_err(|why| refused(top, &why))?;
        Ok(Self { top: top.to_owned(), own, common, prefix })
    }

    /// The ids of the commits whose parents were not fetched; none where the repository is not a shallow clone.
    pub(super) fn boundary(&self) -> BTreeSet<String> {
        let Ok(file) = fs::File::open(self.common.join("shallow")) else { return BTreeSet::new() };
        let mut text = String::new();
        drop(file.take(BOUNDARY).read_to_string(&mut text));
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }
}

fn refused(top: &Path, why: &str) -> Error {
    Error::Unavailable(format!("the repository {} cannot be read safely: {why}", top.display()))
}

/// The git directory of a work tree, and the one that it shares with others.
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
        "its .git names a git directory elsewhere that does not name it in turn (only `git worktree` is followed, a \
         submodule is not)"
            .to_owned()
    })
}

/// A linked work tree: the other side confirms it, and only its owner can have written that.
fn linked(top: &Path, dot: &Path) -> Option<(PathBuf, PathBuf)> {
    let named = small(dot).ok()?;
    let own = top.join(named.trim_end().strip_prefix("gitdir: ")?).canonicalize().ok()?;
    let back = own.join(small(&own.join("gitdir")).ok()?.trim_end()).canonicalize().ok()?;
    let common = own.join(small(&own.join("commondir")).ok()?.trim_end()).canonicalize().ok()?;
    (back == dot.canonicalize().ok()? && own.starts_with(common.join("worktrees"))).then_some((own, common))
}

/// Nothing that is borrowed lies elsewhere.
fn check(own: &Path, common: &Path) -> Result<(), String> {
    real_file(&own.join("HEAD"))?;
    for folder in ["objects", "refs", "refs/heads", "refs/tags", "reftable"] {
        real_folder(&common.join(folder))?;
    }
    for file in ["packed-refs", "shallow", "config", "info/exclude"] {
        real_file(&common.join(file))?;
    }
    real_file(&own.join("index"))?;
    let objects = common.join("objects");
    let entries = fs::read_dir(&objects).map_err(|error| format!("its objects cannot be read: {error}"))?;
    for entry in entries.filter_map(Result::ok) {
        real_folder(&entry.path())?;
    }
    for entry in fs::read_dir(objects.join("pack")).into_iter().flatten().filter_map(Result::ok) {
        real_file(&entry.path())?;
    }
    for alternates in ["alternates", "http-alternates"] {
        if fs::metadata(objects.join("info").join(alternates)).is_ok_and(|found| found.len() > 0) {
            return Err(
                "it borrows objects from elsewhere (objects/info/alternates); `git repack -a -d` and removing \
                        that file ends this"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

fn real_folder(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => Err(format!("{} is no folder", path.display())),
        _ => Ok(()),
    }
}

fn real_file(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(format!("{} is no file", path.display())),
        _ => Ok(()),
    }
}

/// The text of a small file.
pub(super) fn small(path: &Path) -> io::Result<String> {
    // A pipe would never end.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = String::new();
    fs::File::open(path)?.take(SMALL).read_to_string(&mut text)?;
    Ok(text)
}
