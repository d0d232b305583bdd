//! The real Claude Code and the real Codex as command agents, offline: `baton up` runs in a network namespace with nothing
//! but a fake model on loopback, and starts the clients. The tests kill the clients together with the daemon in the middle
//! of their work; the next daemon continues their session. The model also imitates a usage limit.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use baton_tests::{Daemon, Skipped, Workspace, handoff, or_skip, skip, text, tool, tools};

use super::{outcomes, runs};

const PORT: u16 = 8089;

struct ClientWorkspace {
    workspace: Workspace,
    clients: PathBuf,
}

impl ClientWorkspace {
    fn new(client: &str) -> Result<Self, Skipped> {
        let clients = tools("agents/node_modules/.bin", client)?;
        tool("ip", "apt-get install iproute2")?;
        if !Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success()) {
            return Err(skip("this user may not make a network namespace, so no real client is run"));
        }
        let workspace = Workspace::with_noop();
        for agent in ["Claude-MM1", "Worker"] {
            fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
        }
        let home = workspace.outside();
        fs::create_dir_all(home.join("codex")).unwrap();
        let provider = format!(
            "model = \"fake\"\nmodel_provider = \"fake\"\n[model_providers.fake]\nname = \"fake\"\nbase_url = \
             \"http://127.0.0.1:{PORT}/v1\"\nwire_api = \"responses\"\nenv_key = \"FAKE_KEY\"\n"
        );
        fs::write(home.join("codex/config.toml"), provider).unwrap();
        fs::write(home.join("model.py"), include_str!("../coding_agents/fake_model.py")).unwrap();
        let env = "[\"ANTHROPIC_BASE_URL\", \"ANTHROPIC_API_KEY\", \"FAKE_KEY\", \"DISABLE_TELEMETRY\", \"DISABLE_AUTOUPDATER\", \
                   \"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC\"]";
        let section =
            format!("\n[agents.Worker]\ncommand = \"{client}\"\nrun = {{ env = {env}, deadline = \"3m\" }}\n");
        workspace.write("baton.toml", workspace.read("baton.toml") + &section);
        Ok(Self { workspace, clients })
    }

    /// Sets how the model behaves: `work`, `limit` or `hang`.
    fn model(&self, word: &str) {
        fs::write(self.workspace.outside().join("control"), word).unwrap();
    }

    /// Starts `baton up` beside the model in a network namespace, with a clean environment.
    fn up(&self) -> Daemon {
        let (home, clients) = (self.workspace.outside().display().to_string(), self.clients.display().to_string());
        let (baton, root) = (baton_tests::baton().display().to_string(), self.workspace.root().display().to_string());
        let script = format!(
            "ip link set lo up\npython3 '{home}/model.py' {PORT} '{home}/control' &\nsleep 1\nexec env -i \
             PATH='{clients}':/usr/local/bin:/usr/bin:/bin HOME='{home}' CODEX_HOME='{home}/codex' XDG_STATE_HOME='{home}/state' \
             ANTHROPIC_BASE_URL=http://127.0.0.1:{PORT} ANTHROPIC_API_KEY=dummy FAKE_KEY=dummy DISABLE_TELEMETRY=1 \
             DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 '{baton}' -w '{root}' up\n"
        );
        let path = self.workspace.outside().join("up.sh");
        fs::write(&path, script).unwrap();
        self.workspace.up_by(self.workspace.command_of("unshare").args(["-rn", "sh"]).arg(path))
    }

    fn drop_request(&self, title: &str) {
        let name = format!("{}.json", title.replace(' ', "-"));
        self.workspace.drop_file("Worker", &name, text(&handoff("Worker", title)));
    }

    /// Waits until the runs of the request have these outcomes.
    fn wait_for_runs(&self, title: &str, wanted: &[&str]) {
        self.workspace.wait_for("the runs", |workspace| {
            (!workspace.tasks(title).is_empty() && outcomes(workspace, title) == wanted).then_some(())
        });
    }
}

fn works(client: &str) {
    let scene = or_skip!(ClientWorkspace::new(client));
    let workspace = &scene.workspace;
    scene.model("work");
    let mut daemon = scene.up();

    // The client is started, lists its inbox, claims the request and answers it.
    scene.drop_request("First");
    scene.wait_for_runs("First", &["returned"]);
    workspace.wait_for_state("First", "succeeded");
    let task = workspace.task("First").id;
    let own = workspace.why(&task).events.into_iter().filter(|event| event.actor == "Worker");
    assert_eq!(own.map(|event| event.action).collect::<Vec<_>>(), ["claimed", "returned"]);
    let run = &runs(workspace, "First")[0];
    assert!(run["session"].is_string() && run["input_tokens"].as_i64() > Some(0), "{run}");
    assert_eq!(run["cost_usd"].is_number(), client == "claude", "{run}");

    // The client is killed together with the daemon, and its session is resumed.
    scene.model("hang");
    scene.drop_request("Second");
    let session = workspace.wait_for("the claim and the session", |workspace| {
        let task = workspace.tasks("Second").pop()?;
        let is_claimed = workspace.why(&task.id).events.iter().any(|event| event.action == "claimed");
        runs(workspace, "Second").first().filter(|run| is_claimed && run["session"].is_string()).cloned()
    })["session"]
        .clone();
    daemon.kill();
    daemon = scene.up();
    scene.wait_for_runs("Second", &["interrupted", "works"]);
    scene.model("work");
    scene.wait_for_runs("Second", &["interrupted", "returned"]);
    assert_eq!(runs(workspace, "Second")[1]["session"], session);
    workspace.wait_for_state("Second", "succeeded");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-second").len(), 1);

    // The client reaches a usage limit.
    scene.model("limit");
    scene.drop_request("Third");
    let task = workspace.wait_for_state("Third", "waiting");
    assert!(task.reason.contains(&format!("usage limit of {client}")), "{}", task.reason);
    scene.model("work");
    // The operator does not wait for the end of the limit.
    workspace.baton(&["retry", &task.id]).ended(0);
    scene.wait_for_runs("Third", &["quota", "returned"]);
    let both = runs(workspace, "Third");
    assert_eq!(both[0]["session"], both[1]["session"]);
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn claude_code_is_started_resumed_and_waits_for_its_limit() {
    works("claude");
}

#[test]
fn codex_is_started_resumed_and_waits_for_its_limit() {
    works("codex");
}
