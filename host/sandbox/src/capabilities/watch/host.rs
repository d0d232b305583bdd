//! The functions of `wit/watch.wit`.

use super::{Watch, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};

impl Capability<State> for Watch {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(setup.manifest, &setup.request.services.mounts, &setup.request.watched))
    }
}

impl generated::Host for State {
    fn set(&mut self, key: String, files: Vec<generated::Seen>) -> wasmtime::Result<Result<(), generated::Error>> {
        Ok(self.watch.set(key, files))
    }
}
