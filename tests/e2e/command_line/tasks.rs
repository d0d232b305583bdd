//! `run`, `send`, `status`, `why` and `agents`: requests and their state.

use std::fs;

use baton_tests::Workspace;
use insta::assert_snapshot;
use serde_json::json;

use super::{fails, redact};

#[test]
fn run_runs_one_action_and_prints_the_outcome() {
    let workspace = Workspace::with_hostile();
    let run = workspace.baton(&["run", "noop", "noop"]).ended(0);
    assert_eq!((run.stdout.as_str(), run.stderr.trim()), ("", "succeeded: Did nothing."));
    let written = workspace.baton(&["run", "hostile", "emit-wrongly"]).ended(0);
    assert_eq!(written.stdout, "reports/emit-wrongly.txt\n");
    for (action, words) in [("trap", "failed: the plugin crashed"), ("retry", "dead: "), ("ask-human", "needs_human: ")]
    {
        fails(workspace.baton(&["run", "hostile", action]), 1, &[words]);
    }
    assert_eq!(workspace.task("hostile retry").attempts, 1, "a call by hand is not repeated");
    fails(workspace.baton(&["run", "noop", "dance"]), 2, &["`dance`", "it has: noop"]);
    fails(workspace.baton(&["run", "nobody", "dance"]), 2, &["`nobody`", "audit, noop, hostile"]);
    fails(workspace.baton(&["run", "noop", "noop", "--arg", "x"]), 2, &["name=value"]);
}

#[test]
fn status_why_and_agents_are_short_and_aligned() {
    let workspace = Workspace::with_noop();
    let empty = workspace.baton(&["status"]).ended(0);
    assert_eq!(empty.stdout, "");
    assert_snapshot!(empty.stderr, @"no tasks yet: drop a handoff into an inbox (handoffs/examples/ has some) and run `baton up`");
    workspace.drop_handoff("noop", "A first task");
    workspace.up_once();
    workspace.drop_handoff("Cursor-MM1", "A second task with a longer title");
    workspace.up_once();

    let status = workspace.baton(&["status"]).ended(0).stdout;
    assert_snapshot!(redact(&status), @r#"
    ID  STATE  AGENT  FROM  AGE  TITLE  REASON
    ID  delivered  Cursor-MM1  Claude-MM1  # s  A second task with a longer title
    ID  succeeded  noop  Claude-MM1  # s  A first task
    "#);
    let starts: Vec<_> =
        status.lines().map(|line| line.find("noop").or(line.find("AGENT")).or(line.find("Cursor"))).collect();
    assert!(starts.iter().all(|start| *start == starts[0]), "the columns are aligned:\n{status}");
    assert_eq!(workspace.baton(&["status", "-n", "1"]).ended(0).stdout.lines().count(), 2);
    assert_snapshot!(redact(&workspace.baton(&["why", "id-a-first-task"]).ended(0).stdout), @r#"
    ID  A first task
    Claude-MM1 → noop  succeeded
    handoffs/noop/02_processed/A-first-task.json

    TIME  BY  EVENT  STATE  WHY
    #-#-# #:#:#.#Z  Claude-MM1  captured  queued
    #-#-# #:#:#.#Z  +# ms  baton  started  running  attempt #
    #-#-# #:#:#.#Z  +# ms  noop  succeeded  succeeded  Did nothing.
    #-#-# #:#:#.#Z  +# ms  baton  returned  succeeded  handoffs/Claude-MM1/01_inbox/TIME__RETURN__A-first-task__ID__noop.json
    #-#-# #:#:#.#Z  +# ms  baton  archived  succeeded  handoffs/noop/02_processed/A-first-task.json
    "#);
    assert_snapshot!(workspace.baton(&["agents"]).ended(0).stdout, @r#"
    AGENT       KIND      OPEN  ACTIVITY  INBOX
    Claude-MM1  external  0     idle      handoffs/Claude-MM1/01_inbox
    Codex-MM1   external  0     idle      handoffs/Codex-MM1/01_inbox
    Cursor-MM1  external  1     idle      handoffs/Cursor-MM1/01_inbox
    audit       plugin    0     -         handoffs/audit/01_inbox
    noop        plugin    0     -         handoffs/noop/01_inbox
    "#);
}

#[test]
fn agents_as_json_has_a_stable_shape() {
    let agents = Workspace::init().baton(&["agents", "--json"]).ended(0).json();
    assert_eq!(agents["schema"], json!(1));
    let audit = json!({ "name": "audit", "kind": "plugin", "open": 0, "inbox": "handoffs/audit/01_inbox", "also": [],
        "schedules": [], "command": null, "activity": null, "quarantine": null });
    assert!(agents["agents"].as_array().unwrap().contains(&audit), "{agents:#}");
}

#[test]
fn send_prints_the_id_and_names_the_file_that_it_wrote() {
    let workspace = Workspace::init();
    let from = ["send", "--from", "Claude-MM1", "--title", "Review it"];
    let sent = workspace.baton(&[from.as_slice(), &["--to", "Cursor MM1 Agent"]].concat()).ended(0);
    assert_snapshot!(redact(&sent.stdout), @"h-ID");
    assert_snapshot!(redact(&sent.stderr), @"wrote work/handoffs/Cursor-MM1/01_inbox/TIME__HANDOFF__Review-it__ID__Cursor-MM1.json");
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 1);
    fails(workspace.baton(&[from.as_slice(), &["--to", "nobody"]].concat()), 2, &["`nobody`", "Cursor-MM1"]);
    fails(
        workspace.baton(&[from.as_slice(), &["--to", "audit", "--priority", "soon"]].concat()),
        2,
        &["soon", "critical"],
    );
    fails(workspace.baton(&[from.as_slice(), &["--to", "audit", "--body", "no.md"]].concat()), 2, &["no.md"]);
    let empty = ["send", "--from", "a", "--to", "audit", "--title", " "];
    fails(workspace.baton(&empty), 2, &["title"]);
    let stranger = workspace.baton(&["send", "--from", "Stranger", "--to", "audit", "--title", "x"]).ended(0);
    assert!(stranger.stderr.contains("_unrouted"), "{}", stranger.stderr);
}

#[test]
fn send_takes_the_body_from_a_file() {
    let workspace = Workspace::init();
    fs::write(workspace.outside().join("body.md"), "Please *look*.\n").unwrap();
    let args = [
        "send",
        "--from",
        "Claude-MM1",
        "--to",
        "Cursor-MM1",
        "--title",
        "t",
        "--body",
        "body.md",
        "--priority",
        "high",
    ];
    workspace.baton(&args).ended(0);
    let name = &workspace.inbox("Cursor-MM1")[0];
    let written = workspace.read(&format!("handoffs/Cursor-MM1/01_inbox/{name}"));
    assert!(written.contains("Please *look*.") && written.to_lowercase().contains("\"high\""), "{written}");
}

#[test]
fn why_refuses_a_prefix_of_several_ids() {
    let workspace = Workspace::with_noop();
    for number in 0..40 {
        workspace.drop_handoff("noop", &format!("Job {number}"));
    }
    workspace.up_once();
    // Of forty ids at least two begin with the same digit, but hardly any two with the same eight digits.
    let ids: Vec<_> = workspace.status().into_iter().map(|task| task.id).collect();
    let shared = (0..40).flat_map(|a| (0..a).map(move |b| (a, b))).find(|(a, b)| ids[*a][..2] == ids[*b][..2]);
    if let Some((a, _)) = shared {
        fails(workspace.baton(&["why", &ids[a][..2]]), 2, &[&ids[a][..2]]);
    }
    assert_eq!(workspace.why(&ids[7]).id, ids[7]);
}
