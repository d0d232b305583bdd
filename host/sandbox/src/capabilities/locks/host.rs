//! The functions of `wit/locks.wit`.

use wasmtime::component::Resource;

use super::{Lock, Locks, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};
use generated::Error;

impl Capability<State> for Locks {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(setup.manifest, setup.request.locks.clone(), &setup.request.task.id))
    }
}

impl generated::Host for State {
    async fn take(&mut self, name: String) -> wasmtime::Result<Result<Option<Resource<Lock>>, Error>> {
        let taken = self.locks.take(&name).await;
        Ok(taken.map(|taken| taken.map(Resource::new_own)))
    }
}

impl generated::HostLock for State {
    async fn holds(&mut self, lock: Resource<Lock>) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.locks.holds(lock.rep()).await)
    }

    async fn drop(&mut self, lock: Resource<Lock>) -> wasmtime::Result<()> {
        self.locks.release(lock.rep()).await;
        Ok(())
    }
}
