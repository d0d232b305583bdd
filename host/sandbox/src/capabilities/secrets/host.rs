//! The functions of `wit/secrets.wit`.

use std::sync::Arc;

use super::Secrets;
use super::injected::PlaceholderError;
use crate::AttemptError;
use crate::bindings::baton::plugin::secrets as generated;
use crate::capabilities::{AttemptSetup, Capability, State};

impl Capability<State> for Secrets {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self { egress: Arc::clone(setup.egress) })
    }
}

impl generated::Host for State {
    fn placeholder(&mut self, name: String) -> wasmtime::Result<Result<String, generated::SecretError>> {
        Ok(self.secrets.egress.secrets.placeholder(&name).map_err(|missing| {
            let text = missing.text().to_owned();
            let error = match &missing {
                PlaceholderError::Denied(_) => generated::SecretError::Denied(text),
                PlaceholderError::Unset(_) => generated::SecretError::Missing(text),
            };
            self.secrets.egress.denials.add(missing.into_denial());
            error
        }))
    }
}
