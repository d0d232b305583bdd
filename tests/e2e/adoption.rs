//! Adopts existing folders of agents: the result for each folder, and that folders which are created later are served too.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use baton_tests::{Output, Workspace, handoff, text};
use serde_json::Value;

fn make(root: &Path, folders: &[&str]) {
    for folder in folders {
        drop(fs::create_dir_all(root.join(folder)));
    }
}

fn drop_into(inbox: &Path, name: &str, agent: &str, title: &str) {
    drop(fs::write(inbox.join(name), text(&handoff(agent, title))));
}

/// Two adoptable folders with aliases, an agent without an inbox, a second folder of one agent, and a folder that does
/// not belong to an agent.
fn in_use(place: &Workspace) -> [PathBuf; 2] {
    let (first, second) = (place.outside().join("Agent-Triggers"), place.outside().join("drive"));
    let folders =
        ["Cursor-MM1-Agent/01_inbox", "Cursor-MM1/01_inbox", "Codex-MM1/02_processed", "notes", "all/01_inbox"];
    make(&first, &folders);
    make(&second, &["handoffs/Robin-gd/01_inbox", "handoffs/Claude-MM2-Agent/01_inbox"]);
    drop(symlink("Cursor-MM1", first.join("latest")));
    drop_into(&first.join("Cursor-MM1-Agent/01_inbox"), "old.json", "Cursor-MM1", "Old");
    [first, second]
}

fn adopt(place: &Workspace, roots: &[PathBuf], more: &[&str]) -> Output {
    let mut command = place.command();
    command.arg("init").arg(place.root());
    for root in roots {
        command.arg("--adopt").arg(root);
    }
    Output::of(command.args(more))
}

/// The agent, the result and the reason for the folder whose path ends with `path`.
fn row<'a>(folders: &'a [Value], path: &str) -> (Option<&'a str>, &'a str, &'a str) {
    let text = |folder: &'a Value, key: &str| folder.get(key).and_then(Value::as_str);
    let found = folders.iter().find(|folder| text(folder, "folder").is_some_and(|folder| folder.ends_with(path)));
    let Some(found) = found else { return (None, "no such folder", "") };
    (text(found, "agent"), text(found, "result").unwrap_or_default(), text(found, "reason").unwrap_or_default())
}

#[test]
fn a_table_has_the_use_of_each_folder_and_the_reason() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    let made = adopt(&place, &roots, &[]).ended(0).stdout;
    let lines: Vec<&str> = made.lines().collect();
    assert!(lines[0].starts_with("FOLDER ") && lines[0].ends_with("REASON"), "{made}");
    let column = lines[0].find("RESULT").unwrap();
    let results = ["agent", "merged", "skipped", "alias"];
    let table = lines.iter().skip(1).take_while(|line| !line.is_empty());
    for line in table {
        assert!(results.iter().any(|result| line[column..].starts_with(result)), "{line}");
    }
    assert!(made.contains("1 file is in its inboxes"), "{made}");

    let shown = place.baton(&["agents", "--folders", "--json"]).ended(0).json();
    let folders = shown["folders"].as_array().unwrap();
    assert_eq!(folders.len(), 8, "{shown:#}");
    assert_eq!(row(folders, "/Cursor-MM1").0, Some("Cursor-MM1"));
    assert_eq!(row(folders, "/Cursor-MM1").1, "agent");
    let (agent, result, reason) = row(folders, "/Cursor-MM1-Agent");
    assert_eq!((agent, result), (Some("Cursor-MM1"), "merged"));
    assert!(
        reason.contains("`Cursor-MM1-Agent` means Cursor-MM1") && reason.contains("Cursor-MM1/01_inbox"),
        "{reason}"
    );
    let (agent, result, reason) = row(folders, "/Codex-MM1");
    assert_eq!((agent, result), (Some("Codex-MM1"), "agent"));
    assert!(reason.contains("no 01_inbox yet"), "{reason}");
    assert_eq!(row(folders, "/Claude-MM2-Agent").0, Some("Claude-MM2"));
    assert_eq!(row(folders, "/Claude-MM2-Agent").1, "alias");
    assert_eq!(row(folders, "/Robin-gd").0, Some("Robin-gd"), "no alias without a table");
    for (folder, why) in [("/notes", "neither 01_inbox nor"), ("/all", "this name"), ("/latest", "symbolic link")] {
        let (agent, result, reason) = row(folders, folder);
        assert_eq!((agent, result), (None, "skipped"), "{folder}");
        assert!(reason.contains(why), "{reason}");
    }
}

#[test]
fn the_table_of_an_adoption_is_json_for_machines() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    let made = adopt(&place, &roots, &["--json"]).ended(0).json();
    assert_eq!((&made["schema"], &made["files"]), (&1.into(), &1.into()));
    assert_eq!(made["folders"], place.baton(&["agents", "--folders", "--json"]).ended(0).json()["folders"]);
}

#[test]
fn later_inboxes_in_adopted_folders_are_watched() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    adopt(&place, &roots, &[]).ended(0);
    let daemon = place.up_and_serving();
    // The first agent had no inbox. The second agent is new. The third agent is in the other adopted folder; the test
    // creates its folder first and its inbox later.
    let codex = roots[0].join("Codex-MM1/01_inbox");
    place.wait_for("the inbox that was missing", |_| codex.is_dir().then_some(()));
    drop_into(&codex, "a.json", "Codex-MM1", "For one without an inbox");
    make(&roots[0], &["Wren/01_inbox"]);
    drop_into(&roots[0].join("Wren/01_inbox"), "b.json", "Wren", "For a new one");
    make(&roots[1], &["handoffs/Finch"]);
    place.wait_for_state("For a new one", "delivered");
    make(&roots[1], &["handoffs/Finch/01_inbox"]);
    drop_into(&roots[1].join("handoffs/Finch/01_inbox"), "c.json", "Finch", "For a later one");
    for (title, agent) in
        [("For one without an inbox", "Codex-MM1"), ("For a new one", "Wren"), ("For a later one", "Finch")]
    {
        assert_eq!(place.wait_for_state(title, "delivered").agent, agent);
    }
    // Files in the drop box are delivered to their folders too.
    let dropped = text(&handoff("Finch", "By the drop box"));
    fs::write(place.root().join("handoffs/01_inbox/d.json"), dropped).unwrap();
    place.wait_for_state("By the drop box", "delivered");
    assert!(roots[1].join("handoffs/Finch/01_inbox/d.json").exists());
    assert!(daemon.stop().success());
    assert!(place.tasks("Old").is_empty(), "existing files are not captured");
}

#[test]
fn a_missing_adopted_folder_is_reported_and_the_rest_continues() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    adopt(&place, &roots, &[]).ended(0);
    place.up_once();
    fs::rename(&roots[1], place.outside().join("unmounted")).unwrap();
    drop_into(&roots[0].join("Cursor-MM1/01_inbox"), "new.json", "Cursor-MM1", "New");
    place.up_once();
    assert_eq!(place.task("New").state, "delivered");
    let said = place.baton(&["doctor"]).stdout;
    assert!(said.contains("the adopted folder is missing") && said.contains("remove it from `adopted`"), "{said}");
}

#[test]
fn a_folder_without_agents_is_refused_with_a_suggestion() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    let agent = roots[0].join("Cursor-MM1");
    let refused = adopt(&place, &[agent], &[]).ended(2).stderr;
    assert!(refused.contains("--adopt ") && refused.contains("itself an agent's folder"), "{refused}");
    let refused = adopt(&place, &[roots[0].join("notes")], &[]).ended(2).stderr;
    assert!(refused.contains("none of its folders has an 01_inbox or a 02_processed"), "{refused}");
    let mut two = place.command();
    let refused =
        Output::of(two.args(["init", "--adopt"]).arg(&roots[0]).arg("--adopt").arg(&roots[1])).ended(2).stderr;
    assert!(refused.contains("name the folder that becomes the workspace"), "{refused}");
    assert!(!place.root().join("baton.toml").exists());
}

#[test]
fn doctor_names_every_unwatched_inbox_and_every_link() {
    let place = Workspace::empty();
    let roots = in_use(&place);
    make(&roots[0], &["team/Heron/01_inbox", "Egret/Inbox"]);
    make(&roots[1], &["handoffs/Linked"]);
    make(place.outside(), &["elsewhere/01_inbox"]);
    symlink("../../../elsewhere/01_inbox", roots[1].join("handoffs/Linked/01_inbox")).unwrap();
    adopt(&place, &roots, &[]).ended(0);
    make(&place.root().join("handoffs"), &["_archive/01_inbox", "group/Ibis/01_inbox"]);
    make(place.root(), &["Stork/01_inbox"]);
    symlink(roots[0].join("Cursor-MM1"), place.root().join("handoffs/Shortcut")).unwrap();
    let found = place.baton(&["doctor", "--json"]).ended(1).json();
    let checks = found["checks"].as_array().unwrap();
    let named = |end: &str, check: &str| {
        let fits = |one: &&Value| one["check"] == check && one["where"].as_str().is_some_and(|at| at.ends_with(end));
        let one = checks.iter().find(fits).unwrap_or_else(|| panic!("{check} {end}: {found:#}"));
        (one["what"].as_str().unwrap().to_owned(), one["fix"].as_str().unwrap().to_owned())
    };
    for (inbox, fix) in [
        ("team/Heron/01_inbox", "under [agents.Heron] in baton.toml"),
        ("group/Ibis/01_inbox", "under [agents.Ibis] in baton.toml"),
        ("Stork/01_inbox", "under [agents.Stork] in baton.toml"),
        ("all/01_inbox", "with another name"),
        ("_archive/01_inbox", "with another name"),
    ] {
        let (what, said) = named(inbox, "inboxes");
        assert!(what.contains("Baton does not watch it") && said.contains(fix), "{inbox}: {what}; {said}");
    }
    let (_, renamed) = named("Egret/Inbox", "inboxes");
    assert!(renamed.starts_with("mv ") && renamed.ends_with("Egret/01_inbox"), "{renamed}");
    for link in ["latest", "Shortcut"] {
        let (what, fix) = named(link, "permissions");
        assert!(what.contains("symbolic link to an inbox of Cursor-MM1") && fix.starts_with("rm "), "{what}; {fix}");
    }
    let (what, fix) = named("Linked/01_inbox", "permissions");
    assert!(
        what.contains("symbolic link") && fix.contains("elsewhere/01_inbox\" under [agents.Linked]"),
        "{what}; {fix}"
    );
}
