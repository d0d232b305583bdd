//! Plugins that misbehave, and plugins that cannot be loaded: their tasks end in the right state with a clear reason and within the
//! limits, and other agents are not affected.

use std::fs;
use std::os::unix::fs::symlink;

use baton_tests::{Output, Workspace, fixture, handoff_with, text};
use serde_json::json;

/// Each action that misbehaves, with the resulting state and words of the reason.
const MISDEEDS: [(&str, &str, &[&str]); 13] = [
    ("trap", "failed", &["crashed", "fault of the plugin `hostile`"]),
    ("spin", "failed", &["limit of time", "of 10000"]),
    ("doze", "failed", &["limit of time", "of 10000"]),
    ("eat-memory", "failed", &["limit of memory", "of 67108864"]),
    ("chatter", "succeeded", &["Said a lot"]),
    ("big-result", "failed", &["limit of output", "of 16777216"]),
    ("huge-result", "failed", &["hostile"]),
    ("bad-artifact-name", "failed", &["\"../x\"", "a unique file name without a folder"]),
    ("hidden-artifact-name", "failed", &["a unique file name without a folder"]),
    ("retry", "dead", &["the service is down", "after 3 attempts"]),
    ("permanent", "failed", &["never does what it is asked"]),
    ("ask-human", "needs_human", &["say which one counts"]),
    ("ask-grant", "needs_grant", &["grant the folder `music`"]),
];

#[test]
fn every_misbehaviour_ends_in_its_state_and_affects_no_other_task() {
    let workspace = Workspace::with_hostile();
    for (action, ..) in MISDEEDS {
        workspace.drop_action("hostile", action);
    }
    workspace.drop_handoff("noop", "Undisturbed");
    let run = workspace.up_once();
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");
    for (action, state, words) in MISDEEDS {
        let task = workspace.task(action);
        assert_eq!((task.state.as_str(), action), (state, action), "{}", task.reason);
        for word in words {
            assert!(task.reason.contains(word), "{action}: `{word}` in: {}", task.reason);
        }
        assert!(task.reason.len() < 600, "{action}: {}", task.reason);
        let answers = workspace.returns_for("Claude-MM1", &format!("id-{action}"));
        assert_eq!(
            answers.len(),
            usize::from(task.is_final()),
            "{action}: one RETURN when the task has ended, none before"
        );
        assert!(answers.iter().all(|answer| answer["status_update"] == *state), "{action}");
        let waits = workspace.inbox("hostile").contains(&format!("{action}.json"));
        assert_eq!(waits, !task.is_final(), "{action}: the file of an unfinished task is in the inbox");
    }
    assert_eq!(workspace.task("retry").attempts, 3);
    assert!(workspace.list("reports").is_empty(), "{:?}", workspace.list("reports"));
    assert!(!workspace.root().join("x").exists());
    assert!(run.stderr.len() < 300_000, "10 MB of log lines are cut: {}", run.stderr.len());
}

#[test]
fn a_plugin_in_an_endless_loop_delays_no_other_agent() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "spin");
    workspace.wait_for_state("spin", "running");
    workspace.drop_handoff("noop", "Meanwhile");
    workspace.wait_for_archive("Meanwhile");
    let ended = workspace.wait_for_archive("spin");
    assert_eq!(ended.state, "failed");
    assert!(workspace.task("Meanwhile").archived_at.unwrap() < ended.archived_at.unwrap());
    assert!(daemon.stop().success());
}

#[test]
fn a_plugin_cannot_leave_a_granted_folder() {
    let workspace = Workspace::with_hostile();
    fs::write(workspace.outside().join("secret.json"), "outside").unwrap();
    workspace.write("tree/secret.txt", "inside");
    workspace.write("plans/own.txt", "its own");
    workspace.write("plans/sub/x.txt", "its own");
    let (tree, plans) = (workspace.root().join("tree"), workspace.root().join("plans"));
    symlink(workspace.outside().join("secret.json"), tree.join("link-to-file")).unwrap();
    symlink("/etc", tree.join("link-to-folder")).unwrap();
    symlink("/proc/self", tree.join("link-to-proc")).unwrap();
    for folder in [&tree, &plans] {
        fs::hard_link(workspace.outside().join("secret.json"), folder.join("hard-outside")).unwrap();
    }
    symlink("../baton.toml", plans.join("link-relative")).unwrap();
    let config = workspace.read("baton.toml");
    workspace.drop_action("hostile", "escape");
    workspace.up_once();

    let task = workspace.task("escape");
    let report = workspace.read("reports/escape.txt");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert!(workspace.why(&task.id).findings.is_empty() && !report.contains("OPEN"), "{report}");
    assert_eq!(report.matches("refused: ").count(), 26, "{report}");
    assert!(report.contains("allowed: Ok"), "{report}");
    assert!(workspace.outside().join("secret.json").is_file());
    assert_eq!(workspace.read("tree/secret.txt"), "inside");
    assert_eq!(workspace.read("baton.toml"), config);
    assert_eq!(
        workspace.list("tree"),
        ["a.py", "hard-outside", "link-to-file", "link-to-folder", "link-to-proc", "secret.txt"]
    );
    assert_eq!(fs::read_to_string(workspace.outside().join("secret.json")).unwrap(), "outside");
}

#[test]
fn a_plugin_that_opens_a_pipe_blocks_neither_the_work_nor_the_exit_of_the_daemon() {
    let workspace = Workspace::with_hostile();
    let pipe = workspace.root().join("plans/pipe.md");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    workspace.drop_action("hostile", "open-pipe");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    let task = workspace.task("open-pipe");
    assert_eq!(task.state, "failed", "{}", task.reason);
    assert!(task.reason.contains("the pipe did not open"), "{}", task.reason);
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");
}

#[test]
fn handoffs_that_a_plugin_sends_are_processed() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "emit");
    workspace.drop_action("hostile", "emit-then-fail");
    workspace.up_once();
    assert_eq!(workspace.task("emit").state, "succeeded", "{}", workspace.task("emit").reason);
    let done = workspace.task("Look at one");
    assert_eq!(
        (done.state.as_str(), done.agent.as_str(), done.from.as_deref()),
        ("succeeded", "noop", Some("hostile"))
    );
    let delivered = workspace.task("Look at two");
    assert_eq!((delivered.state.as_str(), delivered.agent.as_str()), ("delivered", "Cursor-MM1"));
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 1, "the same key is the same request");
    assert!(workspace.tasks("Look at three").is_empty(), "a task that fails sends nothing");
    assert!(workspace.why(&workspace.task("emit").id).actions().contains(&"handed_off"));
}

#[test]
fn handoffs_that_break_a_rule_are_refused_one_by_one() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "emit-wrongly");
    workspace.up_once();
    let said = workspace.read("reports/emit-wrongly.txt");
    for line in [
        "unknown agent: unknown agent: there is no agent `nobody`",
        "path as agent: unknown agent",
        "two lines: invalid",
        "no object: invalid",
        "too large: invalid",
        "no key: invalid",
        "accepted of 150: 100",
    ] {
        assert!(said.contains(line), "`{line}` in:\n{said}");
    }
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 100);
}

#[test]
fn without_the_grant_no_handoff_is_sent_and_the_command_is_named() {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("hostile", "handoffs = false");
    workspace.drop_action("hostile", "emit");
    workspace.up_once();
    let task = workspace.task("emit");
    assert_eq!(task.state, "needs_grant");
    assert!(task.reason.contains("`baton plugin grant hostile handoffs=noop`"), "{}", task.reason);
    assert!(workspace.inbox("Cursor-MM1").is_empty());

    workspace.baton(&["plugin", "grant", "hostile", "handoffs=any"]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("emit").state, "succeeded", "the task continues after the grant");
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 1);
}

#[test]
fn handoffs_go_only_to_the_agents_that_the_grant_names() {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("hostile", "handoffs = [\"Cursor MM1 Agent\"]");
    let shown = workspace.baton(&["plugin", "grants", "hostile"]).ended(0).stdout;
    assert!(shown.contains("handoffs=any") && shown.contains("handoffs=Cursor MM1 Agent"), "{shown}");
    workspace.drop_action("hostile", "emit");
    workspace.up_once();
    let task = workspace.task("emit");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("may not send handoffs to noop"), "{}", task.reason);
    let command = "`baton plugin grant hostile 'handoffs=Cursor MM1 Agent,noop'`";
    assert!(task.reason.contains(command), "{}", task.reason);
    assert!(workspace.inbox("Cursor-MM1").is_empty() && workspace.tasks("Look at one").is_empty());

    workspace.baton(&["plugin", "grant", "hostile", "handoffs=Cursor MM1 Agent,noop"]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("emit").state, "succeeded", "the task continues after the grant");
    assert_eq!((workspace.inbox("Cursor-MM1").len(), workspace.task("Look at one").agent), (1, "noop".to_owned()));

    workspace.baton(&["plugin", "revoke", "hostile", "handoffs=noop"]).ended(0);
    let left = workspace.baton(&["plugin", "grants", "hostile", "--json"]).ended(0).json();
    assert!(left["granted"].to_string().contains("\"handoffs=Cursor MM1 Agent\""), "{left}");
}

#[test]
fn a_grant_of_handoffs_names_the_recipients() {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("hostile", "handoffs = true");
    let old = workspace.baton(&["plugin", "grants", "hostile", "--json"]).ended(0).json();
    assert!(old["granted"].to_string().contains("\"handoffs=any\""), "the form before recipients were named: {old}");
    let refused = |word: &str| workspace.baton(&["plugin", "grant", "hostile", word]).ended(2).stderr;
    for word in ["handoffs", "handoffs="] {
        assert!(refused(word).contains("handoffs=AGENT[,AGENT], or handoffs=any"), "{}", refused(word));
    }
    assert!(refused("handoffs=Cursor-MM").contains("Cursor-MM1"), "{}", refused("handoffs=Cursor-MM"));
    let package = baton_tests::fixture("hostile").display().to_string();
    let inspected = workspace.baton(&["plugin", "inspect", &package]).ended(0).stdout;
    assert!(inspected.contains("handoffs=any"), "{inspected}");
}

#[test]
fn a_plugin_without_a_grant_for_its_folder_waits_and_continues_when_it_has_it() {
    let workspace = Workspace::init();
    workspace.write("plans/A_PLAN.md", "# Plan\n\n- `src/a.py`\n");
    let granted = workspace.read("baton.lock");
    let denied = granted.split("[[plugin.grants.files]]").next().unwrap().to_owned();
    workspace.write("baton.lock", denied);
    workspace.drop_file("audit", "ask.json", text(&handoff_with("audit", "Audit", json!({ "action": "audit" }))));
    workspace.up_once();
    let task = workspace.task("Audit");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton plugin grant audit files:ro=plans files:ro=root "), "{}", task.reason);
    assert_eq!(workspace.inbox("audit"), ["ask.json"]);
    assert!(workspace.returns("Claude-MM1").is_empty());

    workspace.write("baton.lock", granted);
    workspace.up_once();
    assert_eq!(workspace.task("Audit").state, "succeeded");
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

/// Makes the plugin `noop` unusable with `spoil`, drops a handoff for it and one for the audit, and asserts that the first waits with
/// a reason that contains `words` while the second is done. Then installs the real plugin and asserts that the work continues.
#[track_caller]
fn waits_for_a_usable_plugin(spoil: impl FnOnce(&Workspace), words: &[&str]) {
    let workspace = Workspace::init();
    spoil(&workspace);
    workspace.drop_handoff("noop", "Wait for it");
    let audit = handoff_with("audit", "Audit meanwhile", json!({ "action": "audit" }));
    workspace.drop_file("audit", "ask.json", text(&audit));
    workspace.write("plans/A_PLAN.md", "# Plan\n\n- `src/a.py`\n");
    let run = workspace.up_once();
    let task = workspace.task("Wait for it");
    assert_eq!(task.state, "needs_grant", "{task:#?}");
    for word in words {
        assert!(task.reason.contains(word), "`{word}` in: {}", task.reason);
    }
    assert!(run.stderr.contains("noop"), "the log names the plugin: {}", run.stderr);
    assert_eq!(workspace.inbox("noop"), ["Wait-for-it.json"]);
    assert!(workspace.returns("Claude-MM1").len() == 1, "only the audit is answered");
    assert_eq!(workspace.task("Audit meanwhile").state, "succeeded");

    let lock = workspace.read("baton.lock");
    workspace.write("baton.lock", lock.split("\n[[plugin]]\nname = \"noop\"").next().unwrap());
    workspace.install_fixture("noop", "");
    workspace.up_once();
    assert_eq!(workspace.task("Wait for it").state, "succeeded");
}

#[test]
fn a_plugin_that_was_changed_after_it_was_pinned_does_not_run() {
    let change = |workspace: &Workspace| {
        workspace.install_fixture("noop", "");
        let mut bytes = workspace.read_bytes("plugins/noop.wasm");
        bytes.extend_from_slice(b"\0\x02\x01x");
        workspace.write("plugins/noop.wasm", bytes);
    };
    waits_for_a_usable_plugin(change, &["plugins/noop.wasm", "digest", "baton.lock"]);
}

#[test]
fn a_truncated_component_does_not_run() {
    let component = fs::read(fixture("noop")).unwrap();
    let half = component[..component.len() / 2].to_vec();
    waits_for_a_usable_plugin(
        |workspace| workspace.install("noop", &half, ""),
        &["noop", "not a WebAssembly component"],
    );
}

#[test]
fn a_core_module_does_not_run() {
    let module = b"\0asm\x01\0\0\0";
    waits_for_a_usable_plugin(|workspace| workspace.install("noop", module, ""), &["core module", "wasm32-wasip2"]);
}

#[test]
fn a_plugin_under_another_name_does_not_run() {
    let other = fs::read(fixture("hostile")).unwrap();
    waits_for_a_usable_plugin(
        |workspace| workspace.install("noop", &other, ""),
        &["`noop`", "`hostile`", "baton.lock"],
    );
}

#[test]
fn a_missing_plugin_file_is_named() {
    let remove = |workspace: &Workspace| {
        workspace.install_fixture("noop", "");
        fs::remove_file(workspace.root().join("plugins/noop.wasm")).unwrap();
    };
    waits_for_a_usable_plugin(remove, &["plugins/noop.wasm"]);
}

#[test]
fn a_writable_grant_over_files_that_control_grants_is_refused() {
    let grant = |workspace: &Workspace| {
        workspace.write("baton.toml", "[plans]\ndirs = [\".\"]\n");
        workspace.install(
            "hostile",
            &fs::read(fixture("hostile")).unwrap(),
            "files = [{ folder = \"plans\", mode = \"rw\" }]",
        );
    };
    let workspace = Workspace::with_noop();
    grant(&workspace);
    workspace.drop_action("hostile", "escape");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    let task = workspace.task("escape");
    assert_eq!(task.state, "needs_grant", "{task:#?}");
    assert!(task.reason.contains("would let a plugin write"), "{}", task.reason);
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");
}

/// The pool reserves more than 100 GiB of address space. In this test, the process may use only 4 GiB.
#[test]
fn without_memory_for_the_pool_plugins_still_run_and_the_log_reports_it() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "In a small house");
    let baton = workspace.command();
    let mut shell = workspace.command_of("sh");
    shell.args(["-c", "ulimit -v 4000000 && exec \"$@\"", "sh"]).arg(baton.get_program());
    let run = baton_tests::Output::of(shell.arg("-w").arg(workspace.root()).args(["up", "--once"])).ended(0);
    assert!(run.stderr.contains("not enough address space for the memory pool"), "{}", run.stderr);
    assert_eq!(workspace.task("In a small house").state, "succeeded");
}

/// A plugin with write access to the folder of deliveries could create folders with the names of temporary files.
#[test]
fn folders_with_the_names_of_temporary_files_block_no_delivery() {
    let workspace = Workspace::with_noop();
    for number in 1..=40 {
        for folder in ["reports", "handoffs/noop/02_processed", "handoffs/Claude-MM1/01_inbox"] {
            workspace.write(&format!("{folder}/.baton-{number}.tmp/theirs"), "kept");
        }
    }
    workspace.write("plans/plan.md", "# Plan\n\n- [x] `tree/a.py` prints\n");
    workspace.drop_action("audit", "audit");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    assert!(workspace.task("audit").archived_at.is_some(), "{:#?}", workspace.task("audit"));
    assert!(workspace.task("Undisturbed").archived_at.is_some());
    assert!(workspace.list("reports").iter().any(|name| name.ends_with(".md")));
}

/// A plugin that may write to `reports/` can make a link or a file at the path of the temporary copy.
#[test]
fn the_latest_copy_of_a_report_follows_no_link_and_is_not_blocked() {
    let workspace = Workspace::init();
    workspace.write("plans/a.md", "# A\n\n## Deliverables\n\n- `a.py`\n");
    workspace.write("victim", "theirs");
    workspace.write("reports/X_REPORT_99991231_235959.md", "forged");
    workspace.drop_action("audit", "audit");
    // `exec` keeps the id of the process, which is in the name of the temporary file.
    let script = "ln -s ../victim reports/.baton-latest.$$.tmp && exec \"$0\" up --once";
    let mut up = workspace.command_of("sh");
    up.current_dir(workspace.root()).args(["-c", script]).arg(workspace.command().get_program());
    Output::of(&mut up).ended(0);
    assert_eq!(workspace.read("victim"), "theirs");
    assert!(workspace.read("reports/latest.md").contains("a.py"));
}
