//! `[agents.NAME] command` and `[agents.NAME.run]`: the program that Baton starts for the requests of an agent, and its
//! settings.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use baton_command_agent::Client;
use serde::{Deserialize, Deserializer};

use super::duration::{SwitchOrTimeSpan, TimeSpan};

/// How long a process may run.
const DEADLINE: Duration = Duration::from_hours(1);

/// The wait after a usage limit that states no end.
const QUOTA_WAIT: Duration = Duration::from_mins(15);

/// The accepted values of `command`, for error messages.
const CLIENTS: &str = "\"claude\", \"codex\", \"cursor\", or a program with its arguments: [\"worker.sh\", \"--fast\"]";

/// The client that `command` names. For a program that is not a known client, the client contains its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) struct CommandWord {
    pub(crate) client: Client,
    /// The name of the program.
    pub(crate) program: String,
}

impl TryFrom<toml::Value> for CommandWord {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let (client, program) = match &value {
            toml::Value::String(name) => match name.as_str() {
                "claude" => (Client::Claude, "claude".to_owned()),
                "codex" => (Client::Codex, "codex".to_owned()),
                "cursor" => (Client::Cursor, "agent".to_owned()),
                _ => return Err(format!("`{name}` is not a command: write {CLIENTS}")),
            },
            toml::Value::Array(words) => {
                let words: Option<Vec<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                match words.as_deref().and_then(<[String]>::split_first) {
                    Some((program, args)) if !program.is_empty() => (Client::Program(args.to_vec()), program.clone()),
                    _ => return Err(format!("the command is not a list of words: write {CLIENTS}")),
                }
            }
            _ => return Err(format!("the command is not a name: write {CLIENTS}")),
        };
        Ok(Self { client, program })
    }
}

/// `[agents.NAME.run]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct RunConfig {
    #[serde(default)]
    program: Option<String>,
    #[serde(default)]
    folder: Option<PathBuf>,
    #[serde(default)]
    deadline: Option<TimeSpan>,
    #[serde(default)]
    budget_usd: Option<u32>,
    #[serde(default)]
    permission: Option<String>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    quota_wait: Option<QuotaWait>,
}

/// Whether, and how long, a task waits for the end of a usage limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct QuotaWait(Option<Duration>);

impl<'de> Deserialize<'de> for QuotaWait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchOrTimeSpan(QUOTA_WAIT)).map(Self)
    }
}

impl RunConfig {
    /// Rejects settings that the client does not have.
    pub(super) fn check(&self, agent: &str, command: Option<&CommandWord>) -> anyhow::Result<()> {
        let Some(command) = command else {
            if *self != Self::default() {
                bail!(
                    "[agents.{agent}.run] has no effect without a command; add command = \"claude\" to [agents.{agent}]"
                );
            }
            return Ok(());
        };
        let (client, is_claude) = (command.client.name(), command.client == Client::Claude);
        if self.budget_usd.is_some() && !is_claude {
            bail!(
                "[agents.{agent}.run] budget_usd: {client} has no such limit; remove it (`deadline` limits the time)"
            );
        }
        if !self.tools.is_empty() && !is_claude {
            bail!("[agents.{agent}.run] tools: only Claude Code has a list of allowed tools; remove it");
        }
        if self.program.is_some() && matches!(command.client, Client::Program(_)) {
            bail!("[agents.{agent}.run] program: `command` names the program already; remove one of them");
        }
        if self.tools.iter().any(|tool| tool.starts_with('-') || tool.contains('\n')) {
            bail!("[agents.{agent}.run] tools: a tool is named like \"Read\" or \"Bash(git *)\"");
        }
        let modes: &[&str] = match command.client {
            Client::Claude => &["dontAsk", "acceptEdits", "auto", "plan", "default", "bypassPermissions"],
            Client::Codex => &["read-only", "workspace-write", "danger-full-access"],
            Client::Cursor => &["force"],
            Client::Program(_) => &[],
        };
        match &self.permission {
            Some(mode) if modes.is_empty() => {
                bail!("[agents.{agent}.run] permission = {mode:?}: a program has no permission mode; remove it")
            }
            Some(mode) if !modes.contains(&mode.as_str()) => {
                bail!("[agents.{agent}.run] permission = {mode:?} is not a mode of {client}: {}", modes.join(", "))
            }
            _ => {}
        }
        let is_variable =
            |name: &&String| !name.is_empty() && !name.contains(['=', '\0']) && !name.starts_with("BATON_");
        if let Some(name) = self.env.iter().find(|name| !is_variable(name)) {
            bail!(
                "[agents.{agent}.run] env: `{name}` is not the name of a variable that a process may get; write names only"
            );
        }
        if self.deadline.is_some_and(|deadline| deadline.0 < Duration::from_secs(1)) {
            bail!("[agents.{agent}.run] deadline is shorter than a second; the default is 1h");
        }
        Ok(())
    }
}

/// A command agent as configured. Paths are as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandConfig {
    /// The agent's canonical name.
    pub(crate) name: String,
    /// The name of its section.
    pub(crate) section: String,
    pub(crate) client: Client,
    /// A name on PATH, or a path.
    pub(crate) program: String,
    pub(crate) concurrency: usize,
    pub(crate) deadline: Duration,
    pub(crate) budget_usd: Option<u32>,
    pub(crate) folder: PathBuf,
    pub(crate) permission: Option<String>,
    pub(crate) tools: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) quota_wait: Option<Duration>,
}

impl CommandConfig {
    /// The settings of the section `section` for the agent `name`.
    pub(super) fn new(name: String, section: &str, concurrency: usize, command: &CommandWord, run: &RunConfig) -> Self {
        Self {
            name,
            section: section.to_owned(),
            client: command.client.clone(),
            program: run.program.clone().unwrap_or_else(|| command.program.clone()),
            concurrency,
            deadline: run.deadline.map_or(DEADLINE, |deadline| deadline.0),
            budget_usd: run.budget_usd,
            folder: run.folder.clone().unwrap_or_else(|| PathBuf::from(".")),
            permission: run.permission.clone(),
            tools: run.tools.clone(),
            env: run.env.clone(),
            quota_wait: run.quota_wait.map_or(Some(QUOTA_WAIT), |wait| wait.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Config;

    #[test]
    fn a_command_agent_has_defaults_and_only_settings_of_its_client() {
        let text = "[agents.A]\ncommand = \"claude\"\n[agents.B]\ncommand = [\"w.sh\", \"-x\"]\nconcurrency = 3\n\
                    [agents.B.run]\nquota_wait = false\nfolder = \"f\"\n[agents.C]\naliases = []";
        let agents = Config::parse(text).unwrap().command_agents();
        let [a, b] = agents.as_slice() else { panic!("{agents:#?}") };
        assert_eq!((a.program.as_str(), a.quota_wait, a.deadline), ("claude", Some(QUOTA_WAIT), DEADLINE));
        assert_eq!((&b.client, b.concurrency, b.quota_wait), (&Client::Program(vec!["-x".to_owned()]), 3, None));
        for (text, part) in [
            ("command = \"vi\"", "`vi` is not a command"),
            ("command = []", "not a list of words"),
            ("[agents.A.run]\nfolder = \".\"", "no effect without a command"),
            ("command = \"codex\"\nrun = { budget_usd = 5 }", "codex has no such limit"),
            ("command = \"codex\"\nrun = { permission = \"all\" }", "read-only, workspace-write"),
            ("command = \"claude\"\nrun = { env = [\"A=b\"] }", "write names only"),
            ("command = [\"x\"]\nrun = { permission = \"all\" }", "no permission mode"),
        ] {
            let error = format!("{:#}", Config::parse(&format!("[agents.A]\n{text}")).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
