//! `baton import` makes requests from the open work of beads, MCP Agent Mail and Claude Code, one request for each item.

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::Workspace;
use serde_json::{Value, json};

use super::workspace;

fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Imports twice without `--apply`, then three times with it, the last time after the daemon has captured the
/// requests. Only the first `--apply` writes. Returns the output of the first run.
fn import(workspace: &Workspace, tool: &str, path: &Path) -> Value {
    let path = path.display().to_string();
    let run = |more: &[&str]| {
        let words = [&["import", tool, &path, "--agent", "codex mm1", "--json"], more].concat();
        workspace.baton(&words).ended(0).json()
    };
    let shown = run(&[]);
    assert_eq!((&shown["applied"], run(&[])), (&json!(false), shown.clone()));
    assert!(workspace.inbox("Codex-MM1").is_empty() && workspace.inbox("Claude-MM1").is_empty());
    let written = run(&["--apply"]);
    assert_eq!(written["requests"], shown["requests"]);
    let again = run(&["--apply"]);
    assert_eq!(again["requests"], json!([]), "{again}");
    assert_eq!(again["known"].as_array().unwrap().len(), shown["requests"].as_array().unwrap().len());
    workspace.up_once();
    assert_eq!(run(&["--apply"])["requests"], json!([]), "the ledger knows them too");
    shown
}

/// Imports into the inbox of `Codex-MM1` and returns what was written.
fn apply(workspace: &Workspace, tool: &str, path: &Path) -> Value {
    let path = path.display().to_string();
    workspace.baton(&["import", tool, &path, "--agent", "codex mm1", "--json", "--apply"]).ended(0).json()
}

fn issue(id: &str, fields: Value) -> Value {
    let mut issue = json!({ "id": id, "title": id, "status": "open" });
    let Value::Object(fields) = fields else { panic!("{fields}") };
    issue.as_object_mut().unwrap().extend(fields);
    issue
}

fn put_issues(file: &Path, issues: &[Value]) {
    put(file, &issues.iter().map(|issue| format!("{issue}\n")).collect::<String>());
}

fn origins(shown: &Value, field: &str) -> Vec<String> {
    shown[field].as_array().unwrap().iter().map(|item| item["origin"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn issues_of_beads_with_their_dependencies() {
    let workspace = workspace();
    let project = workspace.outside().join("project");
    let depends = |on: &str, kind: &str| json!({ "issue_id": "x", "depends_on_id": on, "type": kind });
    let issues = [
        json!({ "id": "p-1", "title": "Open\none", "description": "Do it.", "notes": null, "status": "open", "priority": 0,
                "issue_type": "bug", "created_at": "2025-12-25T22:57:52.061798-08:00" }),
        json!({ "id": "p-2", "title": "After", "status": "blocked", "priority": 3, "assignee": "claude mm1",
                "created_at": "2025-12-25T22:57:53Z",
                "dependencies": [depends("p-1", "blocks"), depends("p-3", "blocks"), depends("p-5", "blocks"),
                                 depends("p-4", "parent-child")] }),
        json!({ "id": "p-3", "title": "Done", "status": "closed" }),
        json!({ "id": "p-4", "title": "Epic", "status": "open", "issue_type": "epic" }),
        json!({ "id": "p-5", "title": "Later", "status": "deferred" }),
        json!({ "id": "p-6", "title": "", "status": "in_progress", "assignee": "noop" }),
    ];
    let lines: String = issues.iter().map(|issue| format!("{issue}\n")).collect();
    put(&project.join(".beads/issues.jsonl"), &format!("{lines}not JSON\n"));
    let shown = import(&workspace, "beads", &project);
    assert_eq!(origins(&shown, "requests"), ["p-1", "p-2"]);
    let [first, second] = shown["requests"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    let seen = (&first["title"], &first["priority"], &first["to"]);
    assert_eq!(seen, (&json!("Open one"), &json!("critical"), &json!("Codex-MM1")));
    assert_eq!((&second["to"], &second["depends_on"]), (&json!("Claude-MM1"), &json!([first["handoff_id"]])));
    let skipped = shown["skipped"].to_string();
    for part in ["p-4", "`deferred`", "parent-child", "on p-5, which is not imported", "no title", "line 7"] {
        assert!(skipped.contains(part), "{part}: {skipped}");
    }
    assert!(!skipped.contains("p-3"), "a completed item is not a dependency: {skipped}");
    let task = workspace.task("Open one");
    assert_eq!((task.state.as_str(), task.agent.as_str()), ("delivered", "Codex-MM1"));
    let file = workspace.read(task.file.as_deref().unwrap());
    assert!(file.contains("Do it.") && file.contains("Imported from beads: bug p-1"), "{file}");
}

#[test]
fn issues_of_two_projects_with_the_same_id_are_both_imported() {
    let workspace = workspace();
    let export = |file: &str, created_at: &str| {
        let file = workspace.outside().join(file);
        put_issues(&file, &[issue("bd-3", json!({ "created_at": created_at }))]);
        apply(&workspace, "beads", &file)
    };
    let first = export("one.jsonl", "2025-12-25T22:57:52.061798-08:00");
    let second = export("two.jsonl", "2025-12-26T07:00:00Z");
    assert_eq!((origins(&first, "requests"), origins(&second, "requests")), (vec!["bd-3".into()], vec!["bd-3".into()]));
    let moved = export("moved.jsonl", "2025-12-26T06:57:52Z");
    assert_eq!((&moved["requests"], &moved["known"]), (&json!([]), &json!(["bd-3"])), "another zone, the same time");
    assert_eq!(workspace.inbox("Codex-MM1").len(), 2);
}

#[test]
fn an_id_is_imported_once_and_dependencies_refer_only_to_imported_items() {
    let workspace = workspace();
    let file = workspace.outside().join("issues.jsonl");
    let on = |id: &str| json!({ "depends_on_id": id, "type": "blocks" });
    put_issues(
        &file,
        &[
            issue("p-1", json!({ "dependencies": [on("p-2"), on("p-3"), on("p-4")] })),
            issue("p-2", json!({ "title": "" })),
            issue("p-3", json!({})),
            issue("p-3", json!({ "title": "Again", "created_at": "2025-12-26T07:00:00Z" })),
            issue("p-4", json!({ "status": "closed" })),
        ],
    );
    let shown = import(&workspace, "beads", &file);
    assert_eq!(origins(&shown, "requests"), ["p-1", "p-3"]);
    assert_eq!(shown["requests"][0]["depends_on"], json!([shown["requests"][1]["handoff_id"]]));
    let reasons = json!([
        { "origin": "p-2", "reason": "it has no title" },
        { "origin": "p-3", "reason": "an item before it has the same id" },
        { "origin": "p-1", "reason": "its dependency on p-2, which is not imported" },
    ]);
    assert_eq!(shown["skipped"], reasons);
    let lists = workspace.outside().join("tasks");
    for folder in ["x/list", "y/list"] {
        put(
            &lists.join(folder).join("1.json"),
            &json!({ "id": "1", "subject": folder, "status": "pending" }).to_string(),
        );
    }
    let shown = apply(&workspace, "claude-tasks", &lists);
    assert_eq!(
        (origins(&shown, "requests"), origins(&shown, "skipped")),
        (vec!["list/1".into()], vec!["list/1".into()])
    );
}

#[test]
fn a_request_that_is_too_long_as_a_file_is_not_written() {
    let workspace = workspace();
    let file = workspace.outside().join("issues.jsonl");
    // The text has 1 MB. As JSON it has 6 MB, because every character is escaped.
    put_issues(&file, &[issue("p-1", json!({ "description": "\u{1}".repeat(1_000_000) })), issue("p-2", json!({}))]);
    let shown = import(&workspace, "beads", &file);
    assert_eq!((origins(&shown, "requests"), origins(&shown, "skipped")), (vec!["p-2".into()], vec!["p-1".into()]));
    let reason = shown["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("the request has more than 2097152 bytes"), "{reason}");
}

#[test]
fn a_sender_that_is_not_an_agent_gets_a_note() {
    let workspace = workspace();
    let file = workspace.outside().join("issues.jsonl");
    put_issues(&file, &[issue("p-1", json!({}))]);
    let file = file.display().to_string();
    for (from, is_noted) in [("Nobody", true), ("Claude-MM1", false)] {
        let run = workspace.baton(&["import", "beads", &file, "--agent", "Codex-MM1", "--from", from]).ended(0);
        assert_eq!(run.stderr.contains("handoffs/_unrouted/"), is_noted, "{from}: {}", run.stderr);
        assert!(run.stderr.contains("would write 1 request; imported before: 0"), "{}", run.stderr);
    }
}

#[test]
fn messages_that_ask_for_an_acknowledgement() {
    let workspace = workspace();
    let archive = workspace.outside().join("archive");
    let message = |id: u64, ack: bool| {
        let header = json!({ "id": id, "from": "RedCat", "to": ["Claude-MM1", "BlueLake"], "cc": ["Codex-MM1"], "subject": "Review",
                             "importance": "urgent", "ack_required": ack, "thread_id": "T-1", "created": "2026-01-18T10:15:00+00:00" });
        format!("---json\n{header:#}\n---\n\nPlease review.\n")
    };
    put(&archive.join("messages/2026/01/1.md"), &message(1, true));
    put(&archive.join("messages/2026/01/2.md"), &message(2, false));
    put(&archive.join("messages/2026/01/3.md"), "# no message\n");
    put(&archive.join("messages/threads/T-1.md"), "# Thread\n");
    put(&archive.join("agents/RedCat/outbox/2026/01/1.md"), &message(1, true));
    let shown = import(&workspace, "agent-mail", &archive);
    assert_eq!(origins(&shown, "requests"), ["1-Claude-MM1", "1-BlueLake"]);
    assert_eq!(origins(&shown, "skipped"), ["2", "2026/01/3.md"]);
    assert_eq!(shown["requests"][0]["to"], "Claude-MM1");
    assert_eq!(shown["requests"][1]["to"], "Codex-MM1");
    assert_eq!(shown["requests"][0]["priority"], "critical");
}

#[test]
fn the_folder_and_its_messages_import_as_one_agent_mail_project() {
    let workspace = workspace();
    let archive = |project: &str| {
        let header = json!({ "id": 1, "from": "RedCat", "to": ["BlueLake", "BlueLake"], "subject": project, "ack_required": true });
        let messages = workspace.outside().join(project).join("messages");
        put(&messages.join("2026/01/1.md"), &format!("---json\n{header}\n---\n\nPlease review.\n"));
        messages
    };
    let (first, second) = (archive("arch1"), archive("arch2"));
    let by_folder = apply(&workspace, "agent-mail", first.parent().unwrap());
    assert_eq!(origins(&by_folder, "requests"), ["1-BlueLake"]);
    assert_eq!(origins(&by_folder, "skipped"), ["1-BlueLake"], "a recipient that is named twice");
    let by_messages = apply(&workspace, "agent-mail", &first);
    assert_eq!((&by_messages["requests"], &by_messages["known"]), (&json!([]), &json!(["1-BlueLake"])));
    assert_eq!(origins(&apply(&workspace, "agent-mail", &second), "requests"), ["1-BlueLake"]);
    assert_eq!(workspace.inbox("Codex-MM1").len(), 2);
}

#[test]
fn tasks_of_claude_code_of_all_lists() {
    let workspace = workspace();
    let lists: PathBuf = workspace.outside().join("tasks");
    for (file, value) in [
        (
            "a/1.json",
            json!({ "id": "1", "subject": "First", "description": "One.", "status": "in_progress", "blocks": ["2"] }),
        ),
        (
            "a/2.json",
            json!({ "id": "2", "subject": "Second", "status": "pending", "blockedBy": ["3"], "owner": "Claude-MM1" }),
        ),
        ("a/3.json", json!({ "id": "3", "subject": "Third", "status": "completed", "blocks": ["2"] })),
        ("b/1.json", json!({ "id": "1", "subject": "Other", "status": "pending", "metadata": { "x": 1 } })),
        ("b/x.json", json!([])),
    ] {
        put(&lists.join(file), &value.to_string());
    }
    put(&lists.join("b/.lock"), "");
    let shown = import(&workspace, "claude-tasks", &lists);
    assert_eq!(origins(&shown, "requests"), ["a/1", "a/2", "b/1"]);
    assert_eq!(shown["requests"][1]["depends_on"], json!([shown["requests"][0]["handoff_id"]]));
    assert_eq!(shown["requests"][1]["to"], "Claude-MM1");
    assert_eq!(shown["skipped"].as_array().unwrap().len(), 1, "{shown}");
}

#[test]
fn wrong_paths_and_agents_are_refused() {
    let workspace = workspace();
    let folder = workspace.outside().display().to_string();
    put(&workspace.outside().join("archive/messages/2026/01/x.md"), "# no message\n");
    let [archive, year] = ["archive", "archive/messages/2026"].map(|path| format!("{folder}/{path}"));
    for (words, says) in [
        (vec!["import", "beads", &folder], ".beads/issues.jsonl"),
        (vec!["import", "beads", "/nowhere"], "/nowhere"),
        (vec!["import", "claude-tasks", "/nowhere"], "is not a folder"),
        (vec!["import", "agent-mail", "/nowhere"], "/nowhere"),
        (vec!["import", "agent-mail", &folder], "has no folder `messages`"),
        (vec!["import", "agent-mail", &year], "has no folder `messages`"),
        (vec!["import", "agent-mail", &archive, "--agent", "noop"], "is a plugin"),
        (vec!["import", "agent-mail", &archive, "--agent", "Nobody"], "--agent"),
    ] {
        let refused = workspace.baton(&words).ended(2);
        assert!(refused.stderr.contains(says), "{words:?}: {}", refused.stderr);
    }
}
