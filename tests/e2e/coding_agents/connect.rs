//! `baton connect` and `baton disconnect`: they write the configuration of the clients, and restore it byte for byte.

use std::fs;
use std::path::PathBuf;

use baton_tests::{Output, Workspace};
use serde_json::Value;

fn project(workspace: &Workspace) -> PathBuf {
    let project = workspace.outside().join("my project");
    fs::create_dir_all(&project).unwrap();
    project
}

fn run(workspace: &Workspace, words: &[&str]) -> Output {
    let project = project(workspace);
    let mut command = workspace.command();
    command.env("CODEX_HOME", workspace.outside().join("codex")).arg("-w").arg(workspace.root()).args(words);
    Output::of(command.arg("--project").arg(project))
}

#[test]
fn claude_gets_the_server_and_the_hooks_and_disconnect_restores_its_files() {
    let workspace = Workspace::with_noop();
    let project = project(&workspace);
    let (servers, settings) = (project.join(".mcp.json"), project.join(".claude/settings.local.json"));
    let mine = "{\n\t\"permissions\": {\"allow\": [ \"Bash(ls)\" ]},\n\t\"hooks\": {\"Stop\": [ {\"hooks\": [{\"type\":\"command\",\"command\":\"say hi\"}]} ]}\n}";
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(&settings, mine).unwrap();

    let shown = run(&workspace, &["connect", "claude", "--agent", "Claude-MM1", "--dry-run"]).ended(0);
    assert!(shown.stdout.contains('+') && shown.stdout.contains("asyncRewake"), "{}", shown.stdout);
    assert!(!servers.exists() && fs::read_to_string(&settings).unwrap() == mine);
    let refused = run(&workspace, &["connect", "claude", "--agent", "Claude-MM1"]).ended(2);
    assert!(refused.stderr.contains("--yes") && !servers.exists(), "{}", refused.stderr);

    let connected = run(&workspace, &["connect", "claude", "--agent", "Claude-MM1", "--yes"]).ended(0);
    assert!(connected.stdout.contains("Claude-MM1 is connected"), "{}", connected.stdout);
    assert!(workspace.inbox_of("Claude-MM1").is_dir());
    let written: Value = serde_json::from_str(&fs::read_to_string(&servers).unwrap()).unwrap();
    let server = &written["mcpServers"]["baton"];
    assert_eq!((&server["type"], &server["alwaysLoad"]), (&"stdio".into(), &true.into()));
    let words: Vec<&str> = server["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let state = workspace.state_folder().canonicalize().unwrap().display().to_string();
    // The command names the state folder, because a client may start the server with another environment.
    let root = workspace.root().display().to_string();
    assert_eq!(words, ["-w", &root, "--state", &state, "mcp", "--agent", "Claude-MM1"]);
    let hooks: Value = serde_json::from_str(&fs::read_to_string(&settings).unwrap()).unwrap();
    assert_eq!(hooks["hooks"]["Stop"].as_array().unwrap().len(), 2, "the user's hook stays");
    // The command of the hook works as a shell runs it.
    let command = hooks["hooks"]["SessionStart"][0]["hooks"][0]["command"].as_str().unwrap();
    let woken = Output::of(workspace.command_of("sh").arg("-c").arg(format!("{command} --timeout 1s </dev/null")));
    woken.ended(0);

    let before = [fs::read(&servers).unwrap(), fs::read(&settings).unwrap()];
    let again = run(&workspace, &["connect", "claude", "--agent", "Claude-MM1", "--yes"]).ended(0);
    assert!(again.stderr.contains("nothing to change"), "{}", again.stderr);
    assert_eq!([fs::read(&servers).unwrap(), fs::read(&settings).unwrap()], before);

    run(&workspace, &["disconnect", "claude", "--agent", "Claude-MM1", "--yes"]).ended(0);
    assert!(!servers.exists());
    assert_eq!(fs::read_to_string(&settings).unwrap(), mine);
    assert!(workspace.inbox_of("Claude-MM1").is_dir(), "the agent stays");
}

#[test]
fn entries_are_removed_from_a_file_that_was_changed_since() {
    let workspace = Workspace::with_noop();
    let servers = project(&workspace).join(".cursor/mcp.json");
    run(&workspace, &["connect", "cursor", "--yes"]).ended(0);
    let text = fs::read_to_string(&servers).unwrap();
    fs::write(&servers, text.replacen("\"baton\"", "\"other\": { \"command\": \"x\" },\n    \"baton\"", 1)).unwrap();
    run(&workspace, &["disconnect", "cursor", "--yes"]).ended(0);
    let left: Value = serde_json::from_str(&fs::read_to_string(&servers).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({ "mcpServers": { "other": { "command": "x" } } }));
}

#[test]
fn the_entry_of_another_agent_is_not_removed_and_not_restored() {
    let workspace = Workspace::with_noop();
    let config = workspace.outside().join("codex/config.toml");
    run(&workspace, &["connect", "codex", "--agent", "First", "--yes"]).ended(0);
    let refused = run(&workspace, &["disconnect", "codex", "--agent", "Second", "--yes"]);
    // The file is still as Baton wrote it for `First`. So only the command for `First` may restore the earlier file.
    assert!(fs::read_to_string(&config).unwrap().contains("First"), "{}", refused.stderr);
    refused.ended(2);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}# changed\n")).unwrap();
    run(&workspace, &["connect", "codex", "--agent", "Second", "--yes"]).ended(0);
    run(&workspace, &["disconnect", "codex", "--agent", "Second", "--yes"]).ended(0);
    assert!(!fs::read_to_string(&config).unwrap_or_default().contains("mcp_servers"));
}

#[test]
fn codex_gets_a_section_of_its_configuration() {
    let workspace = Workspace::with_noop();
    let config = workspace.outside().join("codex/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let mine = "# mine\nmodel = \"x\"\n\n[mcp_servers.other]\ncommand = \"o\"";
    fs::write(&config, mine).unwrap();
    run(&workspace, &["connect", "codex", "--yes"]).ended(0);
    let text = fs::read_to_string(&config).unwrap();
    assert!(
        text.contains("# mine") && text.contains("[mcp_servers.baton]") && text.contains("tool_timeout_sec = 3600"),
        "{text}"
    );
    assert!(workspace.inbox_of("Codex").is_dir());
    run(&workspace, &["disconnect", "codex", "--yes"]).ended(0);
    assert_eq!(fs::read_to_string(&config).unwrap(), mine);
}

#[test]
fn files_of_another_shape_and_wrong_names_are_refused_and_nothing_changes() {
    let workspace = Workspace::with_noop();
    let servers = project(&workspace).join(".mcp.json");
    for text in ["[1]", "{\"mcpServers\": 3}", "{ not json"] {
        fs::write(&servers, text).unwrap();
        let refused = run(&workspace, &["connect", "claude", "--yes"]).ended(2);
        assert!(
            refused.stderr.contains(".mcp.json") && refused.stderr.contains("nothing was changed"),
            "{}",
            refused.stderr
        );
        assert_eq!(fs::read_to_string(&servers).unwrap(), text);
    }
    fs::remove_file(&servers).unwrap();
    for agent in ["noop", "all", "a/b", ""] {
        run(&workspace, &["connect", "claude", "--yes", "--agent", agent]).ended(2);
    }
    run(&workspace, &["connect", "emacs"]).ended(2);
    assert!(!servers.exists());
}
