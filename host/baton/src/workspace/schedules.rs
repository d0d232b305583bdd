//! The check of the schedules of `baton.toml` before one of them makes a task: its plugin, action, grants, secrets and
//! accounts must exist, and its arguments must fit the action. Each problem has the edit or the command that fixes it.

use std::sync::Arc;

use baton_accounts::Provider;
use baton_core::grants::{Grant, grant_command};
use baton_core::manifest::Manifest;
use baton_core::nearest::or_meant;
use baton_core::text::one_line;
use baton_dispatch::request_check::RequestCheck;
use baton_dispatch::{Agent, AgentRules, Schedule};

use super::config::CONFIG_FILE;
use super::preflight::MissingRequirement;
use super::{LOCK_FILE, Lock, PluginEntry, Workspace, plugin_split, plugins};
use crate::secrets::SecretStore;

/// The effect of a problem on its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The tasks of the schedule can never succeed. `baton up` ignores the schedule until `baton up` is started again.
    Off,
    /// The tasks of the schedule fail until the problem is fixed.
    Fails,
    /// The tasks of the schedule may wait until the problem is fixed.
    Waits,
}

/// A missing part of a schedule.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleProblem {
    agent: String,
    schedule: Schedule,
    pub(crate) effect: Effect,
    pub(crate) missing: MissingRequirement,
}

/// Logs the problems of all schedules, and removes the schedules that cannot work from the rules.
pub(super) fn leave_out(workspace: &Workspace, rules: &mut AgentRules) -> anyhow::Result<()> {
    for ScheduleProblem { agent, schedule, effect, missing: MissingRequirement { what, fix } } in
        problems(workspace, rules)?
    {
        if effect == Effect::Off {
            tracing::error!("the schedule is off: {what}; fix: {fix}, then restart `baton up`");
            if let Some(settings) = rules.settings.get_mut(&agent) {
                settings.schedules.retain(|known| *known != schedule);
            }
        } else {
            tracing::warn!("{what}; fix: {fix}");
        }
    }
    Ok(())
}

/// The problems of the schedules in `rules`.
pub(crate) fn problems(workspace: &Workspace, rules: &AgentRules) -> anyhow::Result<Vec<ScheduleProblem>> {
    if rules.settings.values().all(|settings| settings.schedules.is_empty()) {
        return Ok(Vec::new());
    }
    let lock = Lock::read(&workspace.root.join(LOCK_FILE))?;
    let requests = RequestCheck::new(Arc::new(workspace.roster()?), workspace.manifests(), None);
    let check = ScheduleCheck { workspace, lock: &lock, requests: &requests };
    let all =
        rules.settings.iter().flat_map(|(agent, settings)| settings.schedules.iter().map(move |one| (agent, one)));
    let problems = all.flat_map(|(agent, schedule)| {
        let found = check.problems(agent, schedule).into_iter();
        found.map(move |Problem { effect, missing }| {
            let what = format!("[[agents.{agent}.schedule]] (cron = \"{}\"): {}", schedule.cron(), missing.what);
            let missing = MissingRequirement { what, ..missing };
            ScheduleProblem { agent: agent.clone(), schedule: schedule.clone(), effect, missing }
        })
    });
    Ok(problems.collect())
}

struct ScheduleCheck<'a> {
    workspace: &'a Workspace,
    lock: &'a Lock,
    requests: &'a RequestCheck,
}

struct Problem {
    effect: Effect,
    missing: MissingRequirement,
}

impl Problem {
    fn new(effect: Effect, what: String, fix: String) -> Self {
        Self { effect, missing: MissingRequirement { what, fix } }
    }
}

impl ScheduleCheck<'_> {
    fn problems(&self, name: &str, schedule: &Schedule) -> Vec<Problem> {
        let Some(entry) = self.lock.get(name) else {
            // The check of plugins reports a broken entry.
            let is_broken = self.lock.names().any(|known| known == name);
            return if is_broken { Vec::new() } else { vec![self.no_plugin(name)] };
        };
        let held = plugins::held(entry).map(|missing| Problem { effect: Effect::Waits, missing });
        let mut problems: Vec<Problem> = held.into_iter().collect();
        let agent = self.requests.roster().resolve(name);
        if let Some(problem) = agent.and_then(|agent| self.wrong_call(agent, schedule)) {
            problems.push(problem);
        } else if let Some(manifest) = (self.workspace.manifests())(name) {
            problems.extend(self.missing_grants(entry, &manifest, schedule));
        }
        problems
    }

    fn no_plugin(&self, name: &str) -> Problem {
        let known: Vec<&str> = self.lock.names().collect();
        let all = format!("the installed plugins are: {}", known.join(", "));
        let meant = or_meant(name, known.iter().copied(), &all);
        let what = format!("`{}` is not a plugin, and only plugins have schedules; {meant}", one_line(name));
        Problem::new(Effect::Off, what, format!("correct the name in {CONFIG_FILE}, or install the plugin"))
    }

    /// An unknown action, or arguments that its schema refuses.
    fn wrong_call(&self, agent: &Agent, schedule: &Schedule) -> Option<Problem> {
        let action = schedule.action();
        let (what, fix) = match action.and_then(|action| plugin_split::new_plugin(&agent.name, action)) {
            Some(new) => (
                format!("its action now belongs to `{new}`"),
                format!("rename it to [[agents.{new}.schedule]] in {CONFIG_FILE}"),
            ),
            None => {
                (self.requests.call(agent, action, &schedule.args()).err()?, format!("correct it in {CONFIG_FILE}"))
            }
        };
        Some(Problem::new(Effect::Off, what, fix))
    }

    /// Grants that the action uses and that are not given, and granted secrets without a value.
    fn missing_grants(&self, entry: &PluginEntry, manifest: &Manifest, schedule: &Schedule) -> Vec<Problem> {
        let declares = &manifest.declares;
        let action = declares.actions.get(schedule.action().unwrap_or(&declares.default_action));
        let needs = action.and_then(|action| action.needs.as_ref());
        let is_used = |grant: &Grant| needs.is_none_or(|needs| needs.contains(&grant.to_string()));
        // No task needs the grant `triggers`, so it is never reported as missing.
        let missing = entry.grants.missing(&declares.capabilities).into_iter();
        let missing: Vec<Grant> = missing.filter(|grant| *grant != Grant::Triggers && is_used(grant)).collect();
        let mut problems = Vec::new();
        if !missing.is_empty() {
            let specs: Vec<String> = missing.iter().map(|grant| format!("`{grant}`")).collect();
            let what = format!("`{}` does not have the grants that its action uses: {}", entry.name, specs.join(", "));
            problems.push(Problem::new(Effect::Waits, what, grant_command(&entry.name, &missing)));
        }
        let secrets = entry.grants.grants().into_iter().filter(is_used).filter_map(|grant| match grant {
            Grant::Secret(secret) => self.missing_secret(&secret.name),
            _ => None,
        });
        problems.extend(secrets);
        problems
    }

    fn missing_secret(&self, name: &str) -> Option<Problem> {
        // If the store cannot be read, the plugin's requests report that error, so this check does not.
        if SecretStore::of(&self.workspace.state).is_set(name).unwrap_or(true) {
            return None;
        }
        let (kind, fix) = match name.parse::<Provider>() {
            Ok(_) => ("account", format!("baton account add {name}")),
            Err(_) => ("secret", format!("baton secret set {name}")),
        };
        Some(Problem::new(Effect::Fails, format!("the {kind} `{name}` is missing"), fix))
    }
}
