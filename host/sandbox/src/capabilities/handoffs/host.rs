//! The functions of `wit/handoffs.wit`.

use super::{Handoffs, generated};
use crate::AttemptError;
use crate::capabilities::http::Denial;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::error::ResourceLimit;
use crate::limits;
use crate::usage::Usage;

impl Capability<State> for Handoffs {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(setup.request.handoffs.clone()))
    }

    fn note_usage(&self, usage: &mut Usage) {
        usage.note(ResourceLimit::Emissions, self.drafts() as u64, limits::EMISSIONS as u64);
    }
}

impl State {
    /// Records a denial. If the plugin fails afterwards, its task waits for the grant, and the reason of the task contains the
    /// grant command.
    fn note_denial(&self, done: &Result<(), generated::EmitError>) {
        if let Err(generated::EmitError::Denied(text)) = done {
            self.http.egress.denials.add(Denial { text: text.clone(), grantable: true });
        }
    }
}

impl generated::Host for State {
    fn emit(&mut self, draft: generated::Draft) -> wasmtime::Result<Result<(), generated::EmitError>> {
        let was_refused = self.handoffs.refused.is_some();
        let answer = self.handoffs.emit(draft);
        if let Some(reason) = self.handoffs.refused.as_ref().filter(|_| !was_refused) {
            self.log.add_line(reason);
        }
        self.note_denial(&answer);
        Ok(answer)
    }

    fn withdraw(&mut self, dedupe_key: String, reason: String) -> wasmtime::Result<Result<(), generated::EmitError>> {
        let done = self.handoffs.withdraw(dedupe_key, reason);
        self.note_denial(&done);
        Ok(done)
    }
}
