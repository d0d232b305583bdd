//! Names of plugins: which are refused, which plugin a name belongs to, and that an invalid entry of `baton.lock` does not affect others.

use std::fs;

use baton_tests::{Workspace, fixture, handoff, text};
use serde_json::Value;

use crate::plugins::{listed, plugin};

/// A fixture with another name in its manifest, which must not be longer.
pub(crate) fn renamed(fixture_name: &str, name: &str) -> Vec<u8> {
    let mut component = fs::read(fixture(fixture_name)).unwrap();
    let from = format!("\"name\":\"{fixture_name}\"");
    let to = format!("{:1$}", format!("\"name\":\"{name}\""), from.len());
    assert_eq!(from.len(), to.len());
    let found: Vec<usize> =
        component.windows(from.len()).enumerate().filter(|(_, w)| *w == from.as_bytes()).map(|(at, _)| at).collect();
    assert!(!found.is_empty(), "the manifest is in it as text");
    for at in found {
        component[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    component
}

#[test]
fn a_name_with_another_meaning_is_refused_for_a_plugin_of_any_source() {
    let workspace = Workspace::with_noop();
    let before = workspace.read("baton.lock");
    for (fixture_name, name) in [
        ("hostile", "all"),
        ("hostile", "any"),
        ("hostile", "baton"),
        ("hostile", "a--b"),
        ("hostile", "7up"),
        ("listener", "examples"),
        ("listener", "operator"),
        ("listener", "unrouted"),
        ("listener", "everyone"),
    ] {
        let component = renamed(fixture_name, name);
        let file = workspace.outside().join("package.wasm");
        fs::write(&file, &component).unwrap();
        let refused = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(2).stderr;
        assert!(refused.contains(&format!("`{name}` cannot be the name of a plugin")), "{refused}");
        plugin(&workspace, &["inspect", file.to_str().unwrap()]).ended(2);
        let made = plugin(&workspace, &["new", name]).ended(2).stderr;
        assert!(made.contains("cannot be the name of a plugin"), "{made}");
        fs::write(workspace.root().join("plugins").join(format!("{name}.wasm")), component).unwrap();
    }
    let run = workspace.up_once();
    assert_eq!(run.stderr.matches("cannot be the name of a plugin").count(), 9, "{}", run.stderr);
    assert_eq!(workspace.read("baton.lock"), before);
    // Reserved names are not valid names or aliases of agents either.
    let config = workspace.read("baton.toml");
    for section in ["[agents.all]\n", "[agents.Operator]\n", "[agents.Codex-MM1]\naliases = [\"everyone\"]\n"] {
        workspace.write("baton.toml", format!("{config}\n{section}"));
        workspace.baton(&["agents"]).ended(2);
    }
    workspace.write("baton.toml", config);
    // A broadcast goes to all agents, not to a folder `all`.
    fs::create_dir_all(workspace.root().join("handoffs/all/01_inbox")).unwrap();
    fs::write(workspace.root().join("handoffs/01_inbox/hello.json"), text(&handoff("all", "Hello"))).unwrap();
    workspace.up_once();
    assert!(workspace.tasks("Hello").iter().any(|task| task.agent == "Cursor-MM1"), "{:?}", workspace.status());
    assert!(workspace.tasks_of("all").is_empty());
}

#[test]
fn a_broken_entry_of_the_lock_file_affects_no_other_command_and_can_be_removed() {
    let workspace = Workspace::with_noop();
    let sound = workspace.read("baton.lock");
    for (number, (entry, name)) in [
        ("name = \"examples\"\nsource = \"shipped\"\ndigest = \"sha256:00\"\n", "examples"),
        ("name = \"all\"\nsource = \"shipped\"\ndigest = \"sha256:00\"\n", "all"),
        ("name = \"../x\"\nsource = \"shipped\"\ndigest = \"sha256:00\"\n", "../x"),
        ("name = \"other\"\nsource = { file = \"../x.wasm\" }\ndigest = \"sha256:00\"\n", "other"),
        ("name = \"other\"\nsource = \"shipped\"\ndigest = \"sha256:00\"\nsudo = true\n", "other"),
        ("name = \"no-op\"\nsource = \"shipped\"\ndigest = \"sha256:00\"\n", "no-op"),
    ]
    .into_iter()
    .enumerate()
    {
        workspace.write("baton.lock", format!("{sound}\n[[plugin]]\n{entry}"));
        for command in
            [&["status"][..], &["agents"], &["plugin", "list"], &["obligations"], &["plugin", "grants", "audit"]]
        {
            workspace.baton(command).ended(0);
        }
        let title = format!("Beside {number}");
        workspace.drop_handoff("noop", &title);
        let run = workspace.up_once();
        assert!(run.stderr.contains("baton.lock cannot be used"), "{}", run.stderr);
        assert_eq!(workspace.task(&title).state, "succeeded", "{entry}");
        let doctor = workspace.baton(&["doctor"]).stdout;
        assert!(doctor.contains(&format!("the entry of `{name}` cannot be used")), "{doctor}");
        // Changes of other plugins keep the broken entry. Only `remove` deletes it.
        plugin(&workspace, &["disable", "noop"]).ended(0);
        assert!(workspace.read("baton.lock").contains(&format!("name = \"{name}\"")));
        plugin(&workspace, &["enable", "noop"]).ended(0);
        assert!(!workspace.root().join(format!("handoffs/{name}/01_inbox")).exists() || name == "other");
        plugin(&workspace, &["remove", name]).ended(0);
        assert!(plugin(&workspace, &["list", "--json"]).ended(0).json()["broken"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_package_with_the_name_of_another_plugin_causes_a_warning_and_replaces_nothing() {
    let workspace = Workspace::with_hostile();
    let digest = |name: &str| listed(&workspace, name)["digest"].as_str().unwrap().to_owned();
    for (fixture_name, name) in [("hostile", "audit"), ("listener", "hostile")] {
        let before = digest(name);
        let short = before.trim_start_matches("sha256:")[..16].to_owned();
        let component = renamed(fixture_name, name);
        // The package is first dropped as a file, then installed by a command.
        fs::write(workspace.root().join("plugins/stranger.wasm"), &component).unwrap();
        let run = workspace.up_once();
        assert!(run.stderr.contains("WARNING") && run.stderr.contains(&short), "{}", run.stderr);
        let file = workspace.outside().join("stranger.wasm");
        fs::write(&file, &component).unwrap();
        let said = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(1).stdout;
        for word in ["WARNING", &short, "not signed by a trusted key", &format!("--replace {name}")] {
            assert!(said.contains(word), "`{word}` in {said}");
        }
        let pending = listed(&workspace, name)["pending"]["digest"].as_str().unwrap().to_owned();
        let revision = format!("{name}@{pending}");
        let refused = plugin(&workspace, &["approve", &revision]).ended(2).stderr;
        assert!(refused.contains("belongs to") && refused.contains(&short), "{refused}");
        plugin(&workspace, &["approve", &revision, "--replace", "noop"]).ended(2);
        assert_eq!(digest(name), before);
        plugin(&workspace, &["approve", &revision, "--replace", name]).ended(0);
        assert_eq!(digest(name), pending);
        fs::remove_file(workspace.root().join("plugins/stranger.wasm")).unwrap();
    }
}

#[test]
fn the_name_of_a_bundled_plugin_that_is_not_installed_is_reserved() {
    let workspace = Workspace::init();
    plugin(&workspace, &["remove", "audit"]).ended(0);
    let file = workspace.outside().join("stranger.wasm");
    fs::write(&file, renamed("hostile", "audit")).unwrap();
    let said = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(1).stdout;
    assert!(said.contains("WARNING") && said.contains("the bundled plugin"), "{said}");
    let revision = format!("audit@{}", listed(&workspace, "audit")["digest"].as_str().unwrap());
    plugin(&workspace, &["approve", &revision]).ended(2);
    assert_eq!(listed(&workspace, "audit")["state"], "needs_approval");
    plugin(&workspace, &["approve", &revision, "--replace", "audit"]).ended(0);
}

#[test]
fn a_package_whose_name_is_an_alias_or_only_differs_by_hyphens_is_refused() {
    let workspace = Workspace::with_noop();
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[agents.audit]\naliases = [\"checker\"]\n"));
    for (fixture_name, name) in [("hostile", "checker"), ("hostile", "no-op"), ("hostile", "aud-it")] {
        let file = workspace.outside().join("package.wasm");
        fs::write(&file, renamed(fixture_name, name)).unwrap();
        plugin(&workspace, &["install", file.to_str().unwrap()]).ended(2);
        assert_eq!(listed(&workspace, name), Value::Null);
    }
}

#[test]
fn a_name_similar_to_an_agents_name_causes_a_warning_at_installation_and_approval() {
    let workspace = Workspace::with_noop();
    for (name, agent) in [("claude", "Claude-MM1"), ("cursor", "Cursor-MM1"), ("wren-2", "Wren-1")] {
        fs::create_dir_all(workspace.root().join("handoffs").join(agent).join("01_inbox")).unwrap();
        let file = workspace.outside().join("near.wasm");
        fs::write(&file, renamed("hostile", name)).unwrap();
        let warning = format!("WARNING: `{name}` is easily confused with the agent {agent}");
        let installed = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(0);
        assert!(installed.stderr.contains(&warning), "{installed:?}");
        let digest = listed(&workspace, name)["digest"].as_str().unwrap().to_owned();
        let approved = plugin(&workspace, &["approve", &format!("{name}@{digest}")]).ended(0);
        assert!(approved.stderr.contains(&warning), "{approved:?}");
        plugin(&workspace, &["remove", name]).ended(0);
    }
    // For a dropped package the warning is in the log.
    fs::write(workspace.root().join("plugins/near.wasm"), renamed("hostile", "codex")).unwrap();
    let log = workspace.up_once().stderr;
    assert!(log.contains("`codex` is easily confused with the agent Codex-MM1"), "{log}");
    // A plugin with a new name, and one that was installed before, get no warning.
    let file = workspace.outside().join("listener.wasm");
    fs::copy(fixture("listener"), &file).unwrap();
    let installed = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(0);
    assert!(!installed.stderr.contains("WARNING"), "{installed:?}");
}

#[test]
fn files_in_an_inbox_with_an_invalid_agent_name_are_reported() {
    let workspace = Workspace::with_noop();
    for name in ["operator", "baton"] {
        fs::create_dir_all(workspace.root().join("handoffs").join(name).join("01_inbox")).unwrap();
    }
    let log = workspace.up_once().stderr;
    assert!(!log.contains("operator"), "no log line names the operator: {log}");
    for name in ["operator", "baton"] {
        workspace.drop_handoff(name, "For nobody");
    }
    let log = workspace.up_once().stderr;
    for name in ["operator", "baton"] {
        let line = log.lines().find(|line| line.contains(&format!("handoffs/{name}/01_inbox"))).unwrap_or_default();
        assert!(line.contains("WARN") && line.contains("this name is not allowed for an agent"), "{log}");
        // For a file in the drop box the sender gets a RETURN.
        let title = format!("To {name}");
        workspace.write(&format!("handoffs/01_inbox/{name}.json"), text(&handoff(name, &title)));
        workspace.up_once();
        let reason = workspace.task(&title).reason;
        assert!(reason.contains(&format!("`{name}` is a reserved name")), "{reason}");
    }
}

#[test]
fn the_folder_of_a_removed_plugin_does_not_belong_to_an_agent() {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "Before");
    workspace.up_once();
    let package = fs::read(fixture("noop")).unwrap();
    plugin(&workspace, &["remove", "noop"]).ended(0);
    let agents = workspace.baton(&["agents"]).ended(0).stdout;
    assert!(!agents.lines().any(|line| line.starts_with("noop ")), "{agents}");
    let folders = workspace.baton(&["agents", "--folders"]).ended(0).stdout;
    let row = folders.lines().find(|line| line.starts_with("handoffs/noop ")).unwrap();
    assert!(row.contains("skipped") && row.contains("its plugin was removed"), "{folders}");
    // A broadcast does not reach the folder. Files that are left in its inbox wait and are reported.
    fs::write(workspace.root().join("handoffs/01_inbox/hello.json"), text(&handoff("all", "Hello"))).unwrap();
    workspace.drop_handoff("noop", "Meanwhile");
    let log = workspace.up_once().stderr;
    assert!(log.contains("its plugin was removed"), "{log}");
    assert!(workspace.tasks("Hello").iter().any(|task| task.agent == "Cursor-MM1"));
    assert!(workspace.tasks("Hello").iter().all(|task| task.agent != "noop"), "{:?}", workspace.tasks("Hello"));
    // When the plugin is installed again, it gets its inbox back.
    let file = workspace.outside().join("noop.wasm");
    fs::write(&file, package).unwrap();
    plugin(&workspace, &["install", file.to_str().unwrap()]);
    let digest = listed(&workspace, "noop")["digest"].as_str().unwrap().to_owned();
    plugin(&workspace, &["approve", &format!("noop@{digest}")]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("Meanwhile").state, "succeeded");
}
