//! Hosts that the operator sets (`host=NAME=ADDRESS`): a plugin waits until they are set, reaches only that address, and a manifest
//! cannot change what a name means. The plugin `wiki` sends requests to servers on loopback.

use std::fs;

use baton_tests::{Output, Server, Task, Workspace, fixture, or_skip};
use serde_json::{Value, json};

use crate::command_line::fails;
use crate::hostile_net::set_secret;

/// A value that a server gets only if the secret is granted for it.
const SECRET: &str = "not-a-real-token";

/// The grant to read the wiki at the operator's address.
const RULE: &str = "http=GET:{wiki}/*";

/// A workspace with the plugin `wiki` without grants.
fn workspace() -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("wiki", "");
    workspace
}

fn address(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port())
}

fn host(address: &str) -> String {
    format!("host=wiki={address}")
}

fn grant(workspace: &Workspace, words: &[&str]) -> Output {
    workspace.baton(&[&["plugin", "grant", "wiki"][..], words].concat())
}

/// Drops a task with these arguments.
fn drop_task(workspace: &Workspace, title: &str, args: &Value) {
    workspace.drop_handoff_with("wiki", title, json!({ "args": args }));
}

/// As `drop_task`, and waits for the end of the task.
fn ask(workspace: &Workspace, title: &str, args: &Value) -> Task {
    drop_task(workspace, title, args);
    workspace.up_once();
    workspace.task(title)
}

/// The first line of each request that the server received.
fn lines(server: &Server) -> Vec<String> {
    server.asked().into_iter().map(|asked| asked.line).collect()
}

#[test]
fn a_plugin_waits_for_the_address_and_continues_with_it() {
    let (workspace, server) = (workspace(), Server::start());
    let task = ask(&workspace, "Read", &json!({}));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    let command = "`baton plugin grant wiki host=wiki=ADDRESS 'http=GET:{wiki}/*' secret=token`";
    assert!(task.reason.contains(command), "{}", task.reason);
    assert!(task.reason.contains("such as https://wiki.example.org for ADDRESS"), "{}", task.reason);
    // The rule is granted, but the address is not set, so the task still waits.
    grant(&workspace, &[RULE]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("Read").state, "needs_grant");
    assert!(server.asked().is_empty());

    let set = host(&format!("{}/open/", address(&server)));
    grant(&workspace, &[&set]).ended(0);
    workspace.up_once();
    let task = workspace.task("Read");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert!(task.reason.contains(&format!("The wiki is {}/open;", address(&server))), "{}", task.reason);
    assert_eq!(lines(&server), ["GET /open/page HTTP/1.1"]);
}

#[test]
fn the_commands_show_the_address() {
    let workspace = workspace();
    let set = "host=wiki=https://wiki.example.org:8443/w";
    let inspected = workspace.baton(&["plugin", "inspect", "wiki"]).ended(0).stdout;
    assert!(inspected.contains("  host=wiki=ADDRESS\n    the plugin says: the wiki that it reads\n"), "{inspected}");
    grant(&workspace, &[set, RULE]).ended(0);
    let commands: [&[&str]; 5] = [
        &["plugin", "inspect", "wiki"],
        &["plugin", "list"],
        &["plugin", "list", "--json"],
        &["plugin", "grants", "wiki"],
        &["why", "plugin", "wiki"],
    ];
    for command in commands {
        let shown = workspace.baton(command).ended(0).stdout;
        assert!(shown.contains(set), "{command:?}: {shown}");
    }
    let row = workspace.baton(&["why", "plugin", "wiki", "--json"]).ended(0).json();
    let row = row["grants"].as_array().unwrap().iter().find(|row| row["grant"] == set).unwrap().clone();
    assert_eq!(row, json!({ "grant": set, "asked": "host=wiki=ADDRESS", "granted": "yes" }));
    assert!(workspace.read("baton.lock").contains("https://wiki.example.org:8443/w"));
    workspace.baton(&["plugin", "revoke", "wiki", set]).ended(0);
    assert!(!workspace.read("baton.lock").contains("wiki.example.org"));
}

#[test]
fn another_address_replaces_the_first_and_only_the_operator_sets_it() {
    let (workspace, first, second) = (workspace(), Server::start(), Server::start());
    grant(&workspace, &[&host(&address(&first)), RULE]).ended(0);
    assert_eq!(ask(&workspace, "First", &json!({})).state, "succeeded");
    grant(&workspace, &[&host(&address(&second))]).ended(0);
    assert_eq!(ask(&workspace, "Second", &json!({})).state, "succeeded");
    let before = first.asked().len();
    // The earlier address is not allowed any more.
    let task = ask(&workspace, "Third", &json!({ "url": format!("{}/page", address(&first)) }));
    assert_eq!(task.state, "failed", "{}", task.reason);
    assert!(task.reason.contains("does not declare"), "{}", task.reason);
    assert_eq!((first.asked().len(), second.asked().len()), (before, 1));
    let history = workspace.baton(&["why", "plugin", "wiki"]).ended(0).stdout;
    for server in [&first, &second] {
        assert!(history.contains(&host(&address(server))), "{history}");
    }
    // Neither the plugin nor a handoff can set the address.
    let args = json!({ "page": "x", "secret": "token", "wiki": address(&first) });
    assert_eq!(ask(&workspace, "Fourth", &args).state, "failed");
    assert!(!workspace.read("baton.lock").contains(&address(&first)));
}

#[test]
fn an_address_that_could_mean_another_host_is_not_set() {
    let workspace = workspace();
    let lock = workspace.read("baton.lock");
    for (wrong, words) in [
        ("ADDRESS", "does not begin with https:// or http://"),
        ("wiki.example.org", "does not begin with https:// or http://"),
        ("ftp://wiki.example.org", "does not begin with https:// or http://"),
        ("https://user:password@wiki.example.org", "it has a user name"),
        ("https://*.example.org", "not a name or an IP address"),
        ("https://wiki.example.org:0", "not a name or an IP address"),
        ("https://127.1", "not a name or an IP address"),
        ("https://{wiki}", "not a name or an IP address"),
        ("https://wiki.example.org?q=1", "not a name or an IP address"),
        ("https://wiki.example.org/*", "its path"),
        ("https://wiki.example.org/w/../x", "its path"),
        ("https://wiki.example.org/w?q=1", "its path"),
        ("https://wiki.example.org/%2e%2e", "its path"),
        ("https://wiki.example.org/a\nb", "its path"),
    ] {
        fails(grant(&workspace, &[&host(wrong), RULE]), 2, &[words, "host=wiki=ADDRESS"]);
    }
    let other = "host=feed=https://feed.example.org";
    fails(grant(&workspace, &[other]), 2, &["the plugin does not ask for", "host=wiki=ADDRESS"]);
    fails(grant(&workspace, &["http=GET:wiki.example.org/*"]), 2, &["the plugin does not ask for"]);
    fails(grant(&workspace, &["--all"]), 2, &["host=wiki=ADDRESS"]);
    fails(grant(&workspace, &["secret=token"]), 2, &["has no address", "add host=wiki=ADDRESS"]);
    assert_eq!(workspace.read("baton.lock"), lock, "nothing was granted");
    // The same rules apply to an edited lock file.
    grant(&workspace, &[&host("https://wiki.example.org"), RULE]).ended(0);
    let edited = workspace.read("baton.lock").replace("https://wiki.example.org", "https://wiki.example.org/*");
    workspace.write("baton.lock", edited);
    let task = ask(&workspace, "Read", &json!({}));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
}

#[test]
fn a_redirect_to_another_host_or_above_the_address_is_refused() {
    let (workspace, server, other) = (workspace(), Server::start(), Server::start());
    grant(&workspace, &[&host(&format!("{}/open", address(&server))), RULE]).ended(0);
    for (title, to) in [
        ("Elsewhere", format!("{}/open/page", address(&other))),
        ("Above", format!("{}/page", address(&server))),
        ("Beside", format!("{}/opened", address(&server))),
    ] {
        let task = ask(&workspace, title, &json!({ "page": format!("redirect?{to}") }));
        assert_eq!(task.state, "failed", "{title}: {}", task.reason);
        assert!(task.reason.contains("does not declare"), "{title}: {}", task.reason);
    }
    let inside = format!("redirect?{}/open/page", address(&server));
    assert_eq!(ask(&workspace, "Inside", &json!({ "page": inside })).state, "succeeded");
    assert!(other.asked().is_empty(), "{:?}", lines(&other));
    assert!(lines(&server).iter().all(|line| line.starts_with("GET /open/")), "{:?}", lines(&server));
}

#[test]
fn a_secret_is_sent_only_to_the_address_that_it_was_granted_for() {
    let (workspace, first, second) = (workspace(), Server::start(), Server::start());
    set_secret(&workspace, "token", SECRET);
    grant(&workspace, &["secret=token", &host(&address(&first)), RULE]).ended(0);
    let with_secret = json!({ "secret": "token" });
    assert_eq!(ask(&workspace, "First", &with_secret).state, "succeeded");
    let sent = |server: &Server| {
        server.asked().iter().filter_map(|asked| asked.header("authorization").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(sent(&first), [format!("Bearer {SECRET}")]);
    // For another address the secret must be granted again.
    grant(&workspace, &[&host(&address(&second))]).ended(0);
    let task = ask(&workspace, "Second", &with_secret);
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton plugin grant wiki secret=token`"), "{}", task.reason);
    assert!(second.asked().is_empty());
    grant(&workspace, &["secret=token"]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("Second").state, "succeeded");
    assert_eq!((sent(&first).len(), sent(&second)), (1, vec![format!("Bearer {SECRET}")]));
    let shown = workspace.baton(&["plugin", "grants", "wiki"]).ended(0).stdout;
    assert!(shown.contains(&format!("secret=token: goes to 127.0.0.1:{}", second.port())), "{shown}");
}

#[test]
fn a_name_that_resolves_to_an_internal_address_is_refused_also_if_the_operator_sets_it() {
    let (workspace, server) = (workspace(), Server::start());
    let mut up = or_skip!(workspace.command_with_hosts("127.0.0.1 localhost inside.test\n"));
    grant(&workspace, &[&host(&format!("http://inside.test:{}", server.port())), RULE]).ended(0);
    drop_task(&workspace, "Read", &json!({}));
    Output::of(up.arg("-w").arg(workspace.root()).args(["up", "--once"])).ended(0);
    let task = workspace.task("Read");
    assert_eq!(task.state, "failed", "{}", task.reason);
    assert!(task.reason.contains("`inside.test` resolves to 127.0.0.1, which is loopback"), "{}", task.reason);
    assert!(server.asked().is_empty());
}

#[test]
fn a_manifest_cannot_change_the_host_of_a_name() {
    let workspace = Workspace::with_noop();
    let component = fs::read(fixture("wiki")).unwrap();
    let rule = b"GET:{wiki}/*";
    for (other, words) in [
        ("GET:{wik}.x/", "in braces must be the whole host"),
        ("GET:{a}{b}/*", "in braces must be the whole host"),
        ("GET:{wi}:8/*", "in braces must be the whole host"),
        ("GET:x{wik}/*", "in braces must be the whole host"),
        ("GET:{Wiki}/*", "in braces must be the whole host"),
        ("GET:x/{wik}*", "its path may have only visible ASCII"),
        ("GET:{feed}/*", "which is not among the `hosts`"),
    ] {
        let mut changed = component.clone();
        let mut found = 0;
        for at in 0..=changed.len() - rule.len() {
            if &changed[at..at + rule.len()] == rule {
                changed[at..at + rule.len()].copy_from_slice(other.as_bytes());
                found += 1;
            }
        }
        assert!(found > 0, "the manifest has the rule");
        let file = workspace.outside().join("wiki.wasm");
        fs::write(&file, changed).unwrap();
        let file = file.to_str().unwrap();
        fails(workspace.baton(&["plugin", "install", file]), 2, &[words]);
    }
    assert!(!workspace.read("baton.lock").contains("wiki"));
}

#[test]
fn install_names_the_host_and_run_grants_it() {
    let (workspace, server) = (Workspace::with_noop(), Server::start());
    let file = fixture("wiki");
    let installed = workspace.baton(&["plugin", "install", file.to_str().unwrap()]).ended(0);
    let said = installed.stdout.clone() + &installed.stderr;
    assert!(said.contains("host=wiki=ADDRESS 'http=GET:{wiki}/*' secret=token"), "{said}");
    let listed = workspace.baton(&["plugin", "list", "--json"]).ended(0).json();
    let plugins = listed["plugins"].as_array().unwrap();
    let digest = plugins.iter().find(|plugin| plugin["name"] == "wiki").unwrap()["digest"].as_str().unwrap().to_owned();
    workspace.baton(&["plugin", "approve", &format!("wiki@{digest}")]).ended(0);
    let unset = workspace.baton(&["run", "wiki", "read"]);
    assert_ne!(unset.code, 0);
    assert!((unset.stdout + &unset.stderr).contains("baton plugin grant wiki host=wiki=ADDRESS"));
    let set = host(&address(&server));
    workspace.baton(&["run", "wiki", "read", "--grant", &set, "--grant", RULE]).ended(0);
    assert_eq!(lines(&server), ["GET /page HTTP/1.1"]);
}
