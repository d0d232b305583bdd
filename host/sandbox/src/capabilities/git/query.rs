//! The queries to a repository. Each query makes several calls of `git`.

use std::path::Path;
use std::process::Command;

use super::argument;
use super::generated::{Commit, Error, Range, WorkTree};
use super::parse::{FORMAT, commits, work_tree};
use super::process::{CallEnd, Output, STDOUT_BYTES, output};
use super::repository::Repository;
use super::shadow::ShadowFolder;

/// The maximum number of commits in one `log`.
const COMMITS: u32 = 1_000;

/// The maximum number of changes in one `status`.
const CHANGES: usize = 10_000;

/// The maximum size of one file, and of the text of one answer.
const BYTES: usize = 4 << 20;

/// A repository during one call.
pub(super) struct RepositoryQuery {
    repository: Repository,
    shadow: ShadowFolder,
    end: CallEnd,
}

/// The object with a given name.
struct Object {
    id: String,
    kind: String,
    size: usize,
}

impl RepositoryQuery {
    /// # Errors
    /// When there is no readable repository, or no `git`.
    pub(super) fn open(folder: &Path, end: CallEnd) -> Result<Self, Error> {
        let repository = Repository::of(folder)?;
        let shadow = ShadowFolder::of(&repository, &end)?;
        Ok(Self { repository, shadow, end })
    }

    /// Checks again, after `git` has ended, that the repository contains no parts of other repositories.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.repository.check()
    }

    pub(super) fn log(&self, range: &Range) -> Result<Vec<Commit>, Error> {
        let mut git = self.git(&["log", "-z", "--encoding=UTF-8", "--no-color", "--no-decorate", "--no-notes"]);
        git.args(["--no-show-signature", "--no-mailmap", "--no-ext-diff", "--no-textconv", FORMAT]);
        git.arg(format!("--max-count={}", range.most.min(COMMITS)))
            .arg("--end-of-options")
            .arg(self.commit(&range.to)?);
        if let Some(after) = &range.after {
            git.arg(format!("^{}", self.commit(after)?));
        }
        git.arg("--");
        match &range.path {
            Some(path) => drop(git.arg(format!("{}{}", self.repository.prefix, argument::path(path)?))),
            None if self.repository.prefix.is_empty() => {}
            None => drop(git.arg(&self.repository.prefix)),
        }
        if range.most == 0 {
            return Ok(Vec::new());
        }
        let mut told = commits(&self.text(git, "fewer commits (`most`)")?);
        if range.path.is_some() {
            // In a shallow clone, `git` reports the oldest commit as the one that created every file, because the earlier
            // commits were not fetched.
            let boundary = self.repository.boundary();
            told.retain(|commit| !boundary.contains(&commit.id));
        }
        Ok(told)
    }

    /// Finds a commit. In a shallow clone a missing commit is an error, because it may be in the history that was not
    /// fetched.
    pub(super) fn find(&self, revision: &str) -> Result<Option<String>, Error> {
        let name = format!("{}^{{commit}}", argument::revision(revision)?);
        let found = self.object(&name)?.map(|object| object.id);
        if found.is_none() && !self.repository.boundary().is_empty() {
            return Err(Error::Unavailable(format!(
                "the repository is a shallow clone, and `{revision}` may be in the history that was not fetched: \
                 `git fetch --unshallow` fetches all of it"
            )));
        }
        Ok(found)
    }

    pub(super) fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = argument::path(path)?;
        let commit = self.commit(revision)?;
        let Some(object) = self.object(&format!("{commit}:{}{path}", self.repository.prefix))? else {
            return Ok(None);
        };
        if object.kind != "blob" {
            return Err(Error::Invalid(format!("`{path}` is not a file in that commit, but a {}", object.kind)));
        }
        if object.size > BYTES {
            return Err(too_large(&format!("`{path}` has {} bytes", object.size), "a smaller one"));
        }
        let read = output(self.git(&["cat-file", "blob", &object.id]), b"", &self.end)?;
        if !read.succeeded || read.bytes.len() != object.size {
            return Err(Error::Unavailable(format!("git could not read `{path}`: {}", read.stderr)));
        }
        Ok(Some(read.bytes))
    }

    pub(super) fn status(&self) -> Result<WorkTree, Error> {
        let mut git = self.git(&["status", "--porcelain=v2", "-z", "--branch", "--no-renames", "--no-ahead-behind"]);
        git.args(["--untracked-files=normal", "--ignore-submodules=all", "--"]);
        if !self.repository.prefix.is_empty() {
            git.arg(&self.repository.prefix);
        }
        let narrower = "a narrower folder";
        let tree = work_tree(&self.text(git, narrower)?, &self.repository.prefix);
        match tree.changes.len() {
            count if count > CHANGES => Err(too_large(&format!("there are {count} changes"), narrower)),
            _ => Ok(tree),
        }
    }

    /// The full id of a commit. A missing commit is an error.
    fn commit(&self, revision: &str) -> Result<String, Error> {
        self.find(revision)?.ok_or_else(|| Error::Invalid(format!("there is no commit `{revision}`")))
    }

    /// Resolves `name`, which is a single line. It is passed on standard input, so it cannot be an option.
    fn object(&self, name: &str) -> Result<Option<Object>, Error> {
        let git = self.git(&["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"]);
        let Output { succeeded, bytes, stderr } = output(git, format!("{name}\n").as_bytes(), &self.end)?;
        if !succeeded {
            return Err(Error::Unavailable(format!("git failed: {stderr}")));
        }
        let reply = String::from_utf8_lossy(&bytes);
        let reply = reply.trim_end();
        if reply.ends_with(" ambiguous") {
            return Err(Error::Invalid("several commits begin with this id; use more digits".to_owned()));
        }
        let mut parts = reply.split(' ');
        let found = (parts.next(), parts.next(), parts.next().and_then(|size| size.parse().ok()), parts.next());
        Ok(match found {
            (Some(id), Some(kind), Some(size), None) => Some(Object { id: id.to_owned(), kind: kind.to_owned(), size }),
            _ => None,
        })
    }

    fn git(&self, args: &[&str]) -> Command {
        let mut git = self.shadow.git(&self.repository);
        git.args(args);
        git
    }

    fn text(&self, git: Command, instead: &str) -> Result<String, Error> {
        let Output { succeeded, bytes, stderr } = output(git, b"", &self.end)?;
        if bytes.len() > BYTES || bytes.len() >= STDOUT_BYTES {
            return Err(too_large("the answer is larger", instead));
        }
        if !succeeded {
            return Err(Error::Unavailable(format!("git failed: {stderr}")));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn too_large(what: &str, instead: &str) -> Error {
    Error::TooLarge(format!("at most {} MiB are read, and {what}; ask for {instead}", BYTES >> 20))
}
