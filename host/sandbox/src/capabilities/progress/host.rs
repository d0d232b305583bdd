//! The functions of `wit/progress.wit`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::file_name::cut;
use baton_core::text::is_unprintable;

use super::{Listener, Progress, ProgressMeter};
use crate::AttemptError;
use crate::bindings::baton::plugin::progress as generated;
use crate::capabilities::http::Egress;
use crate::capabilities::{AttemptSetup, Capability, State};

/// The minimum time between two progress messages that are reported.
const CLOSEST: Duration = Duration::from_millis(50);

/// The maximum size of a message, in bytes.
const MESSAGE_BYTES: usize = 200;

impl Capability<State> for ProgressMeter {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        let listener = setup.request.listener.clone().map(|listener| scrubbed(listener, setup.egress));
        Ok(Self { cancel: setup.request.cancel.clone(), listener, last: None })
    }
}

impl generated::Host for State {
    fn report(&mut self, percent: Option<u8>, message: String) -> wasmtime::Result<()> {
        let meter = &mut self.progress;
        let Some(listener) = &meter.listener else {
            return Ok(());
        };
        if meter.last.is_some_and(|last| last.elapsed() < CLOSEST) {
            return Ok(());
        }
        meter.last = Some(Instant::now());
        let line: String = cut(&message, MESSAGE_BYTES).chars().filter(|c| !is_unprintable(*c)).collect();
        listener(Progress { percent: percent.map(|percent| percent.min(100)), message: line });
        Ok(())
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        Ok(self.progress.cancel.is_cancelled())
    }
}

/// Removes the values of secrets from each progress message, including tokens that were renewed during the attempt.
fn scrubbed(listener: Listener, egress: &Arc<Egress>) -> Listener {
    let egress = Arc::clone(egress);
    Arc::new(move |mut progress| {
        egress.secrets.scrubber().text(&mut progress.message);
        listener(progress);
    })
}
