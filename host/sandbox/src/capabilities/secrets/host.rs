//! The functions of the interface.

use super::injected::PlaceholderError;
use crate::bindings::baton::plugin::secrets as generated;
use crate::store::State;

impl generated::Host for State {
    fn placeholder(&mut self, name: String) -> wasmtime::Result<Result<String, generated::SecretError>> {
        Ok(self.http.egress.lent.placeholder(&name).map_err(|missing| {
            let text = missing.text().to_owned();
            let error = match &missing {
                PlaceholderError::Denied(_) => generated::SecretError::Denied(text),
                PlaceholderError::Unset(_) => generated::SecretError::Missing(text),
            };
            self.http.egress.denials.add(missing.into_denial());
            error
        }))
    }
}
