//! `baton account`, and plugins that use an account: consent, renewal, rotation, revoked consent. The service is a strict
//! OAuth server on loopback (`tests/src/oauth_server.rs`), and a program on loopback plays the browser.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use baton_tests::oauth_server::{CLIENT_ID, OAuthServer, TOKEN_PREFIX};
use baton_tests::{Output, Skipped, Workspace, files_with, missing, or_skip, tools};
use serde_json::{Value, json};

use crate::clock::Clock;

/// A workspace whose spotify account is connected to the fake service, with a plugin that uses the account.
pub(crate) struct Scene {
    pub(crate) workspace: Workspace,
    pub(crate) oauth: OAuthServer,
}

impl Scene {
    fn new() -> Self {
        let (workspace, oauth) = (Workspace::with_noop(), OAuthServer::start());
        let settings = workspace.read("baton.toml") + &oauth.settings("spotify") + &oauth.settings("github");
        workspace.write("baton.toml", settings);
        workspace.install_fixture("account", "");
        let host = format!("host=service={}", oauth.address());
        let words = ["plugin", "grant", "account", host.as_str(), "http=GET:{service}/*"];
        workspace.baton(&words).ended(0);
        workspace.baton(&["plugin", "grant", "account", "secret=spotify"]).ended(0);
        Self { workspace, oauth }
    }

    /// As `new`, with a connected account.
    pub(crate) fn connected() -> Self {
        let scene = Self::new();
        add(&scene.workspace).ended(0);
        scene
    }

    /// Drops a handoff for the plugin, runs Baton, and returns the task.
    fn ask(&self, title: &str, args: &Value) -> baton_tests::Task {
        self.workspace.drop_handoff_with("account", title, json!({ "args": args }));
        self.workspace.up_once();
        self.workspace.task(title)
    }

    fn listed(&self) -> Value {
        let json = self.workspace.baton(&["account", "list", "--json"]).ended(0).json();
        json["accounts"].as_array().and_then(|all| all.first()).cloned().unwrap_or_default()
    }

    /// The stored tokens.
    pub(crate) fn tokens(&self) -> Value {
        self.tokens_of("spotify")
    }

    fn tokens_of(&self, service: &str) -> Value {
        let text = fs::read_to_string(self.workspace.state_folder().join("secrets.json")).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        serde_json::from_str(all["secrets"][format!("account:{service}")]["value"].as_str().unwrap()).unwrap()
    }

    /// The stored access token, or personal token, of a service.
    pub(crate) fn access_token(&self, service: &str) -> String {
        self.tokens_of(service)["access_token"].as_str().unwrap().to_owned()
    }

    /// Asserts that only the file of secrets contains tokens.
    fn assert_no_token_leaked(&self) {
        // Only real tokens begin with this prefix. Placeholders and names in the code cache do not.
        let found = files_with(self.workspace.outside(), &format!("{TOKEN_PREFIX}-"));
        assert!(found.is_empty(), "a token is in {found:?}");
    }
}

/// Begins `baton account add SERVICE`, and waits until it has printed an address. Returns the process and the address.
#[expect(clippy::zombie_processes, reason = "`end` waits for it")]
fn begin(workspace: &Workspace, words: &[&str]) -> (Child, String, BufReader<std::process::ChildStderr>) {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["account", "add"]).args(words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(errors.read_line(&mut line).unwrap() > 0, "no address: {seen}");
        seen.push_str(&line);
        if let Some(address) = line.trim().strip_prefix("http://") {
            return (child, format!("http://{address}"), errors);
        }
    }
}

/// Waits for the end of a command that [`begin`] began.
fn end(mut child: Child, mut errors: BufReader<std::process::ChildStderr>) -> Output {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    errors.read_to_string(&mut stderr).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    Output { code: child.wait().unwrap().code().unwrap_or(-1), stdout, stderr }
}

/// Sends `GET address`. Returns the status and the target of a redirect.
fn visit(address: &str) -> (String, Option<String>) {
    let rest = address.strip_prefix("http://").unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(server).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    let to = answer.lines().find_map(|line| line.strip_prefix("Location: ")).map(|to| to.trim().to_owned());
    (status, to)
}

/// Connects the spotify account: a browser agrees and follows the redirect.
pub(crate) fn add(workspace: &Workspace) -> Output {
    add_with(workspace, &["spotify"])
}

/// Connects an account with these arguments.
pub(crate) fn add_with(workspace: &Workspace, words: &[&str]) -> Output {
    let (child, address, errors) = begin(workspace, words);
    let (status, redirect) = visit(&address);
    assert_eq!(status, "302", "{address}");
    assert_eq!(visit(&redirect.unwrap()).0, "200");
    end(child, errors)
}

#[test]
fn an_account_is_added_listed_tested_used_and_removed() {
    let scene = Scene::new();
    let waiting = scene.ask("Before", &json!({}));
    assert_eq!(waiting.state, "needs_grant", "{}", waiting.reason);
    assert!(waiting.reason.contains("`baton account add spotify`"), "{}", waiting.reason);

    let added = add(&scene.workspace).ended(0);
    assert!(added.stderr.contains("connected the spotify account of A Listener"), "{}", added.stderr);
    scene.workspace.up_once();
    assert_eq!(scene.workspace.task("Before").state, "succeeded", "it continues");
    let seen = scene.workspace.read("reports/seen.txt");
    assert!(seen.starts_with("baton-secret-") && seen.contains("A Listener"), "{seen}");

    let listed = scene.listed();
    assert_eq!((&listed["service"], &listed["state"]), (&json!("spotify"), &json!("ready")));
    assert_eq!(listed["scopes"].as_array().unwrap().len(), 5, "{listed}");
    assert_eq!(listed["plugins"], json!(["account"]));
    let tested = scene.workspace.baton(&["account", "test"]).ended(0);
    assert_eq!(tested.stdout, "spotify: works, it belongs to A Listener\n");
    let secrets = scene.workspace.baton(&["secret", "list"]).ended(0);
    assert!(!secrets.stdout.contains("account"), "an account is not a secret: {}", secrets.stdout);

    scene.workspace.baton(&["account", "remove", "spotify"]).ended(0);
    assert!(scene.listed().is_null());
    assert_eq!(scene.ask("After", &json!({})).state, "needs_grant");
    scene.workspace.baton(&["account", "remove", "spotify"]).ended(2);
    assert_eq!(scene.oauth.problems(), [""; 0]);
    scene.assert_no_token_leaked();
}

#[test]
fn write_scopes_are_requested_only_on_demand_and_kept_by_a_renewed_consent() {
    let scene = Scene::connected();
    let scopes = || scene.listed()["scopes"].to_string();
    assert!(!scopes().contains("modify"), "{}", scopes());
    let shown = add_with(&scene.workspace, &["spotify", "--write"]).ended(0);
    assert!(
        scopes().contains("playlist-modify-private") && scopes().contains("playlist-modify-public"),
        "{}",
        scopes()
    );
    assert!(!shown.stderr.contains("did not allow"), "{}", shown.stderr);
    add(&scene.workspace).ended(0);
    assert!(scopes().contains("playlist-modify-private"), "{}", scopes());
    scene.workspace.baton(&["account", "remove", "spotify"]).ended(0);
    add(&scene.workspace).ended(0);
    assert!(!scopes().contains("modify"), "{}", scopes());
    scene.assert_no_token_leaked();
}

#[test]
fn the_scopes_are_shown_before_the_address() {
    let scene = Scene::new();
    let mut command = scene.workspace.command();
    command.arg("-w").arg(scene.workspace.root()).args(["account", "add", "spotify", "--timeout", "1s"]);
    let shown = Output::of(&mut command).ended(2).stderr;
    let (scopes, address) = (shown.find("user-library-read").unwrap(), shown.find("/authorize?").unwrap());
    assert!(scopes < address && shown.contains("Read your Liked Songs."), "{shown}");
    assert!(shown.contains("no consent within 1 s"), "{shown}");
}

#[test]
fn a_redirect_with_another_state_or_path_is_refused_and_the_right_one_still_works() {
    let scene = Scene::new();
    let (child, address, errors) = begin(&scene.workspace, &["spotify"]);
    let redirect = visit(&address).1.unwrap();
    let (place, _) = redirect.split_once('?').unwrap();
    assert_eq!(visit(&format!("{place}?code=forged&state=forged")).0, "400");
    assert_eq!(visit(&format!("{place}?error=access_denied")).0, "400", "any web page can send such a request");
    assert_eq!(visit(&redirect.replace("/callback", "/other")).0, "404");
    assert_eq!(scene.oauth.token_requests(), 0, "no code was sent to the service");
    assert_eq!(visit(&redirect).0, "200");
    end(child, errors).ended(0);
    assert_eq!(scene.oauth.problems(), [""; 0]);
}

#[test]
fn the_address_of_the_last_page_can_be_pasted() {
    let scene = Scene::new();
    let (mut child, address, errors) = begin(&scene.workspace, &["spotify", "--json"]);
    let redirect = visit(&address).1.unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{address}\n{redirect}x").unwrap();
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the command waits for another address");
    writeln!(input, "{redirect}").unwrap();
    let added = end(child, errors).ended(0);
    assert!(added.stderr.contains("its `state` is wrong"), "{}", added.stderr);
    let account = &added.json()["account"];
    assert_eq!((&account["owner"], &account["state"]), (&json!("A Listener"), &json!("ready")));
    assert!(!added.stdout.contains(TOKEN_PREFIX) && !added.stderr.contains(TOKEN_PREFIX));
}

#[test]
fn a_refused_consent_stores_nothing() {
    let scene = Scene::new();
    scene.oauth.refuse();
    let (child, address, errors) = begin(&scene.workspace, &["spotify"]);
    let redirect = visit(&address).1.unwrap();
    assert_eq!(visit(&redirect).0, "200");
    let refused = end(child, errors).ended(2);
    assert!(refused.stderr.contains("access_denied"), "{}", refused.stderr);
    assert!(scene.listed().is_null());
}

#[test]
fn eight_processes_renew_a_token_once() {
    let scene = Scene::connected();
    scene.oauth.expire_access_tokens();
    expire(&scene);
    scene.oauth.set_pause(Duration::from_millis(500));
    let start = || {
        let mut command = scene.workspace.command();
        command.arg("-w").arg(scene.workspace.root()).args(["account", "test"]).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<Child> = (0..8).map(|_| start()).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(scene.oauth.refreshes(), 1);
    assert_eq!(scene.oauth.problems(), [""; 0]);
    // Requests of plugins in one daemon get a renewed token too.
    scene.oauth.expire_access_tokens();
    expire(&scene);
    for number in 0..6 {
        scene.workspace.drop_handoff_with("account", &format!("Ask {number}"), json!({ "args": { "times": 2 } }));
    }
    scene.workspace.up_once();
    assert!(scene.workspace.tasks_of("account").iter().all(|task| task.state == "succeeded"));
    assert_eq!((scene.oauth.refreshes(), scene.oauth.problems().len()), (2, 0));
}

/// Changes the stored times so that the access token counts as expired.
fn expire(scene: &Scene) {
    let file = scene.workspace.state_folder().join("secrets.json");
    let mut all: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let mut tokens = scene.tokens();
    tokens["expires_at"] = json!("2020-01-01T00:00:00Z");
    tokens["issued_at"] = json!("2019-12-31T23:00:00Z");
    all["secrets"]["account:spotify"]["value"] = json!(tokens.to_string());
    fs::write(&file, all.to_string()).unwrap();
}

#[test]
fn a_rotated_token_survives_a_kill_after_the_renewal() {
    let scene = Scene::connected();
    for round in 1..=5 {
        expire(&scene);
        let before = scene.tokens()["refresh_token"].clone();
        let mut command = scene.workspace.command();
        command.arg("-w").arg(scene.workspace.root()).args(["account", "test"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        scene
            .workspace
            .wait_for("the new token on the disk", |_| (scene.tokens()["refresh_token"] != before).then_some(()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(scene.oauth.refreshes(), round);
    }
    scene.workspace.baton(&["account", "test"]).ended(0);
    assert_eq!(scene.oauth.problems(), [""; 0], "no old token was used");
}

#[test]
fn a_token_that_expires_during_a_task_is_renewed() {
    let scene = Scene::connected();
    // Baton's clock says that the token is valid, but the service refuses it.
    scene.oauth.expire_access_tokens();
    age(&scene);
    let task = scene.ask("Middle", &json!({ "times": 3 }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert!(task.reason.contains("401 200 200 200"), "{}", task.reason);
    assert_eq!((scene.oauth.refreshes(), scene.oauth.problems().len()), (1, 0));
    // Each token is valid for two seconds. Baton uses a token for half of that time and then renews it.
    scene.oauth.set_lifetime(2);
    scene.oauth.expire_access_tokens();
    age(&scene);
    let task = scene.ask("Short", &json!({ "times": 40 }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert!(scene.oauth.refreshes() >= 3, "{}", scene.oauth.refreshes());
    assert_eq!(scene.oauth.problems(), [""; 0]);
    scene.assert_no_token_leaked();
}

/// Sets the time of the last renewal back, because Baton treats the refusal of a new token as a fault of the service.
fn age(scene: &Scene) {
    let file = scene.workspace.state_folder().join("secrets.json");
    let mut all: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let mut tokens = scene.tokens();
    tokens["issued_at"] = json!("2020-01-01T00:00:00Z");
    all["secrets"]["account:spotify"]["value"] = json!(tokens.to_string());
    fs::write(&file, all.to_string()).unwrap();
}

#[test]
fn a_clock_that_is_wrong_by_a_day_does_not_stop_tasks_or_require_consent() {
    for offset in ["+1d", "-1d"] {
        let scene = Scene::connected();
        let clock = or_skip!(Clock::of(&scene.workspace));
        clock.set(offset);
        let daemon = clock.up(&scene.workspace);
        let ask = |title: &str| {
            scene.workspace.drop_handoff_with("account", title, json!({ "args": {} }));
            let is_at_rest = |task: &baton_tests::Task| task.is_final() || task.state == "needs_grant";
            let ended = |workspace: &Workspace| workspace.tasks(title).into_iter().find(is_at_rest);
            let task = scene.workspace.wait_for("the end", ended);
            assert_eq!(task.state, "succeeded", "{offset}: {}", task.reason);
        };
        ask("First");
        // The service ends the token, although Baton's clock may say that it is valid. Without the pause, the token would be
        // only seconds old, and Baton would treat its refusal as a fault of the service.
        sleep(Duration::from_secs(11));
        scene.oauth.expire_access_tokens();
        ask("Second");
        drop(daemon);
        assert!((1..=2).contains(&scene.oauth.refreshes()), "{offset}: {} renewals", scene.oauth.refreshes());
        assert_eq!(scene.oauth.problems(), [""; 0]);
    }
}

#[test]
fn a_task_waits_when_the_consent_was_revoked_and_continues_after_another() {
    let scene = Scene::connected();
    scene.oauth.revoke();
    age(&scene);
    let task = scene.ask("Revoked", &json!({}));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add spotify`"), "{}", task.reason);
    assert_eq!(scene.listed()["state"], "needs_consent");
    let tested = scene.workspace.baton(&["account", "test", "--json"]).ended(1).json();
    assert_eq!(tested["accounts"][0]["state"], "needs_consent");
    let requests = scene.oauth.token_requests();
    scene.workspace.baton(&["account", "test"]).ended(1);
    assert_eq!(scene.oauth.token_requests(), requests, "a refused consent is not tried again");
    add(&scene.workspace).ended(0);
    scene.workspace.up_once();
    assert_eq!(scene.workspace.task("Revoked").state, "succeeded");
    scene.assert_no_token_leaked();
}

#[test]
fn a_request_to_a_failing_service_is_repeated_later() {
    let scene = Scene::connected();
    expire(&scene);
    scene.oauth.fail_with(&["503 Service Unavailable", "429 Too Many Requests"]);
    for word in ["503", "429"] {
        let failed = scene.workspace.baton(&["account", "test"]).ended(1);
        assert!(failed.stdout.contains("cannot be used now") && failed.stdout.contains(word), "{}", failed.stdout);
        assert_eq!(scene.listed()["state"], "ready", "the consent is kept");
    }
    scene.workspace.baton(&["account", "test"]).ended(0);
    expire(&scene);
    scene.oauth.fail_with(&["500 Internal Server Error"]);
    let task = scene.ask("Again", &json!({}));
    assert!(["succeeded", "waiting"].contains(&task.state.as_str()), "{}: {}", task.state, task.reason);
    scene.workspace.wait_for("the task to be tried again", |workspace| {
        workspace.up_once();
        (workspace.task("Again").state == "succeeded").then_some(())
    });
    assert_eq!(scene.oauth.problems(), [""; 0]);
}

#[test]
fn a_code_is_typed_on_another_device() {
    let scene = Scene::new();
    let (child, address, errors) = begin(&scene.workspace, &["github"]);
    assert_eq!(address, "http://127.0.0.1/device");
    scene.workspace.wait_for("the first question", |_| (scene.oauth.token_requests() >= 1).then_some(()));
    scene.oauth.approve_device();
    let added = end(child, errors).ended(0);
    assert!(added.stderr.contains("connected the github account"), "{}", added.stderr);
    assert_eq!((&scene.listed()["service"], &scene.listed()["kind"]), (&json!("github"), &json!("device")));
}

#[test]
fn a_personal_token_comes_from_standard_input_and_is_checked() {
    let (workspace, oauth) = (Workspace::with_noop(), OAuthServer::start());
    let settings = workspace.read("baton.toml") + &oauth.settings("notion");
    workspace.write("baton.toml", settings);
    let add = |token: &str| {
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(["account", "add", "notion"]);
        Output::fed(&mut command, format!("{token}\n").as_bytes())
    };
    let refused = add("a-token-of-nobody").ended(2);
    assert!(refused.stderr.contains("does not accept the token"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("a-token-of-nobody"));
    assert!(add("short").ended(2).stderr.contains("not a token"));
    let argument = workspace.baton(&["account", "add", "notion", "a-token-of-nobody"]).ended(2);
    assert!(argument.stderr.contains("unexpected argument"), "a token is never an argument");
}

#[test]
fn invalid_accounts_are_refused() {
    let workspace = Workspace::with_noop();
    let missing = workspace.baton(&["account", "add", "spotify"]).ended(2);
    assert!(
        missing.stderr.contains("needs a client ID") && missing.stderr.contains("--client-id ID"),
        "{}",
        missing.stderr
    );
    let unknown = workspace.baton(&["account", "add", "dropbox"]).ended(2);
    assert!(unknown.stderr.contains("possible values: github, google, linear, notion, spotify"), "{}", unknown.stderr);
    let settings = workspace.read("baton.toml");
    for (line, word) in [
        ("token_url = \"http://a.example/token\"", "https://"),
        ("token_url = \"http://localhost/token\"", "https://"),
        ("scopes = [\"two words\"]", "scope"),
        ("token_uri = \"https://a.example\"", "there is no setting"),
    ] {
        workspace.write("baton.toml", format!("{settings}\n[accounts.spotify]\n{line}\n"));
        let refused = workspace.baton(&["account", "list"]).ended(2);
        assert!(refused.stderr.contains(word), "{line}: {}", refused.stderr);
    }
}

/// The Python that has spotipy.
pub(crate) fn spotipy() -> Result<PathBuf, Skipped> {
    let python = tools("python", "bin/python")?.join("bin/python");
    let mut command = Command::new(&python);
    match command.args(["-c", "import spotipy"]).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(python),
        _ => Err(missing("spotipy", ".ci/run shows how")),
    }
}

/// spotipy's own PKCE flow gets, uses and renews tokens at the fake service. This shows that real clients work with the fake
/// service.
#[test]
fn spotipy_gets_and_renews_tokens_at_the_fake() {
    let python = or_skip!(spotipy());
    let oauth = OAuthServer::start();
    oauth.set_lifetime(1);
    let script = r#"
import sys, urllib.request, urllib.parse, time
import spotipy.oauth2 as o
from spotipy.cache_handler import MemoryCacheHandler
base, client = sys.argv[1:]
o.SpotifyPKCE.OAUTH_AUTHORIZE_URL = base + "/authorize"
o.SpotifyPKCE.OAUTH_TOKEN_URL = base + "/token"
flow = o.SpotifyPKCE(client_id=client, redirect_uri="http://127.0.0.1:43210/callback", scope="user-library-read",
    state="a-state-of-spotipy-1", open_browser=False, cache_handler=MemoryCacheHandler())
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a, **k): return None
try:
    urllib.request.build_opener(Stay).open(flow.get_authorize_url())
except urllib.error.HTTPError as answer:
    location = answer.headers["Location"]
state, code = flow.parse_auth_response_url(location)
assert state == "a-state-of-spotipy-1", state
first = flow.get_access_token(code, check_cache=False)
time.sleep(1.2)
old = flow.cache_handler.get_cached_token()["refresh_token"]
second = flow.refresh_access_token(old)["access_token"]
assert first != second
try:
    flow.refresh_access_token(old)
except o.SpotifyOauthError as error:
    assert error.error == "invalid_grant", error
else:
    raise SystemExit("an old refresh token was accepted")
print("ok")
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args([&oauth.address(), CLIENT_ID]);
    let output = Output::of(&mut command).ended(0);
    assert_eq!(output.stdout, "ok\n");
    assert_eq!((oauth.refreshes(), oauth.problems().len()), (1, 1), "{:?}", oauth.problems());
}
