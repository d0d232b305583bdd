//! The check of command agents before any of their requests is started: the program, the working folder, the login, the
//! listed variables and, for Cursor, its registration must exist. Each problem has the edit or the command that fixes it.

use std::path::{Path, PathBuf};

use baton_command_agent::{Client, CommandAgent};
use baton_core::shell::quoted;

use super::config::{CONFIG_FILE, CommandConfig};
use super::program::find_program;
use super::{LOCK_FILE, Lock, Workspace};

/// A missing part of a command agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingRequirement {
    pub(crate) what: String,
    pub(crate) fix: String,
}

/// The environment in which the agents will be started.
pub(crate) struct Environment<'a> {
    /// The base of relative paths.
    pub(crate) base: &'a Path,
    pub(crate) plugins: &'a [String],
}

/// The command agents of a workspace that are ready to start. If something is missing for an agent, the agent is left out
/// and each problem is logged. The other agents and the daemon start nevertheless.
pub(crate) fn command_agents(workspace: &Workspace) -> anyhow::Result<Vec<CommandAgent>> {
    let configs = workspace.config.command_agents();
    if configs.is_empty() {
        return Ok(Vec::new());
    }
    let lock = Lock::read(&workspace.root.join(LOCK_FILE))?;
    let plugins: Vec<String> = lock.names().map(str::to_owned).collect();
    let environment = Environment { base: &workspace.base, plugins: &plugins };
    let ready = configs.iter().filter_map(|config| match prepare(config, &environment) {
        Ok(agent) => Some(agent),
        Err(missing) => {
            for MissingRequirement { what, fix } in missing {
                tracing::error!(agent = %config.name, "the command agent is off: {what}; fix: {fix}, then restart `baton up`");
            }
            None
        }
    });
    Ok(ready.collect())
}

/// The command agent ready to start, or everything that is missing.
pub(crate) fn prepare(
    config: &CommandConfig,
    environment: &Environment<'_>,
) -> Result<CommandAgent, Vec<MissingRequirement>> {
    let mut missing = Vec::new();
    let section = &config.section;
    if environment.plugins.contains(&config.name) {
        missing.push(MissingRequirement {
            what: format!("[agents.{section}] command: `{}` is a plugin, which Baton runs itself", config.name),
            fix: format!("remove `command` from [agents.{section}] in {CONFIG_FILE}, or give it to another agent"),
        });
    }
    let program = find_program(environment.base, &config.program).unwrap_or_else(|why| {
        missing.push(MissingRequirement {
            what: format!("[agents.{section}] command cannot be run: {why}"),
            fix: install(config),
        });
        PathBuf::new()
    });
    let folder = environment.base.join(&config.folder);
    if !folder.is_dir() {
        let shown = folder.display().to_string();
        missing.push(MissingRequirement {
            what: format!("[agents.{section}.run] folder: there is no folder {shown}"),
            fix: format!("mkdir -p {}", quoted(&shown)),
        });
    }
    for name in config.env.iter().filter(|name| std::env::var_os(name).is_none()) {
        missing.push(MissingRequirement {
            what: format!(
                "[agents.{section}.run] env: the variable {name} is not set, so the process would not get it"
            ),
            fix: format!("set {name} where `baton up` is started, or remove it from `env` in {CONFIG_FILE}"),
        });
    }
    missing.extend(login(config));
    missing.extend(registration(config, &folder));
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(CommandAgent {
        name: config.name.clone(),
        client: config.client.clone(),
        program,
        concurrency: config.concurrency,
        deadline: config.deadline,
        budget_usd: config.budget_usd,
        folder: folder.canonicalize().unwrap_or(folder),
        permission: config.permission.clone(),
        tools: config.tools.clone(),
        env: config.env.clone(),
        quota_wait: config.quota_wait,
    })
}

fn install(config: &CommandConfig) -> String {
    let section = &config.section;
    let package = match config.client {
        Client::Claude => "npm install -g @anthropic-ai/claude-code",
        Client::Codex => "npm install -g @openai/codex",
        Client::Cursor => "install the command line of Cursor (https://cursor.com/cli)",
        Client::Program(_) => {
            return format!("correct `command` of [agents.{section}] in {CONFIG_FILE}, or install the program");
        }
    };
    format!("{package}, or set `program` in [agents.{section}.run] in {CONFIG_FILE}")
}

/// The maximum size of a client's configuration file that is read; usual files have some megabytes at most.
const BYTES: u64 = 64 << 20;

/// Reports a login that is certainly missing. Other ways to log in, such as the keychain of macOS, cannot be checked.
fn login(config: &CommandConfig) -> Option<MissingRequirement> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folder =
        |variable: &str, usual: &str| std::env::var_os(variable).map_or_else(|| home.join(usual), PathBuf::from);
    let has_any = |names: &[&str]| config.env.iter().any(|name| names.contains(&name.as_str()));
    let has_text =
        |path: PathBuf, part: &str| baton_files::read_target_text(&path, BYTES).is_ok_and(|text| text.contains(part));
    let (client, command, variable, is_known) = match config.client {
        Client::Claude => {
            let folder = folder("CLAUDE_CONFIG_DIR", ".claude");
            let names = [
                "ANTHROPIC_API_KEY",
                "ANTHROPIC_AUTH_TOKEN",
                "CLAUDE_CODE_OAUTH_TOKEN",
                "CLAUDE_CODE_USE_BEDROCK",
                "CLAUDE_CODE_USE_VERTEX",
                "CLAUDE_CODE_USE_FOUNDRY",
            ];
            let is_known = cfg!(target_os = "macos")
                || has_any(&names)
                || folder.join(".credentials.json").exists()
                || has_text(folder.join("settings.json"), "apiKeyHelper");
            ("Claude Code", "claude auth login", "ANTHROPIC_API_KEY", is_known)
        }
        Client::Codex => {
            let folder = folder("CODEX_HOME", ".codex");
            let is_known = has_any(&["OPENAI_API_KEY", "CODEX_API_KEY"])
                || folder.join("auth.json").exists()
                || has_text(folder.join("config.toml"), "model_provider");
            ("Codex", "codex login", "CODEX_API_KEY", is_known)
        }
        Client::Cursor | Client::Program(_) => return None,
    };
    (!is_known).then(|| MissingRequirement {
        what: format!("[agents.{}]: {client} has no login that Baton can find", config.section),
        fix: format!("{command}, or add env = [\"{variable}\"] to [agents.{}.run] in {CONFIG_FILE}", config.section),
    })
}

/// For Cursor, checks that `.cursor/mcp.json` in the working folder names the agent: Cursor has no option for MCP servers.
fn registration(config: &CommandConfig, folder: &Path) -> Option<MissingRequirement> {
    let file = folder.join(".cursor/mcp.json");
    let name = serde_json::Value::from(config.name.as_str()).to_string();
    let is_there = baton_files::read_target_text(&file, BYTES).is_ok_and(|text| text.contains(&name));
    (config.client == Client::Cursor && !is_there).then(|| MissingRequirement {
        what: format!(
            "[agents.{}]: Cursor has no access to Baton's tools: {} has no entry for Baton's MCP server",
            config.section,
            file.display()
        ),
        fix: format!(
            "baton connect cursor --agent {} --project {} --yes",
            quoted(&config.name),
            quoted(&folder.display().to_string())
        ),
    })
}
