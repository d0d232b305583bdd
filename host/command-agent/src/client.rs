//! How each client is called: its arguments, its environment, and the configuration with which its MCP client connects to Baton.
//!
//! Every argument comes from the operator's settings or from Baton. The session of a resumed run comes from the output of
//! an earlier run, and is checked.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use baton_files::{PRIVATE, StagedFile};
use serde_json::{Value, json};

use crate::settings::{Client, CommandAgent, McpCommand};

/// The maximum size of the MCP configuration, which names one server.
const CONFIG_BYTES: u64 = 1 << 20;

/// The variables that clients get from the environment of the daemon, in addition to the variables that every program gets.
const VARIABLES: [&str; 8] = [
    "LOGNAME",
    "SHELL",
    "LC_CTYPE",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
];

/// The longest time that a tool of Baton may take, in seconds.
const TOOL_SECONDS: u32 = 3600;

/// A program with its arguments, environment, folder and input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// The names of the variables that the program gets from the environment of the daemon.
    pub(crate) variables: Vec<String>,
    /// Further variables, with their values.
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) folder: PathBuf,
    /// The text for standard input.
    pub(crate) prompt: String,
}

/// The request and the session of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunRequest<'a> {
    pub(crate) task: &'a str,
    pub(crate) mark: &'a str,
    pub(crate) session: Option<&'a str>,
}

/// True if a session id from a client's output is safe as an argument.
pub(crate) fn is_session(session: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !session.is_empty() && session.len() <= 128 && !session.starts_with(['-', '.']) && session.bytes().all(known)
}

/// The invocation of a run. Writes the client's MCP configuration.
///
/// # Errors
/// When the configuration cannot be written.
pub(crate) fn invocation(agent: &CommandAgent, mcp: &McpCommand, run: RunRequest<'_>) -> io::Result<Invocation> {
    let config = mcp.folder.join(format!("{}.json", agent.name));
    std::fs::create_dir_all(&mcp.folder)?;
    let (program, args) = (mcp.program.display().to_string(), mcp.args_of(&agent.name));
    let server = json!({ "type": "stdio", "command": program, "args": args, "timeout": TOOL_SECONDS * 1000, "alwaysLoad": true });
    let text = json!({ "mcpServers": { "baton": server } }).to_string();
    // Several runs of an agent use the same file, so it is replaced as a whole.
    if baton_files::read_text(&config, CONFIG_BYTES).ok().as_deref() != Some(text.as_str()) {
        StagedFile::write(&config, &format!(".{}", run.mark), text.as_bytes(), PRIVATE)?.publish()?;
    }
    let prompt = crate::prompt::prompt(&agent.name, run.task, run.session.is_some());
    let words: Vec<String> = match &agent.client {
        Client::Claude => claude(agent, run.session, &config.display().to_string()),
        Client::Codex => codex(agent, run.session, &program, &args),
        Client::Cursor => cursor(agent, run.session, &prompt),
        Client::Program(args) => args.clone(),
    };
    let own = [
        ("BATON_AGENT", agent.name.clone()),
        ("BATON_TASK", run.task.to_owned()),
        ("BATON_MCP_CONFIG", config.display().to_string()),
    ];
    let session = run.session.map(|session| ("BATON_SESSION", session.to_owned()));
    Ok(Invocation {
        program: agent.program.clone(),
        args: words.into_iter().map(Into::into).collect(),
        variables: VARIABLES.into_iter().map(str::to_owned).chain(agent.env.iter().cloned()).collect(),
        env: own.into_iter().chain(session).map(|(name, value)| (name.into(), value.into())).collect(),
        folder: agent.folder.clone(),
        prompt,
    })
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn claude(agent: &CommandAgent, session: Option<&str>, config: &str) -> Vec<String> {
    let mode = agent.permission.as_deref().unwrap_or("dontAsk");
    let tools = std::iter::once("mcp__baton").chain(agent.tools.iter().map(String::as_str));
    let mut words = owned(&["-p", "--output-format", "stream-json", "--verbose", "--strict-mcp-config"]);
    words.extend(owned(&["--mcp-config", config, "--setting-sources", "user", "--permission-mode", mode]));
    words.extend(owned(&["--permission-prompts", "none", "--allowedTools"]));
    words.push(tools.collect::<Vec<_>>().join(","));
    words.extend(agent.budget_usd.iter().flat_map(|budget| ["--max-budget-usd".to_owned(), budget.to_string()]));
    words.extend(session.iter().flat_map(|session| owned(&["--resume", session])));
    words
}

fn codex(agent: &CommandAgent, session: Option<&str>, program: &str, args: &[String]) -> Vec<String> {
    // A JSON string and a JSON list of strings are TOML values too.
    let settings = [
        format!("mcp_servers.baton.command={}", json!(program)),
        format!("mcp_servers.baton.args={}", Value::from(args.to_vec())),
        "mcp_servers.baton.default_tools_approval_mode=\"approve\"".to_owned(),
        format!("mcp_servers.baton.tool_timeout_sec={TOOL_SECONDS}"),
    ];
    let mode = agent.permission.as_deref().unwrap_or("workspace-write");
    let folder = agent.folder.display().to_string();
    let mut words = owned(&["exec", "--json", "-C", &folder, "--skip-git-repo-check", "-s", mode]);
    words.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    words.extend(session.iter().flat_map(|session| owned(&["resume", session])));
    words.push("-".to_owned());
    words
}

/// Cursor has no option for an MCP configuration: it reads `.cursor/mcp.json` of the folder. Its
/// documentation allows the prompt only as an argument.
fn cursor(agent: &CommandAgent, session: Option<&str>, prompt: &str) -> Vec<String> {
    let mut words = owned(&["-p", "--output-format", "stream-json"]);
    words.extend(agent.permission.as_deref().filter(|mode| *mode == "force").map(|_| "--force".to_owned()));
    words.push("--approve-mcps".to_owned());
    words.extend(session.iter().flat_map(|session| owned(&["--resume", session])));
    words.push(prompt.to_owned());
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_session_is_one_plain_word() {
        assert!(is_session("3f2b-11_x.y"));
        for session in ["", "-x", "a b", "$(x)", "a\nb", "../x", &"x".repeat(129)] {
            assert!(!is_session(session), "{session}");
        }
    }

    #[test]
    fn a_resumed_run_names_its_session_and_reads_its_prompt_from_the_input() {
        let folder = tempfile::tempdir().unwrap();
        let agent = CommandAgent {
            name: "A".to_owned(),
            client: Client::Claude,
            program: "/bin/claude".into(),
            concurrency: 1,
            deadline: Duration::from_secs(1),
            budget_usd: Some(5),
            folder: "/".into(),
            permission: None,
            tools: vec!["Read".to_owned()],
            env: vec!["NOT_SET_ANYWHERE".to_owned()],
            quota_wait: None,
        };
        let mcp = McpCommand { program: "/b \"a".into(), args: vec![], folder: folder.path().join("mcp") };
        let run = RunRequest { task: "t1", mark: "m", session: Some("s-1") };
        let words = |agent: &CommandAgent| {
            let made = invocation(agent, &mcp, run).unwrap();
            assert!(made.env.contains(&("BATON_TASK".into(), "t1".into())), "{made:?}");
            assert_eq!(made.variables.last().map(String::as_str), Some("NOT_SET_ANYWHERE"));
            made.args.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let claude = words(&agent).join(" ");
        assert!(claude.contains("--allowedTools mcp__baton,Read --max-budget-usd 5 --resume s-1"), "{claude}");
        assert!(!claude.contains("t1"), "{claude}");
        let codex = words(&CommandAgent { client: Client::Codex, ..agent.clone() });
        assert_eq!(codex[codex.len() - 3..], ["resume", "s-1", "-"]);
        assert!(codex.contains(&r#"mcp_servers.baton.command="/b \"a""#.to_owned()), "{codex:?}");
    }
}
