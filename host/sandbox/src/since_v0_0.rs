//! Plugins of the world before ours, `baton:plugin@0.0.1`: the same but that a task had no `answer`, that nothing could be
//! taken back, that a mount did not say where it is on the host, and that there were no `ledger`, `sql`, `claims`, `git`,
//! `fingerprint`, `http`, `secrets` and `watch`. Each thing of it becomes the same thing of ours and back; nothing is decided
//! here.
//!
//! A plugin of that world is never told what a person answered. That is why its action may ask again. A task of a schedule
//! or of a RETURN is a `call` for it, without the RETURN.

use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use crate::bindings::baton::plugin::{handoffs as ours, progress};
use crate::store::State;
use crate::wit;

use generated::baton::plugin::{handoffs, types};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit/0.0.1",
        world: "plugin",
        imports: { default: trappable },
        exports: { default: async },
    });
}

pub(crate) const VERSION: &str = "0.0.1";

/// What a component of that world may import.
pub(crate) const OURS: [&str; 3] = ["types", "progress", "handoffs"];

/// A component of that world, linked.
pub(crate) struct Pre(generated::PluginPre<State>);

/// Serves that world's imports too.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    generated::Plugin::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl Pre {
    pub(crate) fn new(linked: InstancePre<State>) -> wasmtime::Result<Self> {
        generated::PluginPre::new(linked).map(Self)
    }

    /// Calls `run` in a fresh instance.
    pub(crate) async fn run(
        &self,
        store: &mut Store<State>,
        task: wit::Task,
    ) -> wasmtime::Result<Result<wit::Outcome, wit::Error>> {
        let instance = self.0.instantiate_async(&mut *store).await?;
        let ended = instance.baton_plugin_handler().call_run(&mut *store, &before(task)).await?;
        Ok(ended.map(outcome).map_err(error))
    }
}

/// Our task as it was then.
fn before(task: wit::Task) -> types::Task {
    // Then it was there exactly for the cause `handoff`.
    let handoff = task.handoff.filter(|_| task.cause == wit::Cause::Handoff).map(|handoff| types::Handoff {
        id: handoff.id,
        from: handoff.from,
        title: handoff.title,
        body: handoff.body,
        priority: match handoff.priority {
            wit::Priority::Low => types::Priority::Low,
            wit::Priority::Medium => types::Priority::Medium,
            wit::Priority::High => types::Priority::High,
            wit::Priority::Critical => types::Priority::Critical,
        },
        created_at: handoff.created_at,
        raw: handoff.raw,
    });
    let cause = match task.cause {
        wit::Cause::Handoff => types::Cause::Handoff,
        wit::Cause::Files(files) => types::Cause::Files(files),
        // A schedule, a RETURN and audio were no causes then: they are calls.
        wit::Cause::Call | wit::Cause::Schedule | wit::Cause::Return(_) | wit::Cause::Audio => types::Cause::Call,
    };
    let mount = |mount: wit::Mount| types::Mount {
        name: mount.name,
        path: mount.path,
        shown_as: mount.shown_as,
        writable: mount.writable,
    };
    types::Task {
        id: task.id,
        attempt: task.attempt,
        action: task.action,
        args: task.args,
        cause,
        handoff,
        mounts: task.mounts.into_iter().map(mount).collect(),
        now: task.now,
    }
}

fn outcome(then: types::Outcome) -> wit::Outcome {
    let artifact = |artifact: types::Artifact| wit::Artifact {
        name: artifact.name,
        media_type: artifact.media_type,
        bytes: artifact.bytes,
    };
    let finding = |finding: types::Finding| wit::Finding {
        id: finding.id,
        severity: match finding.severity {
            types::Severity::Info => wit::Severity::Info,
            types::Severity::Low => wit::Severity::Low,
            types::Severity::Medium => wit::Severity::Medium,
            types::Severity::High => wit::Severity::High,
            types::Severity::Critical => wit::Severity::Critical,
        },
        title: finding.title,
        evidence: finding.evidence,
    };
    wit::Outcome {
        // That version had no other kind.
        kind: wit::OutcomeKind::Done,
        summary: then.summary,
        next_steps: Vec::new(),
        artifacts: then.artifacts.into_iter().map(artifact).collect(),
        findings: then.findings.into_iter().map(finding).collect(),
    }
}

fn error(then: types::Error) -> wit::Error {
    match then {
        types::Error::Retryable(text) => wit::Error::Retryable(text),
        types::Error::Permanent(text) => wit::Error::Permanent(text),
        types::Error::NeedsHuman(text) => wit::Error::NeedsHuman(text),
        types::Error::NeedsGrant(text) => wit::Error::NeedsGrant(text),
    }
}

impl types::Host for State {}

impl generated::baton::plugin::progress::Host for State {
    fn report(&mut self, percent: Option<u8>, message: String) -> wasmtime::Result<()> {
        progress::Host::report(self, percent, message)
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        progress::Host::cancelled(self)
    }
}

impl handoffs::Host for State {
    fn emit(&mut self, draft: handoffs::Draft) -> wasmtime::Result<Result<(), handoffs::EmitError>> {
        let priority = match draft.priority {
            types::Priority::Low => wit::Priority::Low,
            types::Priority::Medium => wit::Priority::Medium,
            types::Priority::High => wit::Priority::High,
            types::Priority::Critical => wit::Priority::Critical,
        };
        let draft = ours::Draft {
            to: draft.to,
            title: draft.title,
            action: draft.action,
            args: draft.args,
            body: draft.body,
            priority,
            dedupe_key: draft.dedupe_key,
        };
        let refused = |error| match error {
            ours::EmitError::Denied(text) => handoffs::EmitError::Denied(text),
            ours::EmitError::UnknownAgent(text) => handoffs::EmitError::UnknownAgent(text),
            ours::EmitError::Invalid(text) => handoffs::EmitError::Invalid(text),
            ours::EmitError::TooMany => handoffs::EmitError::TooMany,
        };
        Ok(ours::Host::emit(self, draft)?.map_err(refused))
    }
}
