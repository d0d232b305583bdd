//! Grants of folders: which folders may be granted, that a replaced folder is not used, and what `baton plugin grant` checks.

use std::fs;
use std::os::unix::fs::symlink;

use baton_tests::{Output, Workspace};
use serde_json::json;

const SECRET: &str = "a secret of somebody else";

/// A workspace with `hostile`, the folder `data/inner`, and beside `data` the folder `outside` with a secret.
fn workspace(grants: &str) -> Workspace {
    let workspace = Workspace::with_noop();
    for (file, text) in [("data/inner/secret.txt", "harmless"), ("outside/secret.txt", SECRET)] {
        let path = workspace.outside().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let grants = grants.replace("PLACE", &workspace.outside().display().to_string());
    workspace.install_fixture("hostile", &grants);
    workspace
}

/// The reason of a task that waits for a grant.
#[track_caller]
fn waits(workspace: &Workspace, title: &str, words: &[&str]) {
    let task = workspace.task(title);
    assert_eq!(task.state, "needs_grant", "{task:#?}");
    for word in words {
        assert!(task.reason.contains(word), "`{word}` is not in: {}", task.reason);
    }
    let why = workspace.baton(&["why", &task.id]).ended(0).stdout;
    assert!(why.contains("cannot be used"), "{why}");
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    assert_ne!(output.code, 0, "{output:?}");
    for word in words {
        assert!(output.stderr.contains(word), "`{word}` is not in: {}", output.stderr);
    }
}

#[test]
fn a_plugin_cannot_replace_its_inner_folder_by_one_outside() {
    let workspace = workspace(
        "files = [{ folder = \"plans\", mode = \"rw\", path = \"PLACE/data\" }, \
         { folder = \"root\", mode = \"ro\", path = \"PLACE/data/inner\" }]",
    );
    workspace.drop_action("hostile", "swap-inner");
    workspace.drop_action("hostile", "read-inner");
    workspace.up_once();
    for title in ["swap-inner", "read-inner"] {
        waits(&workspace, title, &["overlap", "data/inner", "baton plugin revoke hostile files:"]);
    }
    let checked = workspace.baton(&["doctor"]).stdout;
    assert!(checked.contains("overlap"), "{checked}");
}

#[test]
fn a_folder_inside_a_writable_folder_of_another_plugin_is_not_granted() {
    let workspace = workspace("files = [{ folder = \"plans\", mode = \"rw\", path = \"PLACE/data\" }]");
    let inner = workspace.outside().join("data/inner").display().to_string();
    workspace
        .install_fixture("holder", &format!("files = [{{ folder = \"music\", mode = \"rw\", path = \"{inner}\" }}]"));
    workspace.drop_action("holder", "hold");
    workspace.up_once();
    waits(&workspace, "hold", &["the plugin `hostile` may write", "baton plugin revoke hostile files:rw=plans="]);
    workspace.drop_action("hostile", "swap-inner");
    workspace.up_once();
    assert_eq!(workspace.task("swap-inner").state, "succeeded");
    // `inner` is a link now. Its target is not granted either.
    workspace.drop_action("holder", "where");
    workspace.up_once();
    waits(&workspace, "where", &["which was not granted", "baton plugin grant holder files:rw=music="]);
    // The order of the grants makes no difference: now `hostile` has its grant first.
    workspace.baton(&["plugin", "revoke", "holder"]).ended(0);
    fs::remove_file(workspace.outside().join("data/inner")).unwrap();
    fs::create_dir(workspace.outside().join("data/inner")).unwrap();
    let music = format!("files:rw=music={inner}");
    refused(&workspace.baton(&["plugin", "grant", "holder", &music]), &["may write", "revoke hostile"]);
    workspace.baton(&["plugin", "revoke", "hostile"]).ended(0);
    workspace.baton(&["plugin", "grant", "holder", &music]).ended(0);
    let outer = format!("files:rw=plans={}", workspace.outside().join("data").display());
    refused(&workspace.baton(&["plugin", "grant", "hostile", &outer]), &["`holder` could not run any more"]);
    let outer = outer.replace(":rw=", ":ro=");
    workspace.baton(&["plugin", "grant", "hostile", &outer]).ended(0);
    assert!(workspace.baton(&["doctor"]).stdout.contains("are sound"));
}

#[test]
fn a_replaced_folder_is_not_used_until_it_is_granted_again() {
    let workspace = workspace("files = [{ folder = \"root\", mode = \"ro\", path = \"PLACE/data/inner\" }]");
    let (inner, outside) = (workspace.outside().join("data/inner"), workspace.outside().join("outside"));
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "read-inner");
    assert!(workspace.wait_for_archive("read-inner").reason.contains("Read: harmless"));
    fs::rename(&inner, inner.with_file_name("moved")).unwrap();
    symlink(&outside, &inner).unwrap();
    workspace.drop_handoff_with("hostile", "Again", json!({ "action": "read-inner" }));
    let task = workspace.wait_for_state("Again", "needs_grant");
    assert!(task.reason.contains("baton plugin grant hostile files:ro=root="), "{}", task.reason);
    // The operator grants the present target of the link.
    let grant = format!("files:ro=root={}", inner.display());
    let said = workspace.baton(&["plugin", "grant", "hostile", &grant]).ended(0).stdout;
    assert!(said.contains(&format!("files:ro=root={}", outside.display())), "{said}");
    let task = workspace.wait_for_archive("Again");
    assert!(task.reason.contains(SECRET), "{}", task.reason);
    assert!(daemon.stop().success());
}

#[test]
fn no_writable_grant_contains_an_inbox_that_baton_toml_names_later() {
    let workspace = workspace("files = [{ folder = \"plans\", mode = \"rw\", path = \"PLACE/data\" }]");
    workspace.drop_action("hostile", "permanent");
    workspace.up_once();
    assert_eq!(workspace.task("permanent").state, "failed");
    let config = workspace.read("baton.toml");
    // The inbox is below the granted folder, or is that folder, directly or through a link.
    symlink(workspace.outside().join("data"), workspace.outside().join("link")).unwrap();
    for (number, inbox) in ["data/deep/Claude/01_inbox", "data", "link/01_inbox", "data/inner/in"].iter().enumerate() {
        let inbox = workspace.outside().join(inbox);
        fs::create_dir_all(&inbox).unwrap();
        workspace.write("baton.toml", format!("{config}\n[agents.Claude-X]\ninbox = \"{}\"\n", inbox.display()));
        let title = format!("Try {number}");
        workspace.drop_handoff("hostile", &title);
        workspace.up_once();
        waits(&workspace, &title, &["which belongs to the agent Claude-X", "send handoffs in any agent's name"]);
        assert!(workspace.baton(&["doctor"]).stdout.contains("Claude-X"));
    }
    // An adopted folder cannot be granted either, even if it is still empty.
    let adopted = workspace.outside().join("data");
    workspace.write("baton.toml", format!("adopted = [\"{}\"]\n{config}", adopted.display()));
    workspace.drop_handoff("hostile", "In an adopted folder");
    workspace.up_once();
    waits(&workspace, "In an adopted folder", &["adopted folder", "send handoffs in any agent's name"]);
    let inbox = workspace.outside().join("data/inner/in");
    workspace.write("baton.toml", format!("{config}\n[agents.Claude-X]\ninbox = \"{}\"\n", inbox.display()));
    let data = format!("files:rw=plans={}", inbox.display());
    refused(&workspace.baton(&["plugin", "grant", "hostile", &data]), &["belongs to the agent Claude-X"]);
}

#[test]
fn a_grant_is_checked_before_it_is_given() {
    let workspace = workspace("");
    let before = workspace.read("baton.lock");
    let grant = |words: &[&str]| workspace.baton(&[&["plugin", "grant", "hostile"], words].concat());
    let state = format!("files:ro=root={}", workspace.outside().join("state/baton").display());
    let file = format!("files:ro=root={}", workspace.root().join("baton.toml").display());
    let overlap = [
        format!("files:rw=plans={}", workspace.outside().join("data").display()),
        format!("files:ro=root={}", workspace.outside().join("data/inner").display()),
    ];
    for (words, expected) in [
        (vec!["files:ro=docs"], vec!["`docs`", "files:ro=NAME=PATH"]),
        (vec!["files:ro=root=missing"], vec!["there is no folder", "work/missing", "files:ro=root=PATH"]),
        (vec!["handoffs=any", "files:ro=root=missing"], vec!["there is no folder", "nothing was granted"]),
        (vec![file.as_str()], vec!["is not a folder"]),
        (vec![state.as_str()], vec!["state folder"]),
        (vec!["files:rw=plans=handoffs"], vec!["would let a plugin write to", "handoffs"]),
        (vec!["files:rw=plans=handoffs/noop"], vec!["would let a plugin write to", "handoffs"]),
        (overlap.iter().map(String::as_str).collect(), vec!["overlap"]),
        // The two folders that the manifest declares overlap, because the plans are below the root.
        (vec!["--all"], vec!["overlap"]),
    ] {
        refused(&grant(&words), &expected);
        assert_eq!(workspace.read("baton.lock"), before, "{words:?}");
    }
    fs::remove_dir(workspace.root().join("plans")).unwrap();
    refused(&grant(&["files:ro=plans"]), &["mkdir -p"]);
    fs::create_dir(workspace.root().join("plans")).unwrap();
    fs::create_dir(workspace.root().join("sub")).unwrap();
    for (word, said) in [
        ("files:rw=plans=./sub/", "files:rw=plans=sub".to_owned()),
        ("files:rw=plans=~/data", format!("files:rw=plans={}", workspace.outside().join("data").display())),
    ] {
        let output = grant(&[word]).ended(0).stdout;
        assert!(output.contains(&said), "{output}");
    }
}

#[test]
fn the_option_all_names_the_folders_that_need_a_path() {
    let workspace = Workspace::init();
    let before = workspace.read("baton.lock");
    refused(
        &workspace.baton(&["plugin", "grant", "spotify", "--all"]),
        &["no folder named `spotify`", "files:ro=spotify=PATH", "no folder named `exports`", "files:rw=exports=PATH"],
    );
    assert_eq!(workspace.read("baton.lock"), before);
}

/// These folders exist only on Linux.
#[cfg(target_os = "linux")]
#[test]
fn folders_such_as_proc_and_dev_are_not_granted() {
    let workspace = workspace("");
    let before = workspace.read("baton.lock");
    for folder in ["/proc/self", "/proc", "/sys", "/dev", "/dev/fd"] {
        let grant = format!("files:ro=root={folder}");
        let output = workspace.baton(&["plugin", "grant", "hostile", &grant]);
        refused(&output, &["virtual file system"]);
    }
    assert_eq!(workspace.read("baton.lock"), before);
    // Edits of `baton.lock` and `baton.toml` cannot grant them either.
    workspace.write(
        "baton.lock",
        before.clone() + "files = [{ folder = \"root\", mode = \"ro\", path = \"/proc/self\" }]\n",
    );
    workspace.drop_action("hostile", "read-inner");
    workspace.up_once();
    let task = workspace.task("read-inner");
    assert_eq!(task.state, "needs_grant", "{task:?}");
    workspace.write("baton.lock", before + "files = [{ folder = \"root\", mode = \"ro\" }]\n");
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config.replace("root = \".\"", "root = \"/sys/kernel\""));
    workspace.up_once();
    let task = workspace.task("read-inner");
    assert!(task.state == "needs_grant" && task.reason.contains("/sys"), "{task:?}");
}
