//! The repository of a granted folder, for reading.

use baton_plugin_sdk::git::{Commit, Error, Range, Repository};

use super::ServiceError;

/// A repository.
pub trait Git {
    /// The commit of a revision; `None` if the repository has no such commit or the text cannot be a revision.
    ///
    /// # Errors
    /// As `find-commit` and `log` in `wit/git.wit`.
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError>;

    /// The commits of a range, newest first.
    ///
    /// # Errors
    /// As `log` in `wit/git.wit`.
    fn log(&self, range: &Range) -> Result<Vec<Commit>, ServiceError>;

    /// The bytes of a file in a commit.
    ///
    /// # Errors
    /// As `read-file` in `wit/git.wit`.
    fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, ServiceError>;
}

impl Git for Repository {
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError> {
        match self.find_commit(revision) {
            Ok(Some(id)) => Ok(Self::log(self, &id, 1)?.into_iter().next()),
            Ok(None) | Err(Error::Invalid(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn log(&self, range: &Range) -> Result<Vec<Commit>, ServiceError> {
        Ok(self.log_of(range)?)
    }

    fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(self.read_file(revision, path)?)
    }
}
