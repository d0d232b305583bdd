//! The functions of `wit/git.wit`.

use super::process::CallEnd;
use super::query::RepositoryQuery;
use super::{Git, blocking, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};
use generated::{Commit, Error, Range, WorkTree};

impl Capability<State> for Git {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(setup.manifest, &setup.request.services.repositories))
    }
}

impl State {
    /// Queries the repository of a granted folder, on a thread that may block.
    async fn ask<T: Send + 'static>(
        &mut self,
        folder: &str,
        question: impl FnOnce(&RepositoryQuery) -> Result<T, Error> + Send + 'static,
    ) -> wasmtime::Result<Result<T, Error>> {
        let folder = match self.git.folder(folder) {
            Ok(folder) => folder,
            Err(error) => return Ok(Err(error)),
        };
        let end = CallEnd::default();
        let ending = end.clone();
        let question = move || {
            let ask = RepositoryQuery::open(&folder, end)?;
            let answer = question(&ask);
            ask.check()?;
            answer
        };
        let asked = blocking::blocking(move || ending.ask(), question).await;
        let broken_off = || Err(Error::Unavailable("the call failed; this is a fault of Baton".to_owned()));
        Ok(asked.unwrap_or_else(broken_off))
    }
}

impl generated::Host for State {
    async fn log(&mut self, folder: String, range: Range) -> wasmtime::Result<Result<Vec<Commit>, Error>> {
        self.ask(&folder, move |repository| repository.log(&range)).await
    }

    async fn find_commit(
        &mut self,
        folder: String,
        revision: String,
    ) -> wasmtime::Result<Result<Option<String>, Error>> {
        self.ask(&folder, move |repository| repository.find(&revision)).await
    }

    async fn read_file(
        &mut self,
        folder: String,
        revision: String,
        path: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        self.ask(&folder, move |repository| repository.file(&revision, &path)).await
    }

    async fn status(&mut self, folder: String) -> wasmtime::Result<Result<WorkTree, Error>> {
        self.ask(&folder, RepositoryQuery::status).await
    }
}
