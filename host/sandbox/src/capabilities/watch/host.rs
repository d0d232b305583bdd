//! The functions of the interface.

use super::generated;
use crate::store::State;

impl generated::Host for State {
    fn set(&mut self, key: String, files: Vec<generated::Seen>) -> wasmtime::Result<Result<(), generated::Error>> {
        Ok(self.watch.set(key, files))
    }
}
