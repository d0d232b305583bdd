//! A resolution with its output, and the effects of a settled attempt for the engine.

use std::path::PathBuf;

use baton_core::budget::{Budget, Resource};
use baton_core::quarantine;
use baton_ledger::attempt_log::AttemptLog;
use baton_ledger::task::Task;
use baton_sandbox::{LimitUsage, ResourceLimit, Usage};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::plugin_requests::PluginRequests;
use super::resolution::{Resolution, ReturnAddress, answer_to, resolve};
use crate::attempt::{FinishedAttempt, PluginHealth, SettledTask};
use crate::context::Context;
use crate::triggers::own_writes::OwnChanges;

/// The resolution of a task, with the output of its attempt.
pub(super) struct Settlement {
    pub(super) task: Task,
    pub(super) resolution: Resolution,
    pub(super) output: SettlementOutput,
    pub(super) at: Timestamp,
}

impl Settlement {
    /// Decides how an attempt ended and collects its output.
    pub(super) fn of(context: &Context, attempted: FinishedAttempt) -> Self {
        let FinishedAttempt { task, installed, ended, own, sql_bytes, at } = attempted;
        let report = ended.as_ref().ok();
        let health = report.map_or(PluginHealth::None, PluginHealth::of);
        let usage = report.map(|report| as_json(&report.usage));
        let used = |limit| report.and_then(|report| report.usage.of(limit)).map_or(0, |used| used.used);
        let spent = vec![
            (Resource::Tasks, context.budgets.taken(&task.agent, &task.id)),
            // Both the files that the plugin wrote and its reports count as written.
            (Resource::Written, used(ResourceLimit::Written).saturating_add(used(ResourceLimit::Output))),
            (Resource::HttpRequests, used(ResourceLimit::HttpRequests)),
            (Resource::HttpBytes, used(ResourceLimit::HttpBytes)),
            (Resource::SqlBytes, sql_bytes),
            (Resource::CatalogBytes, used(ResourceLimit::Catalog)),
        ];
        let log = report.map(|report| AttemptLog {
            plugin: task.agent.clone(),
            task: task.id.clone(),
            attempt: task.attempts,
            at,
            text: report.log.clone(),
        });
        let mut resolution = resolve(context, &task, installed.as_ref(), ended, at);
        let requests = std::mem::take(&mut resolution.requests);
        let output = SettlementOutput {
            plugin_digest: installed.map(|installed| installed.plugin.digest().to_string()),
            reports: context.reports(),
            answer_to: answer_to(context, &task, resolution.state),
            requests: PluginRequests::of(context, &task, requests, at),
            owner: context.owner.clone(),
            health,
            usage,
            log,
            quarantine: context.quarantine(&task.agent),
            spent,
            budget: context.budget(&task.agent),
            own,
        };
        Self { task, resolution, output, at }
    }

    /// Builds the result for the engine after the transaction. `written` is `None` if another process has settled the
    /// task.
    pub(super) fn settled(&self, written: Option<SettlementEffects>) -> SettledTask {
        let Resolution { state, outcome, text, next_steps, .. } = &self.resolution;
        let (state, outcome, text, next_steps) = match written {
            Some(_) => (*state, *outcome, text.clone(), next_steps.clone()),
            None => {
                let text =
                    "another process has settled the task in the meantime; this outcome was discarded".to_owned();
                (self.task.state, None, text, Vec::new())
            }
        };
        let (id, agent) = (self.task.id.clone(), self.task.agent.clone());
        let (from, title) = (self.task.sender.clone().unwrap_or_default(), self.task.title.clone());
        let watches = written.is_some() && !self.resolution.watched.is_empty();
        let wrote = !self.output.own.is_empty();
        let SettlementEffects { artifacts, to_deliver, released, quarantined } = written.unwrap_or_default();
        let log = self.output.log.as_ref().map(|log| log.text.clone()).unwrap_or_default();
        SettledTask {
            id,
            agent,
            from,
            title,
            state,
            outcome,
            text,
            next_steps,
            artifacts,
            to_deliver,
            released,
            quarantined,
            watches,
            wrote,
            log,
        }
    }
}

/// The output of a settled attempt, without the resolution.
pub(super) struct SettlementOutput {
    pub(super) plugin_digest: Option<String>,
    pub(super) reports: PathBuf,
    pub(super) answer_to: Option<ReturnAddress>,
    pub(super) requests: PluginRequests,
    pub(super) owner: String,
    pub(super) health: PluginHealth,
    /// The use of the attempt's limits, as JSON.
    pub(super) usage: Option<String>,
    /// The standard output and standard error of the plugin.
    pub(super) log: Option<AttemptLog>,
    pub(super) quarantine: quarantine::QuarantinePolicy,
    /// What the attempt used of its plugin's budgets, except reports.
    pub(super) spent: Vec<(Resource, u64)>,
    pub(super) budget: Budget,
    /// The changes that the attempt made to files that a trigger of its plugin watches.
    pub(super) own: OwnChanges,
}

/// The use of limits as JSON, for `why --json`.
fn as_json(usage: &Usage) -> String {
    let used = |used: &LimitUsage| json!({ "used": used.used, "limit": used.limit, "hit": used.hit });
    let all: Map<String, Value> = usage.iter().map(|one| (one.resource.key().to_owned(), used(one))).collect();
    Value::Object(all).to_string()
}

/// The effects of the transaction that settled an attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettlementEffects {
    /// The paths of the reports.
    pub(crate) artifacts: Vec<String>,
    /// Other tasks that now have deliveries.
    pub(crate) to_deliver: Vec<String>,
    /// Other tasks may start now.
    pub(crate) released: bool,
    /// Why Baton runs no more tasks of the plugin for now: it is quarantined, or a budget is used up. `None` if neither is
    /// the case.
    pub(crate) quarantined: Option<String>,
}
