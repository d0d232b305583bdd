//! The repository of a granted folder, for reading. `wit/git.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, git};
//!
//! fn newest() -> Result<Option<String>, Error> {
//!     let commits = git::repository("root").log("HEAD", 1)?;
//!     Ok(commits.into_iter().next().map(|commit| commit.message))
//! }
//! ```

pub use crate::bindings::baton::plugin::git::{Change, Changed, Commit, Error, Range, WorkTree};

use crate::bindings::baton::plugin::git as generated;

/// The repository of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(String);

/// The repository of a granted folder by name: `root`, or `plans/1` for the second folder of that name.
#[must_use]
pub fn repository(folder: &str) -> Repository {
    Repository(folder.to_owned())
}

impl Repository {
    /// The newest commits up to `to`, at most `most`.
    ///
    /// # Errors
    /// As `log` in `wit/git.wit`.
    pub fn log(&self, to: &str, most: u32) -> Result<Vec<Commit>, Error> {
        self.log_of(&Range { to: to.to_owned(), after: None, path: None, most })
    }

    /// The commits of a range.
    ///
    /// # Errors
    /// As `log` in `wit/git.wit`.
    pub fn log_of(&self, range: &Range) -> Result<Vec<Commit>, Error> {
        generated::log(&self.0, range)
    }

    /// The full id of a commit; `None` if there is no such commit.
    ///
    /// # Errors
    /// As `find-commit` in `wit/git.wit`.
    pub fn find_commit(&self, revision: &str) -> Result<Option<String>, Error> {
        generated::find_commit(&self.0, revision)
    }

    /// The bytes of a file in a commit.
    ///
    /// # Errors
    /// As `read-file` in `wit/git.wit`.
    pub fn read_file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        generated::read_file(&self.0, revision, path)
    }

    /// The differences of the files from the last commit.
    ///
    /// # Errors
    /// As `status` in `wit/git.wit`.
    pub fn status(&self) -> Result<WorkTree, Error> {
        generated::status(&self.0)
    }
}

impl Commit {
    /// The first line of the message.
    #[must_use]
    pub fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// A missing grant is `needs-grant`, a temporary failure `retryable`, the rest `permanent`.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Timeout(text) => Self::Retryable(text),
            Error::Unavailable(text) | Error::Invalid(text) | Error::TooLarge(text) => Self::Permanent(text),
        }
    }
}
