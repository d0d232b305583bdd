//! The operator's settings: agents, rules, schedules, the escalation policy, and the names of the folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::agents::Aliases;
use baton_core::budget::Budget;
use baton_core::retry::RetryPolicy;
use baton_core::{State, names, quarantine, shell};
use baton_ledger::task;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::limits;
use crate::presence::is_plain_folder;

/// The archive of processed files. A folder with this archive and without an inbox still belongs to an agent.
pub(crate) const PROCESSED: &str = "02_processed";

/// The archive folders beside the inbox.
pub const ARCHIVES: [&str; 2] = [PROCESSED, "03_failed"];

/// The workspace's folder of agents. An adopted folder may contain a folder of this name too.
pub(crate) const HANDOFFS: &str = "handoffs";

/// The folders of an adopted folder that contain agent folders: the adopted folder itself and its `handoffs/`. Omits the
/// workspace's own `handoffs/`, because Baton searches it in any case.
pub(crate) fn places_of(adopted: &Path, handoffs: &Path) -> Vec<PathBuf> {
    let inner = adopted.join(HANDOFFS);
    let has_inner = inner != handoffs && is_plain_folder(&inner).unwrap_or_default();
    std::iter::once(adopted.to_owned()).chain(has_inner.then_some(inner)).filter(|place| place != handoffs).collect()
}

/// The folder for files without a known recipient, as a path in the workspace.
pub(crate) const UNROUTED: &str = "handoffs/_unrouted";

/// Reminders and escalations for requests that external agents do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscalationPolicy {
    /// The time from the capture until Baton reminds the agent.
    pub remind: Duration,
    /// The time from the capture until the sender gets an escalation.
    pub escalate: Duration,
    /// The time from the capture until Baton marks the request for the operator.
    pub review: Duration,
    /// The time from the capture until Baton archives the file as stale.
    pub archive: Duration,
}

impl Default for EscalationPolicy {
    /// The defaults: one missed working day, a weekend, one week, two weeks.
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { remind: day, escalate: day * 3, review: day * 7, archive: day * 14 }
    }
}

/// Default arguments of tasks, by name.
pub type DefaultArguments = BTreeMap<String, Value>;

/// The name of an agent's inbox folder.
pub const INBOX: &str = "01_inbox";

/// The owner name of the drop box. No agent can have this name.
pub(crate) const DROP_BOX: &str = INBOX;

/// Who does the work of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// Baton runs the agent's tasks in a plugin.
    Plugin,
    /// The agent reads its inbox without Baton.
    External,
}

names!(AgentKind, "kind of agent", Plugin = "plugin", External = "external");

/// The operator's settings of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSettings {
    /// The agent's inboxes outside of `handoffs/`. New files go to the first inbox.
    pub inboxes: Vec<PathBuf>,
    /// The interval of scans of the agent's inboxes, if the system does not report changes (a network folder).
    pub poll: Option<Duration>,
    /// How many tasks of the agent may run at the same time.
    pub concurrency: usize,
    /// When failed tasks of the agent are tried again.
    pub retry: RetryPolicy,
    /// When Baton quarantines the agent's plugin.
    pub quarantine: quarantine::QuarantinePolicy,
    /// How long a second handoff with the same content and without an id counts as the same request.
    pub repeat_after: Duration,
    /// How long a task of the agent waits for an unknown dependency before Baton asks a person.
    pub ask_after: Duration,
    /// The agent's schedules.
    pub schedules: Vec<Schedule>,
    /// Default arguments of the agent's tasks, by action.
    pub defaults: BTreeMap<String, DefaultArguments>,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            inboxes: Vec::new(),
            poll: None,
            concurrency: 1,
            retry: RetryPolicy::default(),
            quarantine: quarantine::QuarantinePolicy::default(),
            repeat_after: limits::REPEAT_AFTER,
            ask_after: limits::ASK_AFTER,
            schedules: Vec::new(),
            defaults: BTreeMap::new(),
        }
    }
}

/// The operator's settings of all agents.
#[derive(Clone, Debug, Default)]
pub struct AgentRules {
    /// The other spellings of agents' names.
    pub aliases: Aliases,
    /// Settings by the agent's name.
    pub settings: BTreeMap<String, AgentSettings>,
    /// Budgets of plugins that are not the default budget.
    pub budgets: BTreeMap<String, Budget>,
    /// The commands that may be run to check RETURNs.
    pub evidence: Vec<EvidenceRule>,
    /// Folders outside of `handoffs/` whose subfolders are agents too. Symbolic links in the paths are resolved.
    pub adopted: Vec<PathBuf>,
}

impl AgentRules {
    /// The folders that contain agents' folders: `handoffs/` first, then the adopted folders.
    #[must_use]
    pub fn places(&self, handoffs: &Path) -> Vec<PathBuf> {
        let adopted = self.adopted.iter().flat_map(|adopted| places_of(adopted, handoffs));
        std::iter::once(handoffs.to_owned()).chain(adopted).collect()
    }
}

/// A command that Baton may run to check a RETURN that names it as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRule {
    /// The program and its arguments. Baton runs them without a shell and without changes.
    pub command: Vec<String>,
    /// The agents whose RETURNs may name the command; all agents if this list is empty.
    pub agents: Vec<String>,
    /// The folder in which the command runs.
    pub folder: PathBuf,
    /// How long the command may run before Baton stops it.
    pub timeout: Duration,
    /// The environment variables that the command gets in addition to the usual variables.
    pub environment: Vec<String>,
}

impl EvidenceRule {
    /// Whether `line` is this command: its words separated by spaces, or quoted as for a shell.
    fn is_named(&self, line: &str) -> bool {
        line == self.command.join(" ") || line == shell::words(&self.command)
    }
}

impl AgentRules {
    /// The rule that allows this command line in a RETURN of the agent.
    pub(crate) fn evidence_rule(&self, agent: &str, line: &str) -> Option<&EvidenceRule> {
        let is_for = |rule: &&EvidenceRule| {
            let canonical = |name: &String| self.aliases.canonical(name).unwrap_or(name) == agent;
            rule.agents.is_empty() || rule.agents.iter().any(canonical)
        };
        self.evidence.iter().filter(is_for).find(|rule| rule.is_named(line))
    }
}

/// A cron schedule of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    cron: Cron,
    written: String,
    zone: TimeZone,
    action: Option<String>,
    args: BTreeMap<String, Value>,
}

impl Schedule {
    /// Parses a cron expression of five fields (minute, hour, day of the month, month, day of the week). `zone` is an IANA
    /// time zone. Without `zone`, the schedule uses the time zone of this machine.
    ///
    /// # Errors
    /// When the expression or the zone is invalid.
    pub fn new(
        cron: &str,
        zone: Option<&str>,
        action: Option<String>,
        args: BTreeMap<String, Value>,
    ) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!(
                "cron = {cron:?} is not a schedule: {why} (example: \"0 7 * * 1-5\", minute hour day month weekday: \
                 at seven on working days)"
            )
        };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser.parse(cron).map_err(|error| wrong(error.to_string().trim_end_matches('.')))?;
        let zone = match zone {
            Some(name) => TimeZone::get(name).map_err(|_| {
                format!("timezone = {name:?} is not a time zone of this machine (example: \"Europe/Berlin\")")
            })?,
            None => TimeZone::system(),
        };
        let schedule = Self { cron: parsed, written: cron.to_owned(), zone, action, args };
        match schedule.next(Timestamp::now()) {
            Some(_) => Ok(schedule),
            None => Err(wrong("that time never occurs")),
        }
    }

    /// The cron expression, as the operator wrote it.
    #[must_use]
    pub fn cron(&self) -> &str {
        &self.written
    }

    /// The action of the schedule's tasks; `None` for the agent's default action.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// The arguments of the schedule's tasks.
    #[must_use]
    pub fn args(&self) -> Map<String, Value> {
        self.args.clone().into_iter().collect()
    }

    /// The first time of the schedule after `after`; `None` if there is no later time.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.cron.find_next_occurrence(&after.to_zoned(self.zone.clone()), false).ok()?;
        // When clocks are set back, a local time occurs twice. Each timestamp occurs only once, so compare timestamps.
        Some(next.timestamp()).filter(|next| *next > after)
    }

    /// The schedule's key in the ledger. If the operator changes the expression, the zone, the action or the arguments, the
    /// key changes.
    pub(crate) fn key(&self, agent: &str) -> String {
        let args = serde_json::to_string(&self.args).unwrap_or_default();
        let zone = self.zone.iana_name().unwrap_or_default();
        format!("{agent} {} {zone} {} {args}", self.written, self.action.as_deref().unwrap_or_default())
    }

    pub(crate) fn task(&self, agent: &str) -> task::NewTask {
        let action = self.action.as_deref().unwrap_or("the default action");
        task::NewTask {
            sender: Some("baton".to_owned()),
            title: format!("{action}: scheduled for {}", self.written),
            action: self.action.clone(),
            args: serde_json::to_string(&self.args).unwrap_or_else(|_| "{}".to_owned()),
            ..task::NewTask::blank(agent, task::Origin::Trigger, State::Queued)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_of_a_rule_name_its_command() {
        let rule = |words: &[&str], agents: &[&str]| EvidenceRule {
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            agents: agents.iter().map(|agent| (*agent).to_owned()).collect(),
            folder: PathBuf::new(),
            timeout: Duration::ZERO,
            environment: Vec::new(),
        };
        let evidence = vec![rule(&["cargo", "test"], &[]), rule(&["sh", "a b"], &["Codex-MM1"])];
        let rules = AgentRules { evidence, ..AgentRules::default() };
        let allowed = |agent, line| rules.evidence_rule(agent, line).is_some();
        assert!(allowed("x", "cargo test") && allowed("Codex-MM1", "sh 'a b'"));
        for (agent, line) in [
            ("x", "cargo test; rm -rf /"),
            ("x", "cargo test --all"),
            ("x", "cargo"),
            ("x", "cargo  test"),
            ("x", "Cargo test"),
            ("x", "sh 'a b'"),
            ("Codex-MM1", "sh $(a)"),
        ] {
            assert!(!allowed(agent, line), "{line}");
        }
    }
}
