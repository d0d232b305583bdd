//! `baton plugin test`: what an example can contain besides a handoff and its outcome: secrets, answers of servers, handoffs that the
//! plugin sends, files for its triggers, and further runs in the same workspace.

use std::fs;
use std::path::PathBuf;

use baton_tests::{Output, Workspace, fixture, repository};
use serde_json::{Value, json};

/// The folder of a test plugin, built, without examples.
fn project(place: &Workspace, name: &str) -> PathBuf {
    let folder = place.outside().join(name);
    drop(fs::create_dir_all(folder.join("examples")));
    let cargo = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    drop(fs::write(folder.join("Cargo.toml"), cargo));
    let manifest = repository().join("tests/plugins").join(name).join("manifest.json");
    drop(fs::copy(manifest, folder.join("manifest.json")));
    drop(fs::copy(fixture(name), folder.join(format!("{name}.wasm"))));
    folder
}

/// Runs the only example of a plugin.
fn tried(place: &Workspace, name: &str, example: &Value) -> Output {
    let folder = project(place, name);
    drop(fs::write(folder.join("examples/one.json"), example.to_string()));
    Output::of(place.command().args(["plugin", "test", "--no-build", "--json"]).arg(folder))
}

/// All differences between the steps and their expectations.
fn differences(run: Output, code: i32) -> Vec<String> {
    let shown = run.ended(code).json();
    let steps = shown.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    let of_step = |step: &Value| step.get("differences").and_then(Value::as_array).cloned().unwrap_or_default();
    steps.iter().flat_map(of_step).map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

fn asking(path: &str, servers: &Value) -> Value {
    let ask = |path: &str| json!({ "url": format!("https://localhost:40402{path}"), "headers": { "authorization": "Bearer {{key}}" } });
    json!({
        "handoff": { "title": "Ask", "action": "ask", "args": { "fail": true, "requests": [ask(path), ask(path)] } },
        "secrets": { "key": "not-a-real-key" },
        "servers": servers,
        "expect": { "summary": "Asked.", "artifacts": { "answers.json": "Ada" } },
    })
}

fn servers() -> Value {
    json!({ "https://localhost:40402": [
        {
            "request": "GET /v1/me?a=1",
            "with_headers": { "authorization": "Bearer not-a-real-key" },
            "status": 201,
            "headers": { "content-type": "application/json" },
            "body": { "json": { "name": "Ada" } },
        },
        { "request": "GET /v1/me?a=1", "body": "and nobody else; not-a-real-key" },
    ] })
}

#[test]
fn substitutes_replace_secrets_and_servers() {
    let place = Workspace::empty();
    let mut example = asking("/v1/me?a=1", &servers());
    assert_eq!(differences(tried(&place, "fetch", &example), 0), [""; 0]);
    // The second request gets the second answer, in which the secret is masked.
    for (text, count) in [("and nobody else; **************", 0), ("not-a-real-key", 1)] {
        example["expect"]["artifacts"]["answers.json"] = json!(text);
        assert_eq!(differences(tried(&place, "fetch", &example), i32::from(count > 0)).len(), count, "{text}");
    }
}

#[test]
fn a_request_without_an_answer_is_a_difference_and_never_leaves_the_machine() {
    let place = Workspace::empty();
    let found = differences(tried(&place, "fetch", &asking("/v1/you", &servers())), 1);
    assert!(
        found.contains(&"`servers` has no answer for the request GET https://localhost:40402/v1/you".to_owned()),
        "{found:?}"
    );
    let found = differences(tried(&place, "fetch", &asking("/v1/me?a=1", &json!({}))), 1);
    assert!(found.iter().any(|one| one.contains("`servers` of the example has no answer for it")), "{found:?}");
}

#[test]
fn handoffs_that_the_plugin_sends_are_compared() {
    let place = Workspace::empty();
    let mut example = json!({
        "handoff": { "title": "Post", "action": "post", "args": { "do": ["send Codex-MM1 a", "send Cursor-MM1 b review"] } },
        "expect": {
            "summary": "Did 2 things.",
            "emits": [
                { "to": "Cursor-MM1", "title": "Look at b", "action": "review", "args": {}, "body": "Please" },
                { "to": "Codex-MM1", "title": "Look at a" },
            ],
        },
    });
    let run = tried(&place, "post", &example).ended(0).json();
    let sent = run.pointer("/examples/0/emits").and_then(Value::as_array).map(Vec::len);
    assert_eq!(sent, Some(2), "{run:#}");
    example["expect"]["emits"][1]["title"] = json!("Look at c");
    let found = differences(tried(&place, "post", &example), 1);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("expected a handoff to Codex-MM1: Look at c"), "{found:?}");
    assert!(found[1].starts_with("got an unexpected handoff to Codex-MM1: Look at a"), "{found:?}");
    example["expect"]["emits"] = json!([]);
    assert!(!differences(tried(&place, "post", &example), 1).is_empty(), "an empty list says that nothing is sent");
}

#[test]
fn a_further_run_finds_the_results_of_the_first_one() {
    let place = Workspace::empty();
    let count = json!({ "title": "Count", "action": "count" });
    let mut example = json!({
        "handoff": count,
        "expect": { "summary": "Called 1 times." },
        "then": [
            { "handoff": count, "expect": { "summary": "Called 2 times." } },
            { "handoff": count, "expect": { "summary": "Called 3 times." } },
        ],
    });
    let run = tried(&place, "store", &example).ended(0).json();
    let names: Vec<_> = (0..3).map(|step| run["examples"][step]["example"].clone()).collect();
    assert_eq!(names, ["one", "one-2", "one-3"]);
    example["then"][1]["expect"]["summary"] = json!("Called 1 times.");
    assert_eq!(differences(tried(&place, "store", &example), 1).len(), 1);
}

#[test]
fn changed_files_fire_the_plugins_triggers_and_unchanged_ones_do_not() {
    let place = Workspace::empty();
    let example = json!({
        "files": { "plans/own/a.md": "one\n", "plans/other.md": "not its business\n" },
        "expect": { "summary": "Echoed /plans/0/own/a.md.", "emits": [] },
        "then": [
            { "expect": { "state": "none" } },
            { "files": { "plans/own/b.md": "two\n" }, "expect": { "summary": "Echoed /plans/0/own/b.md." } },
        ],
    });
    assert_eq!(differences(tried(&place, "watcher", &example), 0), [""; 0]);
}

#[test]
fn an_example_sets_the_addresses_of_hosts() {
    let place = Workspace::empty();
    let mut example = json!({
        "handoff": { "title": "Read", "action": "read", "args": { "secret": "token" } },
        "hosts": { "wiki": "https://wiki.example.org/w" },
        "secrets": { "token": "not-a-real-token" },
        "servers": { "https://wiki.example.org": [
            { "request": "GET /w/page", "with_headers": { "authorization": "Bearer not-a-real-token" }, "body": "Ada" },
        ] },
        "expect": { "summary": "The wiki is https://wiki.example.org/w;", "artifacts": { "page.txt": "Ada" } },
    });
    assert_eq!(differences(tried(&place, "wiki", &example), 0), [""; 0]);
    example["hosts"]["wiki"] = json!("https://other.example.org");
    let found = differences(tried(&place, "wiki", &example), 1);
    assert!(found.iter().any(|one| one.contains("`servers` of the example has no answer for it")), "{found:?}");
    for (hosts, words) in [
        (json!({}), r#"the host `wiki` has no address: add "hosts": {"wiki": "https://"#),
        (json!({ "wiki": "https://a.example", "feed": "https://b.example" }), "does not request a host `feed`"),
        (json!({ "wiki": "a.example" }), "`a.example` is not the address of a host"),
    ] {
        example["hosts"] = hosts;
        let run = tried(&place, "wiki", &example).ended(2);
        assert!(run.stderr.contains(words), "`{words}` in: {}", run.stderr);
    }
}

#[test]
fn undeclared_secrets_and_hosts_are_refused_with_their_name() {
    let place = Workspace::empty();
    let handoff = json!({ "title": "Count", "action": "count" });
    for (example, words) in [
        (
            json!({ "handoff": handoff, "secrets": { "other": "long enough" }, "expect": {} }),
            "does not request a secret `other`",
        ),
        (json!({ "handoff": handoff, "secrets": { "other": "short" }, "expect": {} }), "the secret `other`"),
        (json!({ "expect": {} }), "the plugin's manifest has no triggers"),
        (json!({ "handoff": handoff, "servers": { "localhost": [] }, "expect": {} }), "write SCHEME://HOST[:PORT]"),
        (json!({ "handoff": handoff, "expect": { "emits": [{ "to": "../x" }] } }), "no agent can have the name `../x`"),
    ] {
        let run = tried(&place, "store", &example).ended(2);
        assert!(run.stderr.contains(words), "`{words}` in: {}", run.stderr);
    }
}
