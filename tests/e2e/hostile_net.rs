//! HTTP requests and secrets, end to end: granted requests are sent, others end in the right state with a clear message and never
//! reach the server, and a secret appears only in the request that it is for.
//!
//! The servers run on loopback. The plugin `fetch` sends the requests of its task and reports all answers.

use std::fs;
use std::path::PathBuf;

use baton_tests::{Output, Server, Task, Workspace, files_with, fixture, handoff_with, or_skip, text};
use serde_json::{Value, json};

use crate::budgets::{allow, reached};

/// The value of the secret. It must appear only in requests to the server that the secret is for.
const SECRET: &str = "s3cr3t/+value=\"äö\" of-the-operator";

/// A workspace, its server, and the plugin `fetch` for it.
struct FetchWorkspace {
    workspace: Workspace,
    server: Server,
    grants: String,
}

impl FetchWorkspace {
    /// A workspace in which the plugin has the grants `http` and, as TOML, `more`. In both, `PORT` is replaced by the
    /// server's port.
    fn new(http: &[&str], more: &str) -> Self {
        Self::with(Server::start(), http, more)
    }

    fn with(server: Server, http: &[&str], more: &str) -> Self {
        let workspace = Workspace::with_noop();
        let port = server.port().to_string();
        let grants = format!("http = {http:?}\n{more}\n").replace("PORT", &port);
        let component = with_port(&fs::read(fixture("fetch")).unwrap(), &port);
        workspace.install("fetch", &component, &grants);
        Self { workspace, server, grants }
    }

    /// Grants requests below `/open/` and the secret `key` for this server.
    fn with_secret(more: &str) -> Self {
        let secrets = "secrets = [{ name = \"key\", hosts = [\"127.0.0.1:PORT\"], header = \"authorization\" }]";
        let scene = Self::new(&["*:http://127.0.0.1:PORT/open/*"], &format!("{more}\n{secrets}"));
        scene.set("key", SECRET);
        scene
    }

    fn set(&self, name: &str, value: &str) {
        set_secret(&self.workspace, name, value);
    }

    /// Drops a task with these `requests`. In them, `PORT` is replaced by the server's port.
    fn drop(&self, title: &str, requests: &[Value], flags: &Value) {
        let mut args = flags.clone();
        args["requests"] = Value::from(requests.to_vec());
        let handoff = handoff_with("fetch", title, json!({ "args": args }));
        let text = String::from_utf8(text(&handoff)).unwrap().replace("PORT", &self.server.port().to_string());
        self.workspace.drop_file("fetch", &format!("{}.json", title.replace(' ', "-")), text);
    }

    /// As `drop`, and waits for the end of the task.
    fn ask(&self, title: &str, requests: &[Value], flags: &Value) -> Task {
        self.drop(title, requests, flags);
        self.workspace.up_once();
        self.workspace.task(title)
    }

    /// The plugin's answer to each request.
    fn answers(&self) -> Vec<Value> {
        serde_json::from_str(&self.workspace.read("reports/answers.json")).unwrap()
    }

    /// Makes one request that must fail; returns the message that the plugin got.
    fn refused(&self, title: &str, request: Value) -> String {
        let task = self.ask(title, &[request], &json!({ "fail": true }));
        assert_eq!(task.state, "failed", "{title}: {}", task.reason);
        task.reason
    }
}

/// The component with the server's port in its manifest. Both ports have five digits, so that the length stays the same.
fn with_port(component: &[u8], port: &str) -> Vec<u8> {
    assert_eq!(port.len(), 5, "a port that the system chooses has five digits");
    let mut bytes = component.to_vec();
    let mut found = 0;
    for at in 0..bytes.len().saturating_sub(5) {
        if [b"40401", b"40402"].contains(&bytes[at..at + 5].try_into().unwrap()) {
            bytes[at..at + 5].copy_from_slice(port.as_bytes());
            found += 1;
        }
    }
    assert!(found >= 8, "the manifest names the ports {found} times");
    bytes
}

pub(crate) fn set_secret(workspace: &Workspace, name: &str, value: &str) {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["secret", "set", name]);
    Output::fed(&mut command, format!("{value}\n").as_bytes()).ended(0);
}

fn get(url: &str) -> Value {
    json!({ "url": url })
}

fn with_key(url: &str) -> Value {
    json!({ "url": url, "headers": { "Authorization": "Bearer {{key}}" } })
}

#[test]
fn a_granted_request_is_sent_and_the_answer_is_complete() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*", "GET:http://localhost:PORT/open/echo"], "");
    let post = json!({
        "url": "http://127.0.0.1:PORT/open/echo?a=1", "method": "POST", "body": "some text",
        "headers": { "X-Own": "yes" },
    });
    let requests = [post, get("http://localhost:PORT/open/echo"), get("http://127.0.0.1:PORT/open/pieces")];
    let task = scene.ask("Ask", &requests, &json!({ "fail": true }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let (answers, port) = (scene.answers(), scene.server.port());
    let first = answers[0]["body"].as_str().unwrap();
    assert!(first.starts_with("POST /open/echo?a=1 HTTP/1.1\n") && first.ends_with("\n\nsome text"), "{first}");
    assert!(first.contains(&format!("host: 127.0.0.1:{port}\n")) && first.contains("x-own: yes"), "{first}");
    assert!(answers[1]["body"].as_str().unwrap().contains(&format!("host: localhost:{port}\n")));
    assert!(answers[2]["body"].as_str().unwrap().starts_with("GET /open/pieces HTTP/1.1\n"));
}

#[test]
fn a_declared_request_without_a_grant_waits_for_it_and_continues() {
    let scene = FetchWorkspace::new(&["GET:http://127.0.0.1:PORT/other"], "");
    let task = scene.ask("Ask", &[get("http://127.0.0.1:PORT/open/echo")], &json!({ "fail": true }));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    let port = scene.server.port();
    let command = format!("`baton plugin grant fetch 'http=*:http://127.0.0.1:{port}/*'`");
    assert!(task.reason.contains(&command), "{}", task.reason);
    assert!(task.reason.contains(&format!("GET http://127.0.0.1:{port}/open/echo was not sent")), "{}", task.reason);
    assert!(scene.server.asked().is_empty(), "nothing was sent");

    let lock = scene.workspace.read("baton.lock");
    let wider = format!("http = [\"*:http://127.0.0.1:{port}/*\"]");
    scene.workspace.write("baton.lock", lock.replace(scene.grants.lines().next().unwrap(), &wider));
    scene.workspace.up_once();
    assert_eq!(scene.workspace.task("Ask").state, "succeeded", "the task continues after the grant");
    assert_eq!(scene.server.asked().len(), 1);
}

#[test]
fn an_undeclared_request_is_refused_even_if_it_is_granted() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/*", "*:http://127.0.0.1:1/*", "*:example.org/*"], "");
    for (title, url) in
        [("Port", "http://127.0.0.1:1/"), ("Host", "https://example.org/"), ("Tls", "https://127.0.0.1:PORT/")]
    {
        let said = scene.refused(title, get(url));
        assert!(said.contains("the manifest of the plugin `fetch` does not declare `http=GET:"), "{said}");
    }
    assert!(scene.server.asked().is_empty());
}

#[test]
fn the_retry_time_of_a_busy_server_is_passed_to_the_plugin() {
    let scene = FetchWorkspace::new(&["GET:http://127.0.0.1:PORT/open/*"], "");
    let task = scene.ask("Busy", &[get("http://127.0.0.1:PORT/open/busy")], &json!({ "fail": true }));
    assert!(task.reason.contains("answered 429 and asks for a pause of 7 s"), "{}", task.reason);
    assert_eq!((task.state.as_str(), task.attempts), ("dead", 3), "it was tried again");
}

#[test]
fn no_spelling_of_an_address_bypasses_the_rules() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*"], "");
    let cases = [
        ("http://2130706433:PORT/open/echo", "unusual form"),
        ("http://0x7f000001:PORT/open/echo", "unusual form"),
        ("http://0177.0.0.1:PORT/open/echo", "unusual form"),
        ("http://127.1:PORT/open/echo", "unusual form"),
        ("http://127.0.0.1.:PORT/open/echo", "unusual form"),
        ("http://0:PORT/open/echo", "unusual form"),
        ("http://[::ffff:127.0.0.1]:PORT/open/echo", "does not declare"),
        ("http://[::ffff:7f00:1]:PORT/open/echo", "does not declare"),
        ("http://[::7f00:1]:PORT/open/echo", "does not declare"),
        ("http://[64:ff9b::7f00:1]:PORT/open/echo", "does not declare"),
        ("http://0.0.0.0:PORT/open/echo", "does not declare"),
        ("http://127.0.0.2:PORT/open/echo", "does not declare"),
        ("http://LOCALHOST:PORT/open/echo", "is not granted"),
        ("http://user@127.0.0.1:PORT/open/echo", "user name"),
        ("http://127.0.0.1:PORT/open/../closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/%2e%2e/closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/..%2fclosed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/%252e%252e/closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/..%5cclosed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/..%00/closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/..%20/closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/%c0%ae%c0%ae/closed/echo", "segments"),
        ("http://127.0.0.1:PORT/open/..%ef%bc%8f../closed/echo", "segments"),
        ("http://127.0.0.1:PORT/OPEN/echo", "is not granted"),
        ("http://127.0.0.1:PORT/closed/echo", "is not granted"),
    ];
    let requests: Vec<Value> = cases.iter().map(|(url, _)| get(url)).collect();
    let task = scene.ask("Ways around", &requests, &json!({}));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    for ((url, word), answer) in cases.iter().zip(scene.answers()) {
        let said = answer["error"].as_str().unwrap_or_else(|| panic!("{url} was answered: {answer}"));
        assert!(said.contains(word), "{url}: {said}");
    }
    assert!(scene.server.asked().is_empty(), "{:?}", scene.server.asked());
}

#[test]
fn no_header_gives_a_request_another_method_or_path() {
    let scene = FetchWorkspace::new(&["POST:http://127.0.0.1:PORT/open/*"], "");
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"] {
        let mut request = get("http://127.0.0.1:PORT/open/echo");
        request["method"] = json!("POST");
        request["headers"] = json!({ name: "DELETE" });
        let said = scene.refused(name, request);
        assert!(said.contains("was not sent") && said.contains(&name.to_lowercase()), "{said}");
    }
    assert!(scene.server.asked().is_empty(), "{:?}", scene.server.asked());
}

#[test]
fn a_redirect_is_a_new_request_and_needs_a_grant() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*", "GET:http://localhost:PORT/open/echo"], "");
    let to = |url: &str| get(&format!("http://127.0.0.1:PORT/open/redirect?{url}"));
    let mut elsewhere = to("http://localhost:PORT/open/echo");
    elsewhere["headers"] = json!({ "Authorization": "Bearer mine", "X-Kept": "kept" });
    let requests = [
        to("/open/echo"),
        elsewhere,
        to("http://127.0.0.1:PORT/closed/echo"),
        to("http://169.254.169.254/latest/meta-data/"),
        to("http://2130706433:PORT/open/echo"),
        to("file:///etc/passwd"),
        to("http://127.0.0.1:PORT/open/redirect"),
    ];
    let task = scene.ask("Redirects", &requests, &json!({}));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let answers = scene.answers();
    assert!(answers[0]["address"].as_str().unwrap().ends_with("/open/echo"), "{}", answers[0]);
    let other = answers[1]["body"].as_str().unwrap();
    assert!(other.contains("x-kept: kept") && !other.contains("authorization"), "{other}");
    for (answer, word) in answers[2..].iter().zip([
        "is not granted",
        "does not declare",
        "unusual form",
        "not an http address",
        "more than 10",
    ]) {
        assert!(answer["error"].as_str().unwrap_or_default().contains(word), "{word}: {answer}");
    }
    let lines: Vec<String> = scene.server.asked().into_iter().map(|asked| asked.line).collect();
    assert!(lines.iter().all(|line| line.contains(" /open/")), "{lines:?}");
}

#[test]
fn a_name_that_resolves_to_an_internal_address_is_refused() {
    let rules = ["*:http://localhost:PORT/*", "GET:http://inside.test:PORT/*", "GET:http://mapped.test:PORT/*"];
    let scene = FetchWorkspace::new(&rules, "");
    let requests = ["inside", "mapped"].map(|name| get(&format!("http://{name}.test:PORT/open/echo")));
    let mut up =
        or_skip!(scene.workspace.command_with_hosts("127.0.0.1 localhost inside.test\n::ffff:127.0.0.1 mapped.test\n"));
    scene.drop("Names", &[requests.to_vec(), vec![get("http://localhost:PORT/open/echo")]].concat(), &json!({}));
    Output::of(up.arg("-w").arg(scene.workspace.root()).args(["up", "--once"])).ended(0);
    let (task, answers) = (scene.workspace.task("Names"), scene.answers());
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    for (answer, words) in answers.iter().zip([
        ["`inside.test` resolves to 127.0.0.1, which is loopback", "was not sent"],
        ["`mapped.test` resolves to", "was not sent"],
    ]) {
        let said = answer["error"].as_str().unwrap_or_else(|| panic!("it was answered: {answer}"));
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    assert_eq!(answers[2]["status"], 200, "localhost itself was granted: {}", answers[2]);
    assert_eq!(scene.server.asked().len(), 1);
}

#[test]
fn answers_have_limits_of_size_and_time() {
    let scene = FetchWorkspace::new(&["GET:http://127.0.0.1:PORT/open/*"], "");
    let mut never = get("http://127.0.0.1:PORT/open/never");
    never["timeout_ms"] = json!(300);
    let requests = [get("http://127.0.0.1:PORT/open/big"), get("http://127.0.0.1:PORT/open/endless"), never];
    let task = scene.ask("Large", &requests, &json!({}));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert_eq!(scene.answers().len(), 3);
    for (answer, word) in scene.answers().iter().zip(["larger than 33554432", "limit: 33554432", "response timeout"]) {
        let said = answer["error"].as_str().unwrap_or_default();
        assert!(said.contains(word), "{word}: {answer}");
        assert_eq!(
            said.contains("Retryable"),
            word == "response timeout",
            "a too large response is not retryable: {said}"
        );
    }
}

#[test]
fn a_secret_reaches_only_its_server_and_is_hidden_in_all_reports() {
    let scene = FetchWorkspace::with_secret("handoffs = true");
    let requests = [
        with_key("http://127.0.0.1:PORT/open/echo"),
        with_key("http://127.0.0.1:PORT/open/pieces"),
        with_key("http://127.0.0.1:PORT/open/reflect"),
        with_key("http://127.0.0.1:PORT/open/escaped"),
        with_key("http://127.0.0.1:PORT/open/compressed"),
    ];
    scene.drop("Tell", &requests, &json!({ "tell": true }));
    let run = scene.workspace.up_once();
    let task = scene.workspace.task("Tell");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let asked = scene.server.asked();
    assert_eq!(asked.len(), requests.len());
    for asked in asked {
        assert_eq!(asked.header("authorization").unwrap(), format!("Bearer {SECRET}"), "the server got it");
    }
    let heard = scene.workspace.read("reports/heard.json");
    assert!(heard.matches("Bearer ***").count() == 4, "the secret was received and is masked: {heard}");
    assert!(heard.contains("%42%65%61%72%65%72%20***") && !heard.contains("%73%33%63"), "{heard}");
    assert!(heard.contains("is compressed"), "{heard}");

    assert_ne!(
        files_with(scene.workspace.outside(), "Bearer ***"),
        Vec::<PathBuf>::new(),
        "the search finds what is there"
    );
    for needle in [SECRET, &SECRET[..20], "\\\"äö\\\" of-the-operator"] {
        assert_eq!(files_with(scene.workspace.outside(), needle), Vec::<PathBuf>::new(), "{needle}");
        assert!(!run.stderr.contains(needle) && !run.stdout.contains(needle), "{}", run.stderr);
    }
    let answers = scene.workspace.returns_for("Claude-MM1", "id-tell");
    assert_eq!(answers.len(), 1, "it was answered");
    assert_eq!(scene.workspace.inbox("Cursor-MM1").len(), 1, "the handoff was sent");
}

/// For each text, the sizes of the chunks in which the answer of `…/oracle` arrives: the most frequent result of three tries.
/// A plugin could measure these sizes to find out which text is the beginning of a secret.
fn measured(scene: &FetchWorkspace, host: &str, texts: &[String]) -> Vec<Vec<u64>> {
    let requests: Vec<Value> = (texts.iter())
        .map(|text| json!({ "url": format!("http://{host}:PORT/open/oracle?{text}"), "measure": true }))
        .collect();
    let mut tries = Vec::new();
    for round in 0..3 {
        let title = format!("Measure {} bytes from {host} {round}", texts[0].len());
        let task = scene.ask(&title, &requests, &json!({ "fail": true }));
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        tries.push(serde_json::from_str::<Vec<Vec<u64>>>(&scene.workspace.read("reports/answers.json")).unwrap());
        fs::remove_file(scene.workspace.root().join("reports/answers.json")).unwrap();
    }
    let most_often = |at: usize| {
        let seen: Vec<&Vec<u64>> = tries.iter().map(|sizes| &sizes[at]).collect();
        let count = |sizes: &&&Vec<u64>| seen.iter().filter(|known| known == sizes).count();
        (*seen.iter().max_by_key(count).unwrap()).clone()
    };
    (0..texts.len()).map(most_often).collect()
}

#[test]
fn the_chunk_sizes_of_an_answer_reveal_nothing_about_a_secret() {
    let scene = FetchWorkspace::with_secret("");
    let lock = scene.workspace.read("baton.lock");
    let local = format!("*:http://localhost:{}/open/*", scene.server.port());
    scene.workspace.write("baton.lock", lock.replacen("http = [", &format!("http = [\"{local}\", "), 1));
    let token = "7391502846";
    scene.set("key", token);
    let firsts = || ('0'..='9').map(|digit| digit.to_string());
    let sixths = || ('0'..='9').map(|digit| format!("{}{digit}", &token[..5]));

    // The secret is not for `localhost`, so the answer of this server arrives at once and unchanged.
    let texts: Vec<String> = firsts().chain([token.to_owned()]).collect();
    for (text, sizes) in texts.iter().zip(measured(&scene, "localhost", &texts)) {
        assert_eq!(sizes, [text.len() as u64, 1], "{text}");
    }

    // The secret is for `127.0.0.1`, so the host holds back the last bytes of this server's answer, always the same number.
    let long = |end: String| format!("{}{end}", "x".repeat(100));
    for texts in [firsts().map(long).collect::<Vec<_>>(), sixths().map(long).collect()] {
        let all = measured(&scene, "127.0.0.1", &texts);
        assert_eq!(all[0].iter().sum::<u64>(), texts[0].len() as u64 + 1);
        assert!(all[0].len() > 1 && all.iter().all(|sizes| *sizes == all[0]), "{texts:?}: {all:?}");
    }
}

#[test]
fn a_secret_in_any_other_place_is_refused_and_nothing_is_sent() {
    let scene = FetchWorkspace::with_secret("");
    let lock = scene.workspace.read("baton.lock");
    let local = format!("*:http://localhost:{}/open/*", scene.server.port());
    scene.workspace.write("baton.lock", lock.replacen("http = [", &format!("http = [\"{local}\", "), 1));
    let open = "http://127.0.0.1:PORT/open/echo";
    let cases = [
        (get(&format!("{open}?key={{{{key}}}}")), "in a header, not in the address"),
        (get("http://127.0.0.1:PORT/open/{{key}}"), "in a header, not in the address"),
        (
            json!({ "url": open, "headers": { "X-Key": "{{key}}" } }),
            "is allowed only in the header `authorization`, not in `x-key`",
        ),
        (json!({ "url": open, "headers": { "X-{{key}}": "x" } }), "not allowed in a header name"),
        (with_key("http://localhost:PORT/open/echo"), "may be sent to 127.0.0.1:"),
        (json!({ "url": open, "headers": { "X-Key": "{{other}}" } }), "`baton plugin grant fetch secret=other`"),
        (json!({ "url": open, "headers": { "X-Key": "{{none}}" } }), "does not declare the secret"),
    ];
    let requests: Vec<Value> = cases.iter().map(|(request, _)| request.clone()).collect();
    let task = scene.ask("Elsewhere", &requests, &json!({}));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert_eq!(scene.answers().len(), cases.len());
    for ((request, word), answer) in cases.iter().zip(scene.answers()) {
        let said = answer["error"].as_str().unwrap_or_else(|| panic!("{request} was answered: {answer}"));
        assert!(said.contains(word), "{request}: {said}");
    }
    assert!(scene.server.asked().is_empty(), "{:?}", scene.server.asked());

    let body = json!({ "url": open, "method": "POST", "body": format!("{}{{{{key}}}}", "x".repeat(200_000)) });
    let said = scene.refused("Body", body);
    assert!(said.contains("in a header, not in the body"), "{said}");
    // The host abandons the request in the middle of the body, so the server may have received a part of it.
    let asked = scene.server.asked();
    assert!(asked.iter().all(|asked| !asked.body.contains("baton-secret-")), "{asked:?}");
}

#[test]
fn a_secret_without_a_value_waits_for_it() {
    let secrets = "secrets = [{ name = \"key\", hosts = [\"127.0.0.1:PORT\"], header = \"authorization\" }]";
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*"], secrets);
    let task = scene.ask("Unset", &[with_key("http://127.0.0.1:PORT/open/echo")], &json!({ "fail": true }));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton secret set key`"), "{}", task.reason);
    scene.set("key", SECRET);
    scene.workspace.up_once();
    assert_eq!(scene.workspace.task("Unset").state, "succeeded");
    assert_eq!(scene.server.asked()[0].header("authorization").unwrap(), format!("Bearer {SECRET}"));
}

#[test]
fn tls_verifies_the_name_of_the_server_and_the_secret_is_sent() {
    let secrets = "secrets = [{ name = \"key\", hosts = [\"localhost:PORT\"], header = \"authorization\" }]";
    let scene = FetchWorkspace::with(Server::start_tls(), &["*:https://localhost:PORT/*"], secrets);
    scene.set("key", SECRET);
    let unknown = scene.ask("Unknown", &[with_key("https://localhost:PORT/echo")], &json!({}));
    assert_eq!(unknown.state, "succeeded", "{}", unknown.reason);
    assert!(scene.answers()[0]["error"].as_str().unwrap().contains("tls certificate error"), "{:?}", scene.answers());
    assert!(scene.server.asked().is_empty(), "unknown servers get no request");

    let roots = scene.workspace.outside().join("roots.pem");
    fs::write(&roots, scene.server.certificate()).unwrap();
    fs::remove_file(scene.workspace.root().join("reports/answers.json")).unwrap();
    scene.drop("Known", &[with_key("https://localhost:PORT/echo")], &json!({}));
    let mut up = scene.workspace.command();
    Output::of(up.env("SSL_CERT_FILE", &roots).arg("-w").arg(scene.workspace.root()).args(["up", "--once"])).ended(0);
    assert_eq!(scene.answers()[0]["status"], 200, "{:?}", scene.answers());
    assert_eq!(scene.server.asked()[0].header("authorization").unwrap(), format!("Bearer {SECRET}"));
}

#[test]
fn the_budget_of_requests_stops_a_plugin_whose_attempts_stay_below_their_limits() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*"], "");
    let two = ["a", "b"].map(|page| get(&format!("http://127.0.0.1:PORT/open/{page}")));
    allow(&scene.workspace, "fetch", "http_requests = { hour = 3 }");
    assert_eq!(scene.ask("One", &two, &json!({})).state, "succeeded");
    assert_eq!(scene.ask("Two", &two, &json!({})).state, "succeeded", "one request is left when it begins");
    assert_eq!(scene.ask("Three", &two, &json!({})).state, "queued");
    // A restart of the daemon changes nothing.
    scene.workspace.up_once();
    let waits = scene.workspace.task("Three");
    assert_eq!((waits.state.as_str(), scene.server.asked().len()), ("queued", 4));
    let [reached] = reached(&scene.workspace).try_into().unwrap();
    assert_eq!((&reached["plugin"], &reached["budget"]), (&"fetch".into(), &"http_requests".into()));
    assert_eq!((&reached["used"], &reached["limit"]), (&4.into(), &3.into()));
    let words = "`fetch` has used up its budget: 4 requests to servers in the last hour, the limit is 3";
    let why = scene.workspace.baton(&["why", &waits.id]).ended(0);
    assert!(why.stderr.contains(words) && why.stderr.contains("[plugins.fetch.budget]"), "{why:?}");
    assert!(scene.workspace.baton(&["doctor"]).stdout.contains(words));
    let grants = scene.workspace.baton(&["plugin", "grants", "fetch"]).ended(0).stdout;
    assert!(grants.lines().any(|line| line.contains("http_requests") && line.contains("3 an hour")), "{grants}");
    // With a larger budget the plugin continues.
    allow(&scene.workspace, "fetch", "http_requests = { hour = 6 }");
    scene.workspace.up_once();
    assert_eq!((scene.workspace.task("Three").state.as_str(), scene.server.asked().len()), ("succeeded", 6));
}

#[test]
fn the_budget_of_bytes_counts_both_directions_and_attempts_that_fail() {
    let scene = FetchWorkspace::new(&["*:http://127.0.0.1:PORT/open/*"], "");
    allow(&scene.workspace, "fetch", "http_bytes = { hour = \"16 KiB\" }");
    // 10,000 bytes are sent and received; then a request is refused and the attempt fails.
    let echo = json!({ "url": "http://127.0.0.1:PORT/open/echo", "method": "POST", "body": "x".repeat(10_000) });
    let first = scene.ask("Echo", &[echo, get("https://example.org/")], &json!({ "fail": true }));
    assert_eq!(first.state, "failed", "{}", first.reason);
    let used = scene.workspace.why(&first.id).used;
    assert!(used.get("http_bytes").is_some_and(|bytes| bytes.used > 20_000), "{used:?}");
    let second = scene.ask("Second", &[get("http://127.0.0.1:PORT/open/a")], &json!({}));
    assert_eq!(second.state, "queued", "{}", second.reason);
    assert_eq!(scene.server.asked().len(), 1);
    let why = scene.workspace.baton(&["why", &second.id]).ended(0);
    assert!(why.stderr.contains("exchanged with servers in the last hour, the limit is 16 KiB"), "{why:?}");
}
