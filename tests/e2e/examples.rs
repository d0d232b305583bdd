//! Runs every example: the handoffs of `handoffs/examples` after the commands of their page, and the examples of the shipped plugins.
//! Checks that each plugin's page describes every action and every grant.

use std::fs;
use std::path::Path;
use std::process::Command;

use baton_tests::{Output, Workspace, baton, fixture, repository};
use serde_json::Value;

const SHIPPED: [&str; 7] = ["audit", "djay", "drive-sync", "music-files", "notion", "spotify", "tracker"];

/// The commands of a page, as `sh` runs them.
fn commands(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.collect()
}

/// Does what the page tells the reader to do before a handoff.
fn before(workspace: &Workspace, name: &str) {
    if name.contains("Sync-again") {
        for file in workspace.list("handoffs/examples/databases-later") {
            let bytes = workspace.read_bytes(&format!("handoffs/examples/databases-later/{file}"));
            workspace.write(&format!("databases/{file}"), bytes);
        }
    }
    if name.contains("Keep-a-column") {
        let folder = "drive/Music Tracks_music-tracks/Music Tracks_music-tracks.csv";
        let lines = workspace.read(folder);
        let mut wider = String::new();
        for (number, line) in lines.lines().enumerate() {
            let cell = if number == 0 { "My notes" } else { "" };
            wider += &format!("{line},{cell}\n");
        }
        workspace.write(folder, wider);
    }
}

#[test]
fn the_example_handoffs_run_after_the_commands_of_their_page() {
    let workspace = Workspace::init();
    for plan in workspace.list("handoffs/examples/plans") {
        workspace.write(&format!("plans/{plan}"), workspace.read_bytes(&format!("handoffs/examples/plans/{plan}")));
    }
    let path = format!("{}:{}", baton().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let page = commands(&workspace.read("handoffs/examples/README.md"));
    let mut shell = workspace.command_of("sh");
    shell.args(["-ec", &page]).current_dir(workspace.root()).env("PATH", path);
    Output::of(&mut shell).ended(0);

    let names = workspace.list("handoffs/examples").into_iter().filter(|name| name.ends_with(".json"));
    let mut seen = 0;
    for name in names {
        before(&workspace, &name);
        let file = workspace.root().join("handoffs/examples").join(&name);
        let read = Output::of(workspace.command().args(["lint", "--json"]).arg(&file)).ended(0).json();
        let to = read.pointer("/files/0/to").and_then(Value::as_str).unwrap().to_owned();
        assert!(name.ends_with(&format!("__{to}.json")) || name.contains("audit-one"), "{name} is for {to}");
        workspace.drop_file(&to, &name, fs::read(&file).unwrap());
        workspace.up_once();
        let task = workspace.status().into_iter().find(|task| task.file_name() == name).unwrap();
        assert!(["succeeded", "delivered"].contains(&task.state.as_str()), "{name}: {task:#?}");
        seen += 1;
    }
    assert!(seen >= 20, "{seen} examples");
    // The results are not empty.
    let changes = workspace.read("reports/PLAYLIST_DIFF.md");
    assert!(changes.contains("1 added, 2 removed, 1 moved"), "{changes}");
    let matched = workspace.read("exports/djay_match_ids.csv");
    let decided = |word: &str| matched.lines().filter(|line| line.starts_with(word)).count();
    assert!(decided("auto,") >= 2 && decided("review,") == 1, "{matched}");
    let read = workspace.baton(&["library", "coverage", "--json"]).json();
    assert_eq!(read["total"]["fingerprinted"], 3, "the sounds are long enough: {read}");
    assert_eq!(workspace.list("music").len(), 3, "moved and moved back");
}

/// The JSON files of a folder.
fn json_files(folder: &Path) -> Vec<Value> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    json.map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

fn is_secret(need: &Value) -> bool {
    need.as_str().is_some_and(|need| need.starts_with("secret="))
}

#[test]
fn every_action_of_a_bundled_plugin_has_an_example_handoff_and_is_documented() {
    let examples = json_files(&repository().join("handoffs/examples"));
    for plugin in SHIPPED.into_iter().filter(|plugin| *plugin != "audit") {
        let folder = repository().join("plugins").join(plugin);
        let authors = json_files(&folder.join("examples"));
        let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let page = fs::read_to_string(folder.join("README.md")).unwrap();
        for (action, declared) in manifest["actions"].as_object().unwrap() {
            assert!(page.contains(&format!("`{action}`")), "the page of {plugin} does not describe `{action}`");
            // The action has moved to another plugin.
            if declared["needs"] == serde_json::json!([]) {
                continue;
            }
            // An action that needs an account has an example with an imitated server in the plugin's folder, because the handoffs
            // of `handoffs/examples` need no account.
            let of_account = declared["needs"].as_array().into_iter().flatten().any(is_secret);
            let tried = if of_account {
                authors.iter().any(|one| one.pointer("/handoff/action") == Some(&Value::from(action.as_str())))
            } else {
                examples.iter().any(|one| one["target_agent"] == plugin && one["action"] == action.as_str())
            };
            assert!(tried, "no handoff to try the action `{action}` of {plugin}");
        }
        for files in manifest["capabilities"]["files"].as_array().unwrap() {
            let word = format!("files:{}={}", files["mode"].as_str().unwrap(), files["folder"].as_str().unwrap());
            assert!(page.contains(&word), "the page of {plugin} does not describe `{word}`");
        }
        for sql in manifest["capabilities"]["sql"].as_array().into_iter().flatten() {
            let word = format!("sql={}", sql["database"].as_str().unwrap());
            assert!(page.contains(&word), "the page of {plugin} does not describe `{word}`");
        }
    }
}

#[test]
fn every_example_of_a_bundled_plugin_has_the_expected_result() {
    for plugin in SHIPPED {
        let source = repository().join("plugins").join(plugin);
        let examples = fs::read_dir(source.join("examples")).into_iter().flatten().flatten();
        if !examples.into_iter().any(|entry| entry.path().extension().is_some_and(|ending| ending == "json")) {
            assert_eq!(plugin, "audit", "{plugin} has no examples");
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("plugins").join(plugin);
        copy(&source.join("examples"), &folder.join("examples"));
        for file in ["Cargo.toml", "manifest.json"] {
            fs::copy(source.join(file), folder.join(file)).unwrap();
        }
        fs::copy(repository().join("Cargo.toml"), place.path().join("Cargo.toml")).unwrap();
        fs::copy(fixture(plugin), folder.join(format!("{plugin}.wasm"))).unwrap();
        let mut test = Command::new(baton());
        test.args(["plugin", "test", "--no-build"]).arg(&folder).env("XDG_STATE_HOME", place.path().join("state"));
        let tested = Output::of(&mut test);
        assert!(tested.stdout.contains("as expected"), "{}{}", tested.stdout, tested.stderr);
        tested.ended(0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn the_settings_of_the_configuration_page_parse_unchanged() {
    let page = fs::read_to_string(repository().join("host/docs/configuration.md")).unwrap();
    let settings = page.split("```toml\n").nth(1).unwrap();
    let workspace = Workspace::init();
    workspace.write("baton.toml", settings.split("```").next().unwrap());
    let agents = workspace.baton(&["agents"]).ended(0).stdout;
    assert!(agents.contains("/mnt/drive/Claude-MM2/01_inbox"), "{agents}");
}
