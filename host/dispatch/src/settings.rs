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

/// The folders below an adopted folder that contain agent folders: the folder itself and its `handoffs/`. The
/// workspace's own `handoffs/` is left out, because it is searched anyway.
pub(crate) fn places_of(adopted: &Path, handoffs: &Path) -> Vec<PathBuf> {
    let inner = adopted.join(HANDOFFS);
    let has_inner = inner != handoffs && is_plain_folder(&inner).unwrap_or_default();
    std::iter::once(adopted.to_owned()).chain(has_inner.then_some(inner)).filter(|place| place != handoffs).collect()
}

/// The folder of files without an agent, below the workspace.
pub(crate) const UNROUTED: &str = "handoffs/_unrouted";

/// Reminders and escalations for requests that external agents do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscalationPolicy {
    /// The time until the agent is reminded.
    pub remind: Duration,
    /// The time until the sender gets an escalation.
    pub escalate: Duration,
    /// The time until the request is marked for the operator.
    pub review: Duration,
    /// The time until the file is archived as stale.
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

/// The folder of new files.
pub const INBOX: &str = "01_inbox";

/// The owner of the central drop box. No agent can have this name.
pub(crate) const DROP_BOX: &str = INBOX;

/// Who does the work of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// Baton runs it.
    Plugin,
    /// It reads its inbox itself.
    External,
}

names!(AgentKind, "kind of agent", Plugin = "plugin", External = "external");

/// The operator's settings of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSettings {
    /// Its inboxes outside of `handoffs/`. New files go to the first one.
    pub inboxes: Vec<PathBuf>,
    /// The interval of scans of its inboxes, if the system does not report changes (a network folder).
    pub poll: Option<Duration>,
    /// How many of its tasks may run at the same time.
    pub concurrency: usize,
    /// When its tasks are tried again.
    pub retry: RetryPolicy,
    /// When its failing plugin is quarantined.
    pub quarantine: quarantine::QuarantinePolicy,
    /// How long the same content without an id counts as the same request.
    pub repeat_after: Duration,
    /// How long its task waits for an unknown dependency before a person is asked.
    pub ask_after: Duration,
    /// Its scheduled tasks.
    pub schedules: Vec<Schedule>,
    /// Default arguments of its tasks, by action.
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
    /// The other spellings of names.
    pub aliases: Aliases,
    /// Settings by the agent's name.
    pub settings: BTreeMap<String, AgentSettings>,
    /// The budgets of plugins that differ from the default.
    pub budgets: BTreeMap<String, Budget>,
    /// The commands that may be run to check RETURNs.
    pub evidence: Vec<EvidenceRule>,
    /// Folders beside `handoffs/` whose subfolders are agents too, with links resolved.
    pub adopted: Vec<PathBuf>,
}

impl AgentRules {
    /// The folders that hold agents' folders: `handoffs/` first, then the adopted ones.
    #[must_use]
    pub fn places(&self, handoffs: &Path) -> Vec<PathBuf> {
        let adopted = self.adopted.iter().flat_map(|adopted| places_of(adopted, handoffs));
        std::iter::once(handoffs.to_owned()).chain(adopted).collect()
    }
}

/// A command that Baton may run to check a RETURN that names it as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRule {
    /// The program and its arguments. They are run as they are, without a shell.
    pub command: Vec<String>,
    /// The agents whose RETURNs may name it; all if it is empty.
    pub agents: Vec<String>,
    /// The folder in which it runs.
    pub folder: PathBuf,
    /// When it is ended.
    pub timeout: Duration,
    /// The environment variables that it gets beside the usual ones.
    pub environment: Vec<String>,
}

impl EvidenceRule {
    /// Whether `line` is this command: its words with spaces between them, or quoted as for a shell.
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
    /// Parses a cron expression of five fields (minute, hour, day of the month, month, day of the week). `zone` is an
    /// IANA time zone; the default is the zone of this machine.
    ///
    /// # Errors
    /// The error in the expression or the zone.
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

    /// The expression, as it was written.
    #[must_use]
    pub fn cron(&self) -> &str {
        &self.written
    }

    /// The action; absent for the agent's default.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// The arguments of its tasks.
    #[must_use]
    pub fn args(&self) -> Map<String, Value> {
        self.args.clone().into_iter().collect()
    }

    /// The first time after `after`, if there is one.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.cron.find_next_occurrence(&after.to_zoned(self.zone.clone()), false).ok()?;
        // When clocks are set back, an hour occurs twice, but a timestamp occurs only once.
        Some(next.timestamp()).filter(|next| *next > after)
    }

    /// Its key in the ledger. A schedule with another expression, action or argument has another key.
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
