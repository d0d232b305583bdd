//! The functions of the interface.

use wasmtime::component::Resource;

use super::{Lock, generated};
use crate::store::State;
use generated::Error;

impl generated::Host for State {
    async fn take(&mut self, name: String) -> wasmtime::Result<Result<Option<Resource<Lock>>, Error>> {
        let taken = self.claims.take(&name).await;
        Ok(taken.map(|taken| taken.map(Resource::new_own)))
    }
}

impl generated::HostClaim for State {
    async fn holds(&mut self, claim: Resource<Lock>) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.claims.holds(claim.rep()).await)
    }

    async fn drop(&mut self, claim: Resource<Lock>) -> wasmtime::Result<()> {
        self.claims.give_back(claim.rep()).await;
        Ok(())
    }
}
