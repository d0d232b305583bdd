//! The real Claude Code and the real Codex, offline: registered by `baton connect`, in a network namespace with nothing but a
//! fake model on loopback, they handle the requests of their inbox; a new handoff wakes an idle interactive session of Claude
//! Code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use baton_tests::{Daemon, Output, Skipped, Workspace, or_skip, skip, text, tool, tools};
use serde_json::json;

use super::workspace;

/// The time limit for a client, which loads a program of 200 MB.
const CLIENT: Duration = Duration::from_mins(3);

/// The port of the fake model. Each test has a network namespace, so it is free in all of them.
const PORT: u16 = 8089;

struct ClientWorkspace {
    workspace: Workspace,
    project: PathBuf,
    clients: PathBuf,
    _daemon: Daemon,
}

impl ClientWorkspace {
    /// A workspace with a daemon, and a project that is connected with `client`.
    fn new(client: &str, agent: &str) -> Result<Self, Skipped> {
        let clients = tools("agents/node_modules/.bin", client)?;
        tool("ip", "apt-get install iproute2")?;
        if !Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success()) {
            return Err(skip("this user may not make a network namespace, so no real client is run"));
        }
        let workspace = workspace();
        let project = workspace.outside().join("project");
        fs::create_dir_all(&project).unwrap();
        fs::create_dir_all(workspace.outside().join("codex")).unwrap();
        let mut connect = workspace.command();
        connect.env("CODEX_HOME", workspace.outside().join("codex")).arg("-w").arg(workspace.root());
        connect.args(["connect", client, "--agent", agent, "--yes", "--project"]).arg(&project);
        Output::of(&mut connect).ended(0);
        let daemon = workspace.up_and_serving();
        Ok(Self { workspace, project, clients, _daemon: daemon })
    }

    /// Writes a script that runs `client` in the project beside the fake model, with a clean environment. Returns the
    /// command that runs it in a network namespace.
    fn script(&self, client: &str) -> Vec<String> {
        let model = self.workspace.outside().join("model.py");
        fs::write(&model, include_str!("fake_model.py")).unwrap();
        let (home, model) = (self.workspace.outside().display().to_string(), model.display().to_string());
        let (clients, project) = (self.clients.display().to_string(), self.project.display().to_string());
        let script = format!(
            "ip link set lo up\npython3 '{model}' {PORT} & model=$!\nsleep 1\ncd '{project}'\nenv -i TERM=xterm-256color \
             PATH='{clients}':/usr/local/bin:/usr/bin:/bin HOME='{home}' CODEX_HOME='{home}/codex' \
             ANTHROPIC_BASE_URL=http://127.0.0.1:{PORT} ANTHROPIC_API_KEY=dummy FAKE_KEY=dummy DISABLE_TELEMETRY=1 \
             DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 {client}\nended=$?\nkill $model\nexit $ended\n"
        );
        let path = self.workspace.outside().join("run.sh");
        fs::write(&path, script).unwrap();
        ["unshare", "-rn", "sh"].map(str::to_owned).into_iter().chain([path.display().to_string()]).collect()
    }

    fn run(&self, client: &str) -> Output {
        let words = self.script(&format!("{client} < /dev/null"));
        Output::within(self.workspace.command_of(&words[0]).args(&words[1..]), CLIENT)
    }
}

/// The agent's own events of the task with this title.
fn own_events(workspace: &Workspace, title: &str, agent: &str) -> Vec<String> {
    let id = workspace.wait_for_archive(title).id;
    let events = workspace.why(&id).events.into_iter().filter(|event| event.actor == agent);
    events.map(|event| event.action).collect()
}

#[test]
fn claude_code_works_its_inbox() {
    let scene = or_skip!(ClientWorkspace::new("claude", "Claude"));
    drop_request(&scene.workspace, "Claude", "For Claude");
    let output = scene.run(
        "claude -p 'Work through your Baton inbox.' --output-format stream-json --verbose --strict-mcp-config --mcp-config \
         .mcp.json --setting-sources user --allowedTools mcp__baton --permission-mode dontAsk",
    );
    let output = output.ended(0);
    assert!(output.stdout.contains("\"status\":\"connected\""), "{}", output.stdout);
    assert_eq!(own_events(&scene.workspace, "For Claude", "Claude"), ["claimed", "returned"]);
}

#[test]
fn codex_works_its_inbox() {
    let scene = or_skip!(ClientWorkspace::new("codex", "Codex"));
    drop_request(&scene.workspace, "Codex", "For Codex");
    let provider = format!(
        "{{ name = \"fake\", base_url = \"http://127.0.0.1:{PORT}/v1\", wire_api = \"responses\", env_key = \"FAKE_KEY\" }}"
    );
    let output = scene.run(&format!(
        "codex exec --json --skip-git-repo-check -s workspace-write -c model=fake -c model_provider=fake -c \
         'model_providers.fake={provider}' -c 'mcp_servers.baton.default_tools_approval_mode=\"approve\"' 'Work through your Baton \
         inbox.'"
    ));
    let output = output.ended(0);
    assert!(output.stdout.contains("mcp_tool_call"), "{}", output.stdout);
    assert_eq!(own_events(&scene.workspace, "For Codex", "Codex"), ["claimed", "returned"]);
}

#[test]
#[expect(clippy::print_stdout, reason = "the times show how soon the session is woken")]
fn an_idle_session_of_claude_code_is_woken_by_a_new_handoff() {
    let scene = or_skip!(ClientWorkspace::new("claude", "Claude"));
    or_skip!(tool("tmux", "apt-get install tmux"));
    let (home, project) = (scene.workspace.outside(), scene.project.display().to_string());
    // The answers that a user gives at the first start of Claude Code.
    let known = json!({ "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true, "enabledMcpjsonServers": ["baton"] });
    let state = json!({
        "hasCompletedOnboarding": true,
        "theme": "dark",
        "customApiKeyResponses": { "approved": ["dummy"], "rejected": [] },
        "projects": { project: known },
    });
    fs::write(home.join(".claude.json"), text(&state)).unwrap();
    fs::create_dir_all(home.join(".claude")).unwrap();
    fs::write(home.join(".claude/settings.json"), text(&json!({ "permissions": { "allow": ["mcp__baton"] } })))
        .unwrap();

    let socket = home.join("tmux").display().to_string();
    let tmux = |words: &[&str]| Output::of(scene.workspace.command_of("tmux").args(["-S", &socket]).args(words));
    let words = scene.script("claude");
    let mut start = vec!["new-session", "-d", "-x", "120", "-y", "40"];
    start.extend(words.iter().map(String::as_str));
    tmux(&start).ended(0);
    let screen = || tmux(&["capture-pane", "-p"]).stdout;
    let root = scene.workspace.root().display();
    let state = scene.workspace.state_folder().canonicalize().unwrap();
    let waits = format!("{root}\0--state\0{}\0inbox\0wait", state.display());
    scene.workspace.wait_for("the idle session", |_| (screen().contains('❯') && is_running(&waits)).then_some(()));

    drop_request(&scene.workspace, "Claude", "Wake up");
    let events = own_events(&scene.workspace, "Wake up", "Claude");
    let shown = screen();
    tmux(&["kill-server"]);
    for event in scene.workspace.why(&scene.workspace.task("Wake up").id).events {
        println!("{} {} {}", event.at, event.actor, event.action);
    }
    assert_eq!(events, ["claimed", "returned"], "{shown}");
}

fn drop_request(workspace: &Workspace, agent: &str, title: &str) {
    workspace.drop_file(agent, &format!("{}.json", title.replace(' ', "-")), text(&baton_tests::handoff(agent, title)));
    workspace.wait_for(title, |workspace| workspace.tasks(title).into_iter().next());
}

/// True if a process has these arguments, separated by null characters.
fn is_running(arguments: &str) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let line = |process: &Path| fs::read(process.join("cmdline")).unwrap_or_default();
    processes.map(|process| line(&process.path())).any(|line| String::from_utf8_lossy(&line).contains(arguments))
}
