//! `baton init`: what it creates, what it does not change, and that its examples run.

use std::fs;

use baton_tests::{Output, Workspace};
use insta::assert_snapshot;

use super::fails;

#[test]
fn init_makes_a_workspace_and_prints_the_next_steps() {
    let place = Workspace::empty();
    let made = Output::of(place.command().args(["init", "work"])).ended(0);
    assert_snapshot!(made.stdout, @r#"
    work is a workspace now.

      baton -w work up          serve it (Ctrl-C ends)
      baton -w work agents      show the agents
      baton -w work run         list the plugins, to run one action now
      work/handoffs/examples/   handoffs to try: copy one into an agent's 01_inbox
      work/plans/               plans; Baton audits a plan automatically when it changes
    "#);
    assert_eq!(made.stderr, "");
    assert_eq!(place.list("."), ["baton.lock", "baton.toml", "handoffs", "plans", "reports"]);
    for agent in ["audit", "djay", "drive-sync", "music-files", "spotify", "Claude-MM1", "Cursor-MM1", "Codex-MM1"] {
        assert_eq!(place.list(&format!("handoffs/{agent}")), ["01_inbox", "02_processed", "03_failed"], "{agent}");
    }
    assert!(
        !place.list("handoffs").contains(&"notion".to_owned()),
        "it needs an account: plugin install shipped:notion"
    );
}

#[test]
fn init_refuses_a_folder_that_is_a_workspace() {
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml");
    fails(Output::of(workspace.command().arg("init").arg(workspace.root())), 2, &["is a workspace already"]);
    assert_eq!(workspace.read("baton.toml"), config);
}

#[test]
fn init_does_not_change_existing_files() {
    let place = Workspace::empty();
    place.write("plans/mine.md", "# Mine\n");
    place.write("handoffs/Claude-MM1/01_inbox/waiting.json", "{}");
    Output::of(place.command().args(["init", "work"])).ended(0);
    assert_eq!(place.read("plans/mine.md"), "# Mine\n");
    assert_eq!(place.inbox("Claude-MM1"), ["waiting.json"]);
}

#[test]
fn init_refuses_invalid_folders_with_the_reason() {
    let place = Workspace::empty();
    fs::write(place.outside().join("file"), "").unwrap();
    fails(Output::of(place.command().args(["init", "file/work"])), 2, &["file/work"]);
}
