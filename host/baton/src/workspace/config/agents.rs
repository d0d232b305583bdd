//! `[agents.NAME]`: the settings of one agent. `[escalation]`: when Baton reminds external agents of requests without a RETURN.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use baton_core::agents::{Aliases, is_name, is_reserved};
use baton_core::retry::RetryPolicy;
use baton_core::{manifest, quarantine};
use baton_dispatch::{AgentRules, AgentSettings, EscalationPolicy, limits};
use serde::Deserialize;

use super::command::{CommandConfig, CommandWord, RunConfig};
use super::duration::{self, TimeSpan};
use super::schedule::{Arguments, ScheduleConfig};

/// How often Baton scans an inbox with `poll = true`.
const POLL: Duration = Duration::from_secs(5);

/// `[agents.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct AgentConfig {
    /// Other spellings of the agent's name.
    #[serde(default)]
    aliases: Vec<String>,
    /// The agent's inbox, if it is not `handoffs/NAME/01_inbox`.
    #[serde(default)]
    inbox: Option<PathBuf>,
    /// How often Baton scans the inbox, for file systems that report no changes. `true` means every five seconds.
    #[serde(default, deserialize_with = "poll")]
    poll: Option<Duration>,
    #[serde(default)]
    concurrency: Option<usize>,
    #[serde(default)]
    retry: RetryConfig,
    #[serde(default)]
    quarantine: QuarantineConfig,
    /// How long the same content without an id counts as the same request.
    #[serde(default)]
    repeat_after: Option<TimeSpan>,
    /// How long a task waits for a dependency that Baton does not know, before Baton asks a person.
    #[serde(default)]
    ask_after: Option<TimeSpan>,
    #[serde(default)]
    schedule: Vec<ScheduleConfig>,
    /// Default arguments, by action.
    #[serde(default)]
    defaults: BTreeMap<String, Arguments>,
    /// The program that Baton starts for the agent's requests.
    #[serde(default)]
    command: Option<CommandWord>,
    /// How Baton starts the program.
    #[serde(default)]
    run: RunConfig,
}

/// `[agents.NAME.quarantine]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct QuarantineConfig {
    #[serde(default)]
    after: Option<u32>,
    #[serde(default, alias = "first_pause")]
    initial_backoff: Option<TimeSpan>,
    #[serde(default, alias = "longest_pause")]
    max_backoff: Option<TimeSpan>,
}

impl QuarantineConfig {
    fn policy(&self) -> quarantine::QuarantinePolicy {
        let usual = quarantine::QuarantinePolicy::default();
        quarantine::QuarantinePolicy {
            after: self.after.unwrap_or(usual.after).max(1),
            initial_backoff: self.initial_backoff.map_or(usual.initial_backoff, |pause| pause.0),
            max_backoff: self.max_backoff.map_or(usual.max_backoff, |pause| pause.0),
        }
    }
}

/// `[agents.NAME.retry]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct RetryConfig {
    #[serde(default)]
    attempts: Option<u32>,
    #[serde(default, alias = "first_pause")]
    initial_backoff: Option<TimeSpan>,
    #[serde(default, alias = "longest_pause")]
    max_backoff: Option<TimeSpan>,
}

/// `[escalation]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct EscalationConfig {
    #[serde(default)]
    remind_after: Option<TimeSpan>,
    #[serde(default)]
    escalate_after: Option<TimeSpan>,
    #[serde(default)]
    review_after: Option<TimeSpan>,
    #[serde(default)]
    archive_after: Option<TimeSpan>,
}

impl EscalationConfig {
    pub(super) fn policy(self) -> EscalationPolicy {
        let usual = EscalationPolicy::default();
        let or = |set: Option<TimeSpan>, usual| set.map_or(usual, |pause| pause.0);
        EscalationPolicy {
            remind: or(self.remind_after, usual.remind),
            escalate: or(self.escalate_after, usual.escalate),
            review: or(self.review_after, usual.review),
            archive: or(self.archive_after, usual.archive),
        }
    }
}

impl RetryConfig {
    fn policy(&self) -> RetryPolicy {
        let usual = RetryPolicy::default();
        RetryPolicy {
            max_attempts: self.attempts.unwrap_or(usual.max_attempts).max(1),
            initial_backoff: self.initial_backoff.map_or(usual.initial_backoff, |pause| pause.0),
            max_backoff: self.max_backoff.map_or(usual.max_backoff, |pause| pause.0),
        }
    }
}

/// Reads `true` as [`POLL`], or a pause.
fn poll<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    deserializer.deserialize_any(duration::SwitchOrTimeSpan(POLL))
}

/// The table of spellings and the settings, with paths relative to `base`.
pub(super) fn rules(agents: &BTreeMap<String, AgentConfig>, base: &Path) -> AgentRules {
    let mut rules = AgentRules { aliases: Aliases::shipped(), ..AgentRules::default() };
    for (name, config) in agents {
        let canonical = rules.aliases.canonical(name).unwrap_or(name).to_owned();
        rules.aliases.add(name, &canonical);
        for alias in &config.aliases {
            rules.aliases.add(alias, &canonical);
        }
        let settings = AgentSettings {
            inboxes: config.inbox.iter().map(|inbox| resolve(base, inbox)).collect(),
            poll: config.poll,
            concurrency: config.concurrency.unwrap_or(1),
            retry: config.retry.policy(),
            quarantine: config.quarantine.policy(),
            repeat_after: config.repeat_after.map_or(limits::REPEAT_AFTER, |pause| pause.0),
            ask_after: config.ask_after.map_or(limits::ASK_AFTER, |pause| pause.0),
            schedules: config.schedule.iter().map(|schedule| schedule.0.clone()).collect(),
            defaults: config.defaults.iter().map(|(action, table)| (action.clone(), table.0.clone())).collect(),
        };
        let is_canonical = *name == canonical;
        rules.settings.entry(canonical).and_modify(|known| join(known, &settings, is_canonical)).or_insert(settings);
    }
    rules
}

/// The command agents, with canonical names. If several sections of one agent have a `command`, the first one counts.
pub(super) fn command_agents(agents: &BTreeMap<String, AgentConfig>) -> Vec<CommandConfig> {
    let aliases = Aliases::shipped();
    let mut found: Vec<CommandConfig> = Vec::new();
    for (section, config) in agents {
        let Some(command) = &config.command else { continue };
        let name = aliases.canonical(section).unwrap_or(section).to_owned();
        if found.iter().all(|known| known.name != name) {
            let concurrency = config.concurrency.unwrap_or(1);
            found.push(CommandConfig::new(name, section, concurrency, command, &config.run));
        }
    }
    found
}

/// Joins the sections of one agent under two spellings. The agent gets the inboxes, the schedules and the default arguments
/// of both sections. All other settings come from `more` if it is the section with the canonical name (`is_canonical`),
/// otherwise from `known`. If that section has no `poll`, the other section sets it.
fn join(known: &mut AgentSettings, more: &AgentSettings, is_canonical: bool) {
    let (first, second) = if is_canonical { (more, &*known) } else { (&*known, more) };
    let inboxes = first.inboxes.iter().chain(&second.inboxes).cloned().collect();
    let schedules = first.schedules.iter().chain(&second.schedules).cloned().collect();
    let defaults = second.defaults.iter().chain(&first.defaults).map(|(action, table)| (action.clone(), table.clone()));
    let defaults = defaults.collect();
    *known = AgentSettings { inboxes, poll: first.poll.or(second.poll), schedules, defaults, ..first.clone() };
}

/// The path with its links resolved, because the system reports changes with that path. If the folder is missing, the
/// path as written.
pub(super) fn resolve(base: &Path, inbox: &Path) -> PathBuf {
    let inbox = base.join(inbox);
    inbox.canonicalize().unwrap_or(inbox)
}

/// Rejects invalid names and settings without a sensible meaning.
pub(super) fn check(agents: &BTreeMap<String, AgentConfig>) -> anyhow::Result<()> {
    for (name, config) in agents {
        if !is_name(name) {
            bail!(
                "[agents.{name}]: `{name}` cannot be an agent's name: a name is a folder name of at most 100 bytes and not a \
                 reserved word (all, any, baton, operator, examples, …)"
            );
        }
        if let Some(alias) = config.aliases.iter().find(|alias| is_reserved(alias)) {
            bail!("[agents.{name}] aliases: `{alias}` is a reserved word; remove it");
        }
        if config.concurrency == Some(0) {
            bail!("[agents.{name}] concurrency = 0 would let no task run; the default is 1");
        }
        config.run.check(name, config.command.as_ref())?;
        if let Some(action) = config.defaults.keys().find(|action| !manifest::is_name(action)) {
            bail!(
                "[agents.{name}.defaults.{action}]: `{action}` cannot be an action; `baton plugin inspect` lists them"
            );
        }
    }
    Ok(())
}
