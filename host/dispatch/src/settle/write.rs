//! The transaction that ends an attempt.

use baton_core::budget::Resource;
use baton_core::text::at_most;
use baton_core::{Digest, State, file_name};
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::task::{self, CloseReason};
use baton_ledger::watched::{self, FileStamp};
use baton_ledger::{LedgerError, Tx, attempt_log, finding};
use baton_sandbox::{WatchUpdate, wit};
use fail::fail_point;

use super::answer::{answer, severity};
use super::outcome::{Settlement, SettlementEffects};
use super::reports::{NamedArtifact, name_all};
use super::resolution::{Actor, Resolution, ReturnAddress};
use super::{dependencies, evidence};
use crate::delivery::archive::{to_archive, to_dead_letters, to_stale};
use crate::triggers::returns;
use crate::{budget, limits, supervise};

impl Settlement {
    /// Runs the transaction. Returns `None` if this process does not hold the task's lease any more.
    pub(super) fn write(&self, tx: &Tx<'_>) -> Result<Option<SettlementEffects>, LedgerError> {
        let Self { task, resolution, output, at } = self;
        if !task::holds(tx, &task.id, &output.owner)? {
            return Ok(None);
        }
        fail_point!("settle.begun");
        let artifacts = name_all(tx, &output.reports, &resolution.artifacts)?;
        let head = self.transition(tx, &artifacts)?;
        self.record_findings(tx)?;
        output.own.record(tx, &task.agent)?;
        for named in &artifacts {
            if let Some(bytes) = &named.bytes {
                self.deliver(tx, DeliveryKind::Artifact, "reports", named.name.clone(), bytes.clone())?;
            }
        }
        let sent = output.requests.record(tx, task, *at)?;
        if let Some(ReturnAddress { sender, folder }) = &output.answer_to {
            let (name, bytes) = answer(self, &artifacts, sender, &head);
            self.deliver(tx, DeliveryKind::Return, folder, name, bytes)?;
        }
        self.archive(tx)?;
        let released = dependencies::settled(tx, task, resolution.state, *at)? || sent.released;
        let released = evidence::settled(tx, task, resolution.state, &resolution.judgements, *at)? || released;
        let reports = artifacts.iter().filter(|named| named.bytes.is_some()).count() as u64;
        let out_of_budget = self.spend(tx, reports)?;
        let quarantined = self.supervise(tx)?.or(out_of_budget);
        fail_point!("settle.written");
        let artifacts = artifacts.iter().map(NamedArtifact::place).collect();
        Ok(Some(SettlementEffects { artifacts, to_deliver: sent.to_deliver, released, quarantined }))
    }

    /// Moves the task to its new state. Returns the newest hash of the chain.
    fn transition(&self, tx: &Tx<'_>, artifacts: &[NamedArtifact]) -> Result<String, LedgerError> {
        let Self { task, resolution, output, at } = self;
        let asked = match resolution.actor {
            Actor::StopRequester => event::newest_actor(tx, &task.id, "cancel_asked")?,
            _ => None,
        };
        let actor = asked.as_deref().unwrap_or_else(|| resolution.actor.name(task));
        let mut event = Event::of(task, actor, resolution.action, resolution.text.clone(), resolution.state, *at);
        event.output_hash = resolution.outcome.map(|_| output_hash(resolution, artifacts));
        event.plugin_digest.clone_from(&output.plugin_digest);
        let head = task::transition(tx, &event)?;
        if let Some(kind) = resolution.outcome {
            task::set_outcome(tx, &task.id, kind, &resolution.next_steps)?;
        }
        if let Some(due) = resolution.due {
            task::set_due(tx, &task.id, due)?;
        }
        if matches!(resolution.action, "stopped" | "missing" | "needs_grant") {
            task::give_back_attempt(tx, &task.id)?;
        }
        if resolution.state.is_final() {
            outbox::cancel_into_inbox(tx, &task.id)?;
        }
        if resolution.stale {
            task::set_closing(tx, &task.id, CloseReason::Stale)?;
        } else if resolution.state.is_final() && resolution.actor == Actor::Plugin {
            task::set_closing(tx, &task.id, CloseReason::Answered)?;
        }
        Ok(head)
    }

    /// Records the findings, and the changes to the list of files that Baton watches for the plugin.
    fn record_findings(&self, tx: &Tx<'_>) -> Result<(), LedgerError> {
        let Self { task, resolution, at, .. } = self;
        let findings: Vec<_> = resolution.findings.iter().map(kept).collect();
        findings.iter().try_for_each(|found| finding::record(tx, &task.id, found))?;
        returns::flag(tx, task, &findings, *at)?;
        for WatchUpdate { key, files } in &resolution.watched {
            let stamp = |(size, modified_ns)| FileStamp { size, modified_ns };
            let files: Vec<_> = files.iter().map(|file| (file.path.clone(), file.stamp.map(stamp))).collect();
            watched::replace(tx, &task.agent, key, &files)?;
        }
        Ok(())
    }

    /// Adds the delivery of a file to the outbox.
    fn deliver(
        &self,
        tx: &Tx<'_>,
        kind: DeliveryKind,
        folder: &str,
        name: String,
        bytes: Vec<u8>,
    ) -> Result<(), LedgerError> {
        outbox::add(tx, &self.task.id, &outbox::NewDelivery::written(kind, folder.to_owned(), name, bytes)).map(drop)
    }

    /// Adds the move of an ended task's file to the archive.
    fn archive(&self, tx: &Tx<'_>) -> Result<(), LedgerError> {
        let Self { task, resolution, at, .. } = self;
        let Some(file) = task.file.as_deref().filter(|_| resolution.state.is_final()) else { return Ok(()) };
        let hash = task.input.clone();
        let archive = match resolution.state {
            State::Dead => to_dead_letters(file, hash, task.attempts, *at),
            _ if resolution.stale => to_stale(file, hash),
            state => to_archive(file, hash, state),
        };
        outbox::add(tx, &task.id, &archive).map(drop)
    }

    /// Counts the resources that the attempt used. If the plugin has now used up a budget, returns the reason why its tasks
    /// wait.
    fn spend(&self, tx: &Tx<'_>, reports: u64) -> Result<Option<String>, LedgerError> {
        let Self { task, resolution, output, at } = self;
        let spent: Vec<_> = output.spent.iter().copied().chain([(Resource::Reports, reports)]).collect();
        budget::spend(tx, task, &output.budget, &spent, resolution.state, *at)
    }

    /// Records the use of limits, the output of the plugin, and the effect on the plugin's quarantine. Returns the reason if
    /// Baton now quarantines the plugin.
    fn supervise(&self, tx: &Tx<'_>) -> Result<Option<String>, LedgerError> {
        let Self { task, resolution, output, at } = self;
        if let Some(usage) = &output.usage {
            task::set_usage(tx, &task.id, usage)?;
        }
        if let Some(log) = &output.log {
            attempt_log::record(tx, log)?;
        }
        let Some(digest) = &output.plugin_digest else {
            return Ok(None);
        };
        let quarantined = supervise::record_health(tx, task, digest, &output.health, output.quarantine, *at)?;
        if let Some(text) = &quarantined {
            supervise::record_quarantine(tx, task, resolution.state, text, *at)?;
        }
        Ok(quarantined)
    }
}

/// SHA-256 of the summary and the artifacts.
fn output_hash(resolution: &Resolution, artifacts: &[NamedArtifact]) -> String {
    let mut parts = vec![resolution.text.as_bytes()];
    parts.extend(artifacts.iter().map(|named| named.hash.as_bytes()));
    Digest::of_parts(&parts).to_string()
}

fn kept(found: &wit::Finding) -> finding::Finding {
    finding::Finding {
        id: file_name::cut(&found.id, 200).to_owned(),
        severity: severity(found.severity).to_owned(),
        title: at_most(&found.title, limits::FINDING_TITLE_BYTES).into_owned(),
        evidence: at_most(&found.evidence, limits::FINDING_EVIDENCE_BYTES).into_owned(),
    }
}
