//! The plugin tracker files gaps of audit reports at GitHub, Linear and Notion: the shipped component in the real sandbox,
//! against `emulate`, a third-party stateful GitHub and Linear, and the Notion of these tests. The clients of the services
//! (`@octokit/rest`, `@linear/sdk`, the two of Notion) judge the result.

mod faults;
mod github;
mod linear;
mod notion;
mod report;

use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use baton_tests::tracker_proxy::TrackerProxy;
use baton_tests::{Output, PATIENCE, Skipped, Task, Workspace, files_with, repository, tools};
use serde_json::{Value, json};

const GITHUB_TOKEN: &str = "ghp_0123456789tokenOfTheTests";
const LINEAR_TOKEN: &str = "lin_api_0123456789tokenOfTheTests";
/// The argument with the name of the workspaces of the tests.
const SOURCE: &str = "source=audit";
const REPOSITORY: &str = "repository=octocat/plans";

/// `emulate`, and the clients.
struct Emulator {
    child: Child,
    ports: [u16; 2],
    node: PathBuf,
    tools: PathBuf,
    _folder: tempfile::TempDir,
}

impl Emulator {
    fn start() -> Result<Self, Skipped> {
        let tools = tools("tracker", "node_modules/emulate/dist/index.js")?;
        let node = baton_tests::tools("agents", "node_modules/.bin/node")?.join("node_modules/.bin/node");
        let folder = tempfile::tempdir().unwrap();
        let seed = json!({
            "tokens": { GITHUB_TOKEN: { "login": "octocat", "scopes": ["repo"] } },
            "github": { "users": [{ "login": "octocat" }, { "login": "hubot" }],
                "repos": [{ "owner": "octocat", "name": "plans" }] },
            "linear": { "organization": { "name": "Acme", "url_key": "acme" },
                "users": [{ "email": "admin@example.com", "name": "Admin", "admin": true }],
                "teams": [{ "key": "ENG", "name": "Engineering", "states": [{ "name": "Backlog", "type": "backlog" },
                    { "name": "Todo", "type": "unstarted" }, { "name": "Done", "type": "completed" },
                    { "name": "Canceled", "type": "canceled" }] }],
                "tokens": [{ "token": LINEAR_TOKEN, "user": "admin@example.com", "scopes": ["admin"] }] },
        });
        std::fs::write(folder.path().join("seed.json"), seed.to_string()).unwrap();
        let ports = free_ports();
        let mut command = Command::new(&node);
        command.arg(tools.join("node_modules/emulate/dist/index.js")).args(["start", "--service", "github,linear"]);
        command.args(["--port", &ports[0].to_string(), "--seed"]).arg(folder.path().join("seed.json"));
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let begun = std::time::Instant::now();
        while ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            assert!(begun.elapsed() < PATIENCE, "emulate does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { child, ports, node, tools, _folder: folder })
    }

    /// Runs a script of this folder with the client of a service.
    fn client(&self, service: &str, place: &str, action: &str, args: &Value) -> Value {
        let (port, token) = match service {
            "github" => (self.ports[0], GITHUB_TOKEN),
            _ => (self.ports[1], LINEAR_TOKEN),
        };
        let mut command = Command::new(&self.node);
        command.arg(repository().join("tests/e2e/tracker").join(format!("{service}.mjs"))).arg(&self.tools);
        command.args([&format!("http://127.0.0.1:{port}"), token, place, action, &args.to_string()]);
        let output = Output::of(&mut command).ended(0).stdout;
        serde_json::from_str(&output).unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Two free ports with consecutive numbers, because `emulate` uses consecutive ports.
fn free_ports() -> [u16; 2] {
    loop {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return [port, port + 1];
        }
    }
}

/// A workspace with the plugin and both accounts, whose requests go through a proxy.
struct Place {
    filer: Filer,
    proxy: TrackerProxy,
}

impl Deref for Place {
    type Target = Filer;

    fn deref(&self) -> &Filer {
        &self.filer
    }
}

/// The number of requests that [`Place::new`] sends.
const SETUP: usize = 2;

impl Place {
    fn new(emulator: &Emulator) -> Self {
        let github = ["http=GET:{github}/repos/*", "http=POST:{github}/repos/*", "http=PATCH:{github}/repos/*"];
        let others =
            ["http=GET:{github}/user", "http=POST:{linear}/graphql", "secret=github", "secret=linear", "locks"];
        Self::granted(emulator, &[&github[..], &others].concat())
    }

    /// As `new`, with these grants for requests.
    fn granted(emulator: &Emulator, requests: &[&str]) -> Self {
        let proxy = TrackerProxy::start(emulator.ports, GITHUB_TOKEN, LINEAR_TOKEN);
        let address = proxy.address();
        let accounts = format!(
            "\n[accounts.github]\nidentity_url = \"{address}/user\"\n[accounts.linear]\nidentity_url = \"{address}/graphql\"\n"
        );
        let hosts = ["github", "linear"].map(|host| format!("host={host}={address}"));
        let words = [&[hosts[0].as_str(), &hosts[1]][..], requests].concat();
        let place = Self { filer: Filer::new(&accounts, &words), proxy };
        place.connect(&["github", "--token"], GITHUB_TOKEN);
        place.connect(&["linear"], LINEAR_TOKEN);
        place
    }

    /// Asserts that all requests were valid and all faults were used, and that only the file of secrets contains tokens.
    #[track_caller]
    fn assert_clean(&self) {
        assert_eq!(self.proxy.problems(), [""; 0]);
        assert_eq!(self.proxy.faults_left(), 0);
        self.assert_no_file_has(&[GITHUB_TOKEN, LINEAR_TOKEN]);
    }
}

/// A workspace with the plugin.
struct Filer {
    workspace: Workspace,
}

impl Filer {
    /// A workspace with these settings of accounts, and with these grants besides those of the folders.
    fn new(accounts: &str, grants: &[&str]) -> Self {
        let workspace = Workspace::init();
        workspace.write("baton.toml", workspace.read("baton.toml") + accounts);
        workspace.keep_only("audit");
        workspace.baton(&["plugin", "install", "shipped:tracker"]).ended(0);
        for folder in ["audits", "links"] {
            std::fs::create_dir_all(workspace.outside().join(folder)).unwrap();
        }
        let folder = |grant: &str, name: &str| format!("{grant}={}", workspace.outside().join(name).display());
        let [reports, links] = [folder("files:ro=reports", "audits"), folder("files:rw=links", "links")];
        workspace.baton(&[&["plugin", "grant", "tracker", &reports, &links][..], grants].concat()).ended(0);
        Self { workspace }
    }

    /// Connects an account with a personal token.
    fn connect(&self, words: &[&str], token: &str) {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["account", "add"]).args(words);
        Output::fed(&mut command, format!("{token}\n").as_bytes()).ended(0);
    }

    /// Writes the newest report: gaps of the plan `plans/a.md`, by number, with this evidence.
    fn audit(&self, gaps: &[(usize, &str)]) {
        // The audit gets a time in the future, so that it is later than the closing of earlier issues.
        self.audit_after(2, gaps);
    }

    /// As `audit`, for an audit that runs this many seconds after now.
    fn audit_after(&self, seconds: i64, gaps: &[(usize, &str)]) {
        let finding = |(number, evidence): &(usize, &str)| {
            json!({ "id": gap(*number), "weight": "high", "title": format!("plans/a.md: file{number}.py is missing"),
                "evidence": evidence, "place": { "path": "plans/a.md", "line": number + 1 } })
        };
        let findings: Vec<Value> = gaps.iter().map(finding).collect();
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let report = json!({ "schema": 3, "report_id": "PLANS-AUDIT-20260118-101500", "plans_left_out": 0,
            "executed_at": now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(), "plans": [{ "plan": "plans/a.md" }],
            "findings": findings, "parts": { "follow_ups": [] } });
        std::fs::write(self.workspace.outside().join("audits/latest.json"), report.to_string()).unwrap();
    }

    /// Runs an action with `baton run`.
    fn run(&self, action: &str, args: &[&str]) -> Output {
        Output::within(&mut self.command(action, args), Duration::from_mins(4))
    }

    fn command(&self, action: &str, args: &[&str]) -> Command {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["run", "tracker", action]);
        let pause = (action == "file").then_some("pause_ms=0");
        command.args(args.iter().copied().chain([SOURCE]).chain(pause).flat_map(|arg| ["--arg", arg]));
        command
    }

    /// Runs the action `file`, and returns what it prints.
    #[track_caller]
    fn file(&self, place: &str) -> String {
        self.run("file", &[place]).ended(0).stderr
    }

    /// Files through a handoff in the inbox.
    fn handoff(&self, title: &str, action: &str, args: &Value) -> Task {
        let mut args = args.clone();
        args["source"] = json!("audit");
        self.workspace.drop_handoff_with("tracker", title, json!({ "action": action, "args": args }));
        self.workspace.up_once();
        self.workspace.task(title)
    }

    fn links(&self) -> Value {
        let text = std::fs::read_to_string(self.workspace.outside().join("links/issues.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Asserts that only the file of secrets contains tokens.
    #[track_caller]
    fn assert_no_file_has(&self, tokens: &[&str]) {
        for token in tokens {
            let found = files_with(self.workspace.outside(), token);
            assert!(found.is_empty(), "a token is in {found:?}");
        }
    }
}

fn gap(number: usize) -> String {
    format!("audit:plans/a.md:file{number}.py:missing")
}

fn is_open(issue: &Value) -> bool {
    ["open", "backlog", "unstarted", "started"].contains(&issue["state"].as_str().unwrap())
}

/// The numbers of open issues, and of closed ones.
fn by_state(issues: &Value) -> (Vec<u64>, Vec<u64>) {
    let all = issues.as_array().unwrap();
    let (open, closed): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|issue| is_open(issue));
    let numbers = |issues: Vec<&Value>| issues.iter().map(|issue| issue["number"].as_u64().unwrap()).collect();
    (numbers(open), numbers(closed))
}
