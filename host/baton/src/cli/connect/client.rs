//! The coding agents that Baton knows: the configuration files that they read, the entries that Baton writes there, and
//! what the user can try next.

use std::path::PathBuf;

use anyhow::Context as _;
use baton_core::shell;
use jsonc_parser::cst::CstInputValue;

use super::edit::{EditedFile, Format, HookEntry, JsonEntries, TomlServer};

/// How long a tool may take, in seconds. `wait_for_work` waits for at most an hour.
const TOOL_SECONDS: u32 = 3600;

/// How long a hook waits, in seconds.
const HOOK_SECONDS: u32 = 86_400;

/// How long the check of owed RETURNs may take, in seconds.
const VERIFY_SECONDS: u32 = 30;

/// A coding agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Client {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
}

/// The project, the workspace and the agent of a connection.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) project: PathBuf,
    /// The program of Baton.
    pub(super) program: PathBuf,
    pub(super) workspace: PathBuf,
    /// The state folder. The command names it, because a client may start the server with an environment in which the default is
    /// another folder.
    pub(super) state: PathBuf,
    pub(super) agent: String,
}

impl Target {
    /// The program and the words of a command for this agent.
    fn command(&self, words: &[&str]) -> (String, Vec<String>) {
        let shown = |path: &PathBuf| path.display().to_string();
        let mut all = vec!["-w".to_owned(), shown(&self.workspace), "--state".to_owned(), shown(&self.state)];
        all.extend(words.iter().map(|word| (*word).to_owned()));
        all.extend(["--agent".to_owned(), self.agent.clone()]);
        (self.program.display().to_string(), all)
    }

    /// The command as a line of a shell.
    fn shell(&self, words: &[&str]) -> String {
        let (program, words) = self.command(words);
        format!("{} {}", shell::quoted(&program), shell::words(&words))
    }
}

impl Client {
    pub(super) fn usual_agent(self) -> &'static str {
        match self {
            Self::Claude => "Claude",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
        }
    }

    /// The files that Baton edits.
    pub(super) fn files(self, target: &Target) -> anyhow::Result<Vec<EditedFile>> {
        let (program, args) = target.command(&["mcp"]);
        let own = args.clone();
        let json = |path, entries| EditedFile { path, args: own.clone(), format: Format::Json(entries) };
        Ok(match self {
            Self::Claude => {
                let mut server = vec![("type", "stdio".into())];
                server.extend(stdio(program, args));
                server.extend([("timeout", (TOOL_SECONDS * 1000).into()), ("alwaysLoad", true.into())]);
                let hook = object(vec![
                    ("type", "command".into()),
                    ("command", format!("{} --hook", target.shell(&["inbox", "wait"])).into()),
                    ("asyncRewake", true.into()),
                    ("timeout", HOOK_SECONDS.into()),
                ]);
                let verify = object(vec![
                    ("type", "command".into()),
                    ("command", format!("{} --hook", target.shell(&["return", "--verify"])).into()),
                    ("timeout", VERIFY_SECONDS.into()),
                ]);
                // At the event `Stop`, `verify` makes a session with an owed RETURN continue once, and `hook` waits for
                // the next work.
                let hooks = [
                    HookEntry { event: "SessionStart", hooks: vec![hook.clone()] },
                    HookEntry { event: "Stop", hooks: vec![verify, hook] },
                ];
                vec![
                    json(target.project.join(".mcp.json"), JsonEntries { server: Some(object(server)), hooks: vec![] }),
                    json(
                        target.project.join(".claude/settings.local.json"),
                        JsonEntries { server: None, hooks: hooks.into() },
                    ),
                ]
            }
            Self::Cursor => {
                let server = JsonEntries { server: Some(object(stdio(program, args))), hooks: vec![] };
                vec![json(target.project.join(".cursor/mcp.json"), server)]
            }
            Self::Codex => {
                let home = std::env::var_os("CODEX_HOME").map(PathBuf::from);
                let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".codex")));
                let home =
                    home.context("neither CODEX_HOME nor HOME is set, so the configuration of Codex is unknown")?;
                let server = TomlServer { command: program, args, tool_seconds: TOOL_SECONDS };
                vec![EditedFile { path: home.join("config.toml"), args: own, format: Format::Toml(server) }]
            }
        })
    }

    /// The next steps for the user.
    pub(super) fn next_steps(self, target: &Target) -> String {
        let agent = &target.agent;
        let project = shell::quoted(&target.project.display().to_string());
        let start = match self {
            Self::Claude => {
                format!("cd {project} && claude      # approve the MCP server `baton` when it asks; /mcp shows it")
            }
            Self::Codex => format!("cd {project} && codex       # /mcp shows the server `baton`"),
            Self::Cursor => format!("open {project} in Cursor; Settings > MCP shows the server `baton`"),
        };
        let woken = match self {
            Self::Claude => "An idle session is woken when work waits.",
            Self::Codex | Self::Cursor => "No hook wakes an idle session: ask the agent to call `wait_for_work`.",
        };
        format!(
            "{agent} is connected. Try:\n  {start}\n  baton send --to {} --from {} --title \"Say hello\"\n  then ask the agent: \
             work through your Baton inbox\n{woken} `baton up` must run.\n",
            shell::quoted(agent),
            shell::quoted(agent),
        )
    }
}

fn stdio(program: String, args: Vec<String>) -> Vec<(&'static str, CstInputValue)> {
    vec![("command", program.into()), ("args", args.into())]
}

fn object(entries: Vec<(&'static str, CstInputValue)>) -> CstInputValue {
    CstInputValue::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
