//! The functions of `wit/evidence.wit`.

use baton_core::grants::Grant;

use super::{JudgementList, generated};
use crate::AttemptError;
use crate::capabilities::http::Denial;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::wit;

impl Capability<State> for JudgementList {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        let has_return = matches!(setup.request.task.cause, wit::Cause::Return(_));
        Ok(Self::new(setup.manifest, setup.request.services.allows(&Grant::Returns), has_return))
    }
}

impl generated::Host for State {
    fn judge(&mut self, judgement: generated::Judgement) -> wasmtime::Result<Result<(), generated::Error>> {
        let done = self.evidence.judge(judgement);
        if let Err(generated::Error::Denied(text)) = &done {
            self.http.egress.denials.add(Denial { text: text.clone(), grantable: true });
        }
        Ok(done)
    }
}
