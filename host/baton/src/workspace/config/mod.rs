//! `baton.toml`: the settings of a workspace. An unknown key is an error: a misspelled setting would otherwise have no effect.

mod agents;
mod budget;
mod command;
mod duration;
mod evidence;
mod notices;
mod renamed;
mod schedule;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_accounts::{AccountSettings, Provider};
use baton_dispatch::{AgentRules, EscalationPolicy};
use baton_registry::PublicKey;
use serde::Deserialize;

use self::agents::{AgentConfig, EscalationConfig};
use self::budget::PluginConfig;
pub(crate) use self::command::CommandConfig;
pub(crate) use self::duration::read as pause;
use self::evidence::EvidenceConfig;
pub(crate) use self::notices::Notify;
use self::notices::NotifyConfig;
pub(crate) use self::server::ServerConfig;

/// The name of the configuration file. A folder with this file is a workspace.
pub(crate) const CONFIG_FILE: &str = "baton.toml";

/// The `baton.toml` that `baton init` writes.
pub(crate) const TEMPLATE: &str = r#"# A Baton workspace. `baton up` serves it; every path is relative to this file.

# Folders of agents beside handoffs/. Each folder in them with an 01_inbox or a 02_processed is an agent, even if it is created later.
# adopted = ["/Volumes/Drive/Agent-Triggers"]

[plans]
# Folders with plans. Baton audits a plan automatically when it changes.
dirs = ["plans"]
# The folder in which the audit searches for the files that plans promise.
root = "."

# An agent is a folder of handoffs/ with an 01_inbox. It needs no section here; these are its settings:
# [agents.Claude-MM2]
# aliases = ["Claude-Laptop"]                 # other spellings of its name
# inbox = "/Volumes/Drive/Claude-MM2/01_inbox"  # its inbox, if it is outside of handoffs/
# poll = true                                 # for a network folder that reports no changes: scan it every 5 s
# [agents.audit]
# concurrency = 1                             # how many of its tasks may run at once
# retry = { attempts = 3, initial_backoff = "2s", max_backoff = "5m" }  # each pause is twice the one before
# quarantine = { after = 5, initial_backoff = "1m", max_backoff = "1h" }  # pauses the plugin after 5 crashes in a row
# repeat_after = "24h"                        # files without an id and with equal content are the same request for this long
# ask_after = "24h"                           # asks you if a name in `depends_on` still matches no task after this time

# A command agent: `baton up` starts this program for each request in the agent's inbox, see agents.md. A change here needs a
# restart of `baton up`:
# [agents.Claude-Worker]
# command = "claude"                          # "claude", "codex", "cursor", or a program with arguments: ["worker.sh", "--fast"]
# concurrency = 1                             # how many of its processes may run at once
# [agents.Claude-Worker.run]
# program = "/opt/claude/bin/claude"          # the program of the client, if it is not on PATH under its usual name
# folder = "."                                # the working folder
# deadline = "1h"                             # Baton ends a process after this time
# budget_usd = 5                              # the most that one process may cost, in US dollars; only Claude Code has this limit
# permission = "acceptEdits"                  # Claude Code: its permission mode; Codex: its sandbox; Cursor: "force"
# tools = ["Read", "Edit", "Bash(git *)"]     # tools that Claude Code may use without asking, beside Baton's
# env = ["ANTHROPIC_API_KEY"]                 # more variables that the process gets; all others are removed
# quota_wait = "15m"                          # the wait after a usage limit without a stated end; false: do not wait at all

# How much a plugin may use in an hour and in a day before its tasks wait (`baton plugin grants NAME` shows it):
# [plugins.audit.budget]
# tasks = { hour = 2000, day = 10000 }        # handoffs that it sends
# triggers = { hour = 1000, day = 10000 }     # tasks that its triggers and schedules make
# reports = { hour = 20000, day = 100000 }    # files that it writes to reports/
# written = { hour = "32 GiB", day = "128 GiB" }  # bytes that it writes to files, streams and reports
# http_requests = { hour = 20000, day = 100000 }  # requests that it sends to servers
# http_bytes = { hour = "16 GiB", day = "64 GiB" }  # bytes of request and response bodies
# sql_bytes = { hour = "1 GiB", day = "4 GiB" }  # bytes by which its database grows
# catalog_bytes = { hour = "1 GiB", day = "2 GiB" }  # bytes that it adds to the catalog

# A schedule makes a task of a plugin at the times of a cron expression (minute hour day month weekday). Times that passed
# while the daemon did not run make one task together. `defaults` gives arguments to tasks that do not name them:
# [[agents.audit.schedule]]
# cron = "0 7 * * 1-5"                        # at 07:00 from Monday to Friday
# timezone = "Europe/Berlin"                  # default: the timezone of this machine
# action = "audit"                            # default: the plugin's default action
# args = { plans = ["plans/first-week.md"] }  # the arguments of each task
# [agents.audit.defaults.audit]
# root = "src"                                # the default `root` of tasks of `audit`

# What Baton does about requests to external agents that have no RETURN yet, counted from their capture:
# [escalation]
# remind_after = "1d"                         # the agent gets a REMINDER
# escalate_after = "3d"                       # the sender gets an ESCALATION
# review_after = "7d"                         # you get a notice; `baton why` shows it
# archive_after = "14d"                       # the request is archived, and its sender gets a RETURN

# Commands that Baton may run to check a RETURN that names them as evidence: exactly these words, without a shell. Any other
# command is not checked. A change here needs a restart of `baton up`:
# [[evidence]]
# command = ["cargo", "test"]                 # repeat the section for another command
# agents = ["Codex-MM1"]                      # only for RETURNs of these agents; default: all
# folder = "../project"                       # where it runs; default: `root` of [plans]
# timeout = "10m"                             # Baton ends it after this time; at most 24 h
# environment = ["CARGO_HOME"]                # variables that it gets beside PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR

# How Baton tells you that a task needs you, failed or is overdue. The command runs without a shell; it gets the notice as JSON
# on its standard input and as environment variables (BATON_NOTICE_TITLE, …):
# [notify]
# command = ["notify.sh", "--quiet"]          # found on PATH; a name with a / is relative to this file
# desktop = true                              # notify-send on Linux, osascript on macOS
# on = ["needs_human", "failed", "overdue"]   # events that send a notice
# timeout = "10s"                             # Baton kills the command after this time; at most 60 s
# per_minute = 10                             # more notices are joined into one; at most 60

# The MCP server of `baton up` for coding agents that cannot start `baton mcp` (`baton mcp --agent NAME --http-token` prints
# the token of an agent). A change here needs a restart of `baton up`:
# [server]
# listen = "127.0.0.1:7077"                   # another address than loopback needs `hosts`
# hosts = ["mac-mini.local:7077"]             # more names under which clients may call it
# a2a = true                                  # serve A2A 1.0 too, for agents of other systems; off by default

# Folders whose new audio Baton fingerprints automatically and compares with the library (`baton library`). A change here
# needs a restart of `baton up`:
# [[audio]]
# folder = "/Volumes/Music/Incoming"          # repeat the section for another folder

# Which source wins when several state different facts about a track: the highest rank, among equal ranks the newest. A
# source is a plugin or a part of one. Without a rank here it has 0, or less if the plugin declares that for a part:
# [catalog.ranks]
# djay = 2                                    # all facts of the plugin djay
# "spotify/csv" = 1                           # the facts that spotify reads from CSV files

# Accounts at online services (`baton account add spotify`, see accounts.md): your app there. Changes apply to the next consent:
# [accounts.spotify]
# client_id = "0123456789abcdef"              # the client ID of your app at the service
# scopes = ["playlist-read-private"]          # what Baton asks for, in place of the usual scopes
# redirect_port = 8888                        # the port of the redirect, if the service wants it registered
# client_secret = "spotify-client"            # the name of the secret with the app's client secret, if the service requires one
# authorize_url = "https://accounts.spotify.com/authorize"  # other addresses, https or on this machine
# token_url = "https://accounts.spotify.com/api/token"  # where Baton gets and renews tokens
# device_url = "https://github.com/login/device/code"  # where Baton gets a code for another device
# identity_url = "https://api.spotify.com/v1/me"  # where `baton account test` asks for the owner of the account

# The keys whose signatures you trust: the line RW... of the .pub file that `minisign -G` writes. A plugin without a trusted
# signature waits for your approval.
# [trust]
# keys = ["RW..."]                            # one or more public keys
"#;

/// The line of [`TEMPLATE`] that `baton init --adopt` replaces.
pub(crate) const ADOPTED_EXAMPLE: &str = "# adopted = [\"/Volumes/Drive/Agent-Triggers\"]\n";

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Config {
    /// `[plans]`.
    #[serde(default)]
    plans: Plans,
    /// The default of `plans.root`.
    #[serde(default)]
    root: Option<PathBuf>,
    /// Folders outside of `handoffs/` with more agents.
    #[serde(default)]
    adopted: Vec<PathBuf>,
    /// `[agents.NAME]`.
    #[serde(default)]
    agents: BTreeMap<String, AgentConfig>,
    /// `[plugins.NAME]`.
    #[serde(default)]
    plugins: BTreeMap<String, PluginConfig>,
    /// `[escalation]`.
    #[serde(default, alias = "external")]
    escalation: EscalationConfig,
    /// `[[evidence]]`.
    #[serde(default)]
    evidence: Vec<EvidenceConfig>,
    /// `[trust]`.
    #[serde(default)]
    trust: Trust,
    /// `[[audio]]`.
    #[serde(default)]
    audio: Vec<Audio>,
    /// `[catalog]`.
    #[serde(default)]
    catalog: Catalog,
    /// `[notify]`.
    #[serde(default)]
    notify: Option<NotifyConfig>,
    /// `[server]`.
    #[serde(default)]
    server: Option<ServerConfig>,
    /// `[accounts.NAME]`.
    #[serde(default)]
    accounts: BTreeMap<Provider, AccountSettings>,
    /// The older names that the file uses, with the current ones.
    #[serde(skip)]
    renamed: Vec<String>,
}

/// `[catalog]`: the ranks of the catalog's sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Catalog {
    #[serde(default)]
    ranks: BTreeMap<String, i64>,
}

/// `[[audio]]`: a folder whose new audio is fingerprinted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Audio {
    folder: PathBuf,
}

/// `[trust]`: the keys whose signatures are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Trust {
    #[serde(default)]
    keys: Vec<PublicKey>,
}

/// `[plans]`: the folders with plans, and the folder in which the audit searches for their deliverables.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Plans {
    #[serde(default = "Plans::default_dirs")]
    dirs: Vec<PathBuf>,
    #[serde(default)]
    root: Option<PathBuf>,
}

impl Plans {
    fn default_dirs() -> Vec<PathBuf> {
        vec![PathBuf::from("plans")]
    }
}

impl Default for Plans {
    fn default() -> Self {
        Self { dirs: Self::default_dirs(), root: None }
    }
}

/// The largest configuration that is read.
const BYTES: u64 = 16 << 20;

impl Config {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            baton_files::read_target_text(path, BYTES).with_context(|| format!("failed to read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("failed to parse {}", path.display()))
    }

    /// Parses the text of the file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut unknown = Vec::new();
        let document = toml::Deserializer::parse(text)?;
        let mut config: Self = serde_ignored::deserialize(document, |key| {
            // The path of an optional section contains `?`.
            unknown.push(key.to_string().replace(".?", ""));
        })?;
        if !unknown.is_empty() {
            bail!("there is no setting `{}`; remove it or correct its name", unknown.join("`, `"));
        }
        config.renamed = renamed::older_names(&text.parse()?);
        agents::check(&config.agents)?;
        config.evidence.iter().try_for_each(EvidenceConfig::check)?;
        config.notify.as_ref().map_or(Ok(()), NotifyConfig::check)?;
        config.server.as_ref().map_or(Ok(()), ServerConfig::check)?;
        for (provider, settings) in &config.accounts {
            settings.check(*provider).map_err(anyhow::Error::msg)?;
        }
        Ok(config)
    }

    /// The settings of agents, budgets and adopted folders; paths are relative to `base`.
    pub(crate) fn rules(&self, base: &Path) -> AgentRules {
        let budgets = budget::budgets(&self.plugins);
        let root = self.folder("root").pop().unwrap_or_default();
        let evidence = self.evidence.iter().map(|evidence| evidence.rule(base, &root)).collect();
        AgentRules { budgets, evidence, adopted: self.adopted(base), ..agents::rules(&self.agents, base) }
    }

    /// The command agents, with canonical names.
    pub(crate) fn command_agents(&self) -> Vec<CommandConfig> {
        agents::command_agents(&self.agents)
    }

    /// The plugins that have a section `[plugins.NAME]`.
    pub(crate) fn budgeted(&self) -> impl Iterator<Item = &str> {
        self.plugins.keys().map(String::as_str)
    }

    /// The adopted folders, each once, with links resolved. A missing folder has its path as written.
    pub(crate) fn adopted(&self, base: &Path) -> Vec<PathBuf> {
        let mut adopted: Vec<PathBuf> = Vec::new();
        for root in self.adopted.iter().map(|root| agents::resolve(base, root)) {
            if !adopted.contains(&root) {
                adopted.push(root);
            }
        }
        adopted
    }

    /// When Baton reminds, escalates and archives requests without a RETURN.
    pub(crate) fn escalation(&self) -> EscalationPolicy {
        self.escalation.policy()
    }

    /// The settings of notices; `None` without `[notify]`.
    pub(crate) fn notify(&self) -> Option<Notify> {
        self.notify.as_ref().map(NotifyConfig::notify)
    }

    /// The settings of the server; `None` without `[server]`.
    pub(crate) fn server(&self) -> Option<&ServerConfig> {
        self.server.as_ref()
    }

    /// The folders whose new audio is fingerprinted, each once; paths are relative to `base`.
    pub(crate) fn audio(&self, base: &Path) -> Vec<PathBuf> {
        let folders: BTreeSet<PathBuf> = self.audio.iter().map(|audio| base.join(&audio.folder)).collect();
        folders.into_iter().collect()
    }

    /// The message about old names of settings in the file; `None` if there are none.
    pub(crate) fn rename_message(&self) -> Option<String> {
        let names = self.renamed.join(", ");
        (!names.is_empty()).then(|| format!("older names of settings are still read; rename {names}"))
    }

    /// The ranks of the catalog's sources, by name.
    pub(crate) fn ranks(&self) -> &BTreeMap<String, i64> {
        &self.catalog.ranks
    }

    /// The settings of the account at a service.
    pub(crate) fn account(&self, provider: Provider) -> AccountSettings {
        self.accounts.get(&provider).cloned().unwrap_or_default()
    }

    /// The keys whose signatures are trusted.
    pub(crate) fn trusted(&self) -> &[PublicKey] {
        &self.trust.keys
    }

    /// A configuration in which the named folders are `folders`, in order.
    pub(crate) fn with_folders(folders: &[(&str, &Path)]) -> Self {
        let named = |wanted: &str| -> Vec<PathBuf> {
            folders.iter().filter(|(name, _)| *name == wanted).map(|(_, folder)| (*folder).to_owned()).collect()
        };
        Self { plans: Plans { dirs: named("plans"), root: named("root").pop() }, ..Self::default() }
    }

    /// The folders that a folder name in a grant means, as written in the configuration. Empty for an unknown name.
    pub(crate) fn folder(&self, name: &str) -> Vec<PathBuf> {
        match name {
            "plans" => self.plans.dirs.clone(),
            "root" => {
                vec![self.plans.root.clone().or_else(|| self.root.clone()).unwrap_or_else(|| PathBuf::from("."))]
            }
            _ => Vec::new(),
        }
    }

    /// The names that [`Config::folder`] accepts.
    pub(crate) const FOLDERS: [&str; 2] = ["plans", "root"];
}

/// A configured folder for display: as written, without `./` and the final slash.
pub(crate) fn shown(path: &Path) -> String {
    let clean: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if clean.as_os_str().is_empty() { ".".to_owned() } else { clean.to_string_lossy().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_parses_to_the_defaults() {
        let config = Config::parse(TEMPLATE).unwrap();
        assert_eq!(config.folder("plans"), Config::default().folder("plans"));
        assert_eq!(config.folder("root"), [PathBuf::from(".")]);
    }

    #[test]
    fn the_root_may_be_in_the_section_or_above_it() {
        for text in ["root = \"tree\"\n[plans]\ndirs = [\"p\"]", "[plans]\ndirs = [\"p\"]\nroot = \"tree\""] {
            assert_eq!(Config::parse(text).unwrap().folder("root"), [PathBuf::from("tree")], "{text}");
        }
    }

    #[test]
    fn the_agents_of_the_template_parse() {
        let shown: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| {
                line.starts_with(['[', '#'])
                    || line.contains(" = ") && !["dirs", "RW"].iter().any(|no| line.contains(no))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let config = Config::parse(&shown).unwrap();
        let rules = config.rules(Path::new("/w"));
        let settings = &rules.settings["Claude-MM2"];
        assert_eq!(settings.inboxes, [Path::new("/Volumes/Drive/Claude-MM2/01_inbox")]);
        assert_eq!(settings.poll, Some(std::time::Duration::from_secs(5)));
        assert_eq!(rules.aliases.canonical("Claude Laptop"), Some("Claude-MM2"));
        assert_eq!(config.escalation(), EscalationPolicy::default());
        let usual =
            Notify { command: Vec::new(), ..Config::parse("[notify]\ndesktop = true").unwrap().notify().unwrap() };
        assert_eq!(config.notify().map(|notify| Notify { command: Vec::new(), ..notify }), Some(usual));
        assert_eq!(config.audio(Path::new("/w")), [Path::new("/Volumes/Music/Incoming")]);
        let audit = &rules.settings["audit"];
        let [schedule] = audit.schedules.as_slice() else { panic!("{audit:#?}") };
        assert_eq!((schedule.cron(), schedule.action()), ("0 7 * * 1-5", Some("audit")));
        assert_eq!(audit.defaults["audit"]["root"], "src");
        let plain = baton_dispatch::AgentSettings { schedules: Vec::new(), defaults: BTreeMap::new(), ..audit.clone() };
        assert_eq!(plain, baton_dispatch::AgentSettings::default());
        assert_eq!(rules.budgets["audit"], baton_core::budget::Budget::default());
    }

    #[test]
    fn two_sections_of_one_agent_give_it_both_inboxes() {
        let text = "[agents.Cursor-MM1-Agent]\ninbox = \"/a\"\n[agents.Cursor-MM1]\ninbox = \"/b\"\nconcurrency = 2";
        let settings = Config::parse(text).unwrap().rules(Path::new("/w")).settings["Cursor-MM1"].clone();
        assert_eq!((settings.inboxes, settings.concurrency), (vec![PathBuf::from("/b"), PathBuf::from("/a")], 2));
    }

    #[test]
    fn settings_without_a_sensible_meaning_are_refused() {
        for text in [
            "[agents.\"a/b\"]\n",
            "[agents.a]\nconcurrency = 0",
            "[escalation]\nremind_after = \"soon\"",
            "[agents.a]\npoll = 0",
            "[[audio]]\n",
            "[[audio]]\nfolder = \"a\"\nfile = \"b\"",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_invalid_schedule_is_named_with_its_line_and_an_example() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        let wrong = error("[plans]\n[[agents.audit.schedule]]\ncron = \"every day\"");
        assert!(
            wrong.contains("\"every day\"") && wrong.contains("line 2") && wrong.contains("0 7 * * 1-5"),
            "{wrong}"
        );
        let wrong = error("[[agents.audit.schedule]]\ncron = \"0 7 * * *\"\ntimezone = \"Berlin\"");
        assert!(wrong.contains("\"Berlin\"") && wrong.contains("Europe/Berlin"), "{wrong}");
        let wrong = error("[[agents.audit.schedule]]\ncron = \"0 7 * * *\"\nzone = \"UTC\"");
        assert!(wrong.contains("zone"), "{wrong}");
        let wrong = error("[agents.audit.defaults.\"a b\"]\nx = 1");
        assert!(wrong.contains("a b"), "{wrong}");
    }

    #[test]
    fn arguments_of_every_type_become_json() {
        let text =
            "[agents.a.defaults.x]\nt = \"a\"\nn = 1\nf = 1.5\nb = true\nd = 2026-01-18\nl = [1, \"b\"]\no = { p = 1 }";
        let settings = Config::parse(text).unwrap().rules(Path::new("/w")).settings["a"].clone();
        let args: serde_json::Map<String, serde_json::Value> = settings.defaults["x"].clone().into_iter().collect();
        let expected =
            serde_json::json!({"b": true, "d": "2026-01-18", "f": 1.5, "l": [1, "b"], "n": 1, "o": {"p": 1}, "t": "a"});
        assert_eq!(serde_json::Value::Object(args), expected);
    }

    #[test]
    fn trusted_keys_are_parsed_and_an_invalid_one_is_named() {
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        let config = Config::parse(&format!("[trust]\nkeys = [\"{key}\"]")).unwrap();
        assert_eq!(config.trusted().iter().map(PublicKey::id).collect::<Vec<_>>(), ["E7620F1842B4E81F"]);
        assert!(Config::parse(TEMPLATE).unwrap().trusted().is_empty());
        let error = Config::parse(&format!("[trust]\nkeys = [\"{key}\", \"RWnone\"]")).unwrap_err().to_string();
        assert!(error.contains("`RWnone`") && error.contains("line 2"), "{error}");
        let error = Config::parse(&format!("[trust]\nkey = \"{key}\"")).unwrap_err().to_string();
        assert!(error.contains("`trust.key`"), "{error}");
    }

    #[test]
    fn errors_on_an_unknown_key() {
        let error = Config::parse("[plans]\ndir = \"plans\"").unwrap_err().to_string();
        assert!(error.contains("`plans.dir`"), "{error}");
    }

    #[test]
    fn folders_are_shown_without_dots() {
        assert_eq!((shown(Path::new("./plans/")).as_str(), shown(Path::new("."))), ("plans", ".".to_owned()));
    }
}
