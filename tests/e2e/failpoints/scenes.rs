//! The scenes: work, and the failpoints that it passes.

use std::fs;
use std::thread::sleep;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Expectations, Output, Workspace, answer, handoff, handoff_with, text};
use serde_json::{Value, json};

use super::{A_MOMENT, daemon_dies};

/// Failpoints, each with the numbers of the hits at which it kills the process.
type FailpointHits = &'static [(&'static str, &'static [u32])];

/// Work that passes failpoints.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) points: FailpointHits,
    /// A further failpoint that is set, which changes the code path.
    pub(super) way: &'static str,
    pub(super) workspace: fn() -> (Workspace, Expectations),
    /// Adds the work.
    pub(super) before: fn(&Workspace, &mut Expectations),
    /// Runs the process that dies, with these failpoints.
    pub(super) die: fn(&Workspace, &str, &str),
    /// The action of the operator after the kill.
    pub(super) after: fn(&Workspace),
}

const PLAIN: Scenario = Scenario {
    name: "",
    points: &[],
    way: "",
    workspace: || (Workspace::with_noop(), Expectations::default()),
    before: three_requests,
    die: daemon_dies,
    after: |_| {},
};

const HOSTILE: Scenario = Scenario { workspace: || (Workspace::with_hostile(), Expectations::default()), ..PLAIN };

pub(super) const SCENES: [Scenario; 24] = [
    Scenario {
        name: "taking_in",
        points: &[
            ("owner_file.written", &[1, 2]),
            ("recover.committed", &[1]),
            ("capture.before_read", &[1, 3]),
            ("capture.read", &[1, 2]),
            ("capture.inserted", &[1, 3]),
            ("capture.committed", &[1, 2]),
        ],
        ..PLAIN
    },
    Scenario {
        name: "committing",
        points: &[
            ("ledger.before_commit", &[1, 2, 3, 5, 7]),
            ("ledger.committed", &[1, 3, 4, 6]),
            ("ledger.answered", &[1, 4, 7]),
        ],
        ..PLAIN
    },
    Scenario {
        name: "working",
        points: &[
            ("work.before_lease", &[1]),
            ("work.started", &[1, 2]),
            ("work.leased", &[1]),
            ("work.before_run", &[1, 3]),
            ("work.attempted", &[1, 2]),
            ("work.before_settle", &[1]),
            ("settle.begun", &[1, 2]),
            ("settle.written", &[1, 3]),
            ("work.settled", &[1]),
        ],
        ..PLAIN
    },
    Scenario {
        name: "writing_answers",
        points: &[
            ("delivery.loaded", &[1]),
            ("deliver.created", &[1, 2]),
            ("deliver.written", &[1, 3]),
            ("delivery.temporary", &[1, 2, 4]),
            ("delivery.temporaries_written", &[1]),
            ("delivery.before_staged", &[1]),
            ("delivery.staged", &[1]),
        ],
        before: an_audit_and_two_requests,
        ..PLAIN
    },
    Scenario {
        name: "placing_answers",
        points: &[
            ("delivery.before_rename", &[1, 2, 4]),
            ("delivery.renamed", &[1, 3, 5]),
            ("delivery.renames_made", &[1]),
            ("delivery.published", &[1]),
        ],
        before: an_audit_and_two_requests,
        ..PLAIN
    },
    Scenario {
        name: "archiving",
        points: &[
            ("delivery.before_move", &[1, 3]),
            ("delivery.moved", &[1, 2, 3]),
            ("delivery.moves_made", &[1]),
            ("delivery.before_done", &[1]),
            ("delivery.done_written", &[1, 2, 4]),
            ("delivery.done", &[1]),
        ],
        ..PLAIN
    },
    Scenario {
        name: "archiving_to_another_disk",
        points: &[
            ("archive.copy_begun", &[1, 2]),
            ("archive.copied", &[1, 2]),
            ("archive.copy_renamed", &[1, 2]),
            ("archive.copy_synced", &[1, 3]),
            ("archive.source_removed", &[1, 2]),
        ],
        way: "archive.copy_instead=return;",
        ..PLAIN
    },
    Scenario {
        name: "renaming_without_the_kernels_help",
        points: &[("rename.linked", &[1, 2, 4, 6])],
        way: "rename.link_instead=return;",
        ..PLAIN
    },
    Scenario {
        name: "dropping_for_one",
        points: &[("route.added", &[1, 2]), ("delivery.arrived", &[1, 2]), ("delivery.moved", &[1, 2, 3])],
        before: into_the_drop_box,
        ..PLAIN
    },
    Scenario {
        name: "dropping_for_all",
        points: &[
            ("broadcast.copy_added", &[1, 3]),
            ("broadcast.committed", &[1]),
            ("delivery.temporary", &[2]),
            ("delivery.renamed", &[1, 3]),
            ("delivery.arrived", &[1, 3]),
            ("delivery.moved", &[1]),
        ],
        before: a_broadcast,
        ..PLAIN
    },
    Scenario {
        name: "answering",
        points: &[("return.request_closed", &[1]), ("capture.committed", &[1]), ("delivery.moved", &[1])],
        before: an_answered_request,
        ..PLAIN
    },
    Scenario {
        name: "refusing",
        points: &[("refuse.reason_added", &[1, 2]), ("delivery.renamed", &[1, 2]), ("delivery.moved", &[1, 2])],
        before: garbage_and_a_request_for_nobody,
        ..PLAIN
    },
    Scenario {
        name: "sending_on",
        points: &[("settle.written", &[1, 2]), ("delivery.temporary", &[1, 2]), ("delivery.renamed", &[1, 2, 3, 4])],
        before: a_request_that_sends_two,
        ..HOSTILE
    },
    Scenario {
        name: "taking_back",
        points: &[
            ("request.withdrawn", &[1]),
            ("settle.written", &[1]),
            ("work.settled", &[1]),
            ("delivery.before_move", &[1, 2]),
            ("delivery.moved", &[1, 2]),
            ("delivery.done_written", &[1, 2, 3]),
        ],
        workspace: || (Workspace::with_post("handoffs = true"), Expectations::default()),
        before: a_request_that_is_withdrawn,
        after: |workspace| {
            workspace.up_once();
            let request = workspace.task("Look at k");
            assert_eq!((request.state.as_str(), request.reason.as_str()), ("cancelled", "It is there."));
            assert_eq!((workspace.inbox("Codex-MM1").len(), workspace.processed("Codex-MM1").len()), (0, 1));
        },
        ..PLAIN
    },
    Scenario {
        name: "triggering",
        points: &[("trigger.compared", &[1]), ("trigger.task_added", &[1]), ("trigger.committed", &[1])],
        before: |workspace, _| workspace.write("plans/PLAN.md", "# Plan\n\n- `src/a.py`\n"),
        after: |workspace| {
            workspace.up_once();
            assert_eq!(workspace.tasks_of("audit").len(), 1, "a plan is audited once");
            let reports = workspace.list("reports");
            let audits = reports.iter().filter(|name| name.starts_with("PLANS_AUDIT_REPORT_"));
            assert_eq!(audits.count(), 3);
        },
        ..PLAIN
    },
    Scenario {
        name: "hearing",
        points: &[("trigger.scanned", &[1])],
        before: |workspace, _| {
            let folder = workspace.outside().canonicalize().unwrap().join("incoming");
            write_wav(&folder.join("new.wav"), &tune(1, 4));
            let config = workspace.read("baton.toml");
            workspace.write("baton.toml", format!("{config}\n[[audio]]\nfolder = {folder:?}\n"));
        },
        after: |workspace| {
            workspace.up_once();
            assert_eq!(workspace.tasks_of("baton").len(), 1, "a piece is reported once");
        },
        ..PLAIN
    },
    Scenario {
        name: "withdrawing",
        points: &[("missing_file.leased", &[1]), ("missing_file.settled", &[1])],
        before: a_request_whose_file_is_removed,
        ..HOSTILE
    },
    Scenario {
        name: "cancelling",
        points: &[("cancel.leased", &[1]), ("cancel.settled", &[1])],
        before: |workspace, book| a_question(workspace, book, 1),
        die: |workspace, failpoints, when| command_dies(workspace, "cancel", failpoints, when),
        after: cancel_for_good,
        ..HOSTILE
    },
    Scenario {
        name: "retrying",
        points: &[("retry.dropped", &[1])],
        before: |workspace, book| {
            book.file(&workspace.drop_action("hostile", "permanent"), 2);
            book.asks("Claude-MM1", "id-permanent", 2);
            workspace.up_once();
        },
        die: |workspace, failpoints, when| command_dies(workspace, "retry", failpoints, when),
        ..HOSTILE
    },
    Scenario {
        name: "resuming",
        points: &[("retry.resumed", &[1])],
        before: |workspace, book| a_question(workspace, book, 1),
        die: |workspace, failpoints, when| command_dies(workspace, "retry", failpoints, when),
        after: cancel_for_good,
        ..HOSTILE
    },
    Scenario {
        name: "recovering",
        points: &[("recover.interrupted", &[1]), ("recover.committed", &[1])],
        before: |workspace, book| {
            book.file(&workspace.drop_action("hostile", "slow"), 1);
            book.asks("Claude-MM1", "id-slow", 1);
            let daemon = workspace.up();
            workspace.wait_for_state("slow", "running");
            daemon.kill();
        },
        ..HOSTILE
    },
    Scenario {
        name: "waiting_for_a_retry",
        points: &[("recover.due", &[1])],
        before: |workspace, book| {
            book.file(&workspace.drop_action("hostile", "retry"), 1);
            book.asks("Claude-MM1", "id-retry", 1);
            let daemon = workspace.up();
            workspace.wait_for_state("retry", "waiting");
            daemon.kill();
        },
        after: |workspace| {
            sleep(A_MOMENT);
            workspace.up_once();
            assert_eq!(workspace.failed("hostile").len(), 1);
        },
        ..HOSTILE
    },
    Scenario {
        name: "reminding",
        points: &[("escalation.notice_added", &[1]), ("escalation.committed", &[1]), ("delivery.renamed", &[1, 2])],
        before: |workspace, book| {
            book.file(&workspace.drop_handoff("Codex-MM1", "Write it"), 1);
            workspace.up_once();
            escalation_policy(workspace, "remind_after = \"0s\"\nescalate_after = \"0s\"");
        },
        after: |workspace| {
            workspace.settle("");
            let notices = |agent: &str, kind: &str| workspace.inbox(agent).iter().filter(|n| n.contains(kind)).count();
            assert_eq!((notices("Codex-MM1", "REMINDER"), notices("Claude-MM1", "ESCALATION")), (1, 1));
        },
        ..PLAIN
    },
    Scenario {
        name: "giving_up",
        points: &[("escalation.stale_leased", &[1]), ("escalation.stale_settled", &[1]), ("delivery.moved", &[1])],
        before: |workspace, book| {
            book.file(&workspace.drop_handoff("Codex-MM1", "Write it"), 1);
            workspace.up_once();
            escalation_policy(workspace, "archive_after = \"0s\"");
            book.asks("Claude-MM1", "id-write-it", 1);
        },
        ..PLAIN
    },
];

fn request(workspace: &Workspace, book: &mut Expectations, title: &str) {
    let bytes = workspace.drop_handoff("noop", title);
    book.file(&bytes, 1);
    book.asks("Claude-MM1", handoff("noop", title)["handoff_id"].as_str().unwrap(), 1);
}

fn three_requests(workspace: &Workspace, book: &mut Expectations) {
    for title in ["One", "Two", "Three"] {
        request(workspace, book, title);
    }
}

fn an_audit_and_two_requests(workspace: &Workspace, book: &mut Expectations) {
    workspace.write("plans/PLAN.md", "# Plan\n\n- `src/a.py`\n");
    let asked = handoff_with("audit", "Audit", json!({ "action": "audit" }));
    workspace.drop_file("audit", "audit.json", text(&asked));
    book.file(&text(&asked), 1);
    book.asks("Claude-MM1", "id-audit", 1);
    request(workspace, book, "One");
    request(workspace, book, "Two");
}

/// Drops a file into the central drop box.
fn drop_central(workspace: &Workspace, name: &str, value: &Value) -> Vec<u8> {
    workspace.write(&format!("handoffs/01_inbox/{name}"), text(value));
    text(value)
}

fn into_the_drop_box(workspace: &Workspace, book: &mut Expectations) {
    for (agent, title, returns) in [("noop", "One", 1), ("Codex-MM1", "Two", 0), ("noop", "Three", 1)] {
        let value = handoff(agent, title);
        book.file(&drop_central(workspace, &format!("{title}.json"), &value), 1);
        book.asks("Claude-MM1", value["handoff_id"].as_str().unwrap(), returns);
    }
}

/// Drops a broadcast. In the end, its bytes are in four places: in the archive, with two external agents, and with the plugin
/// that has the action.
fn a_broadcast(workspace: &Workspace, book: &mut Expectations) {
    let value = handoff_with("all", "To all", json!({ "action": "noop" }));
    book.file(&drop_central(workspace, "all.json", &value), 4);
    book.asks("Claude-MM1", "id-to-all", 1);
}

fn an_answered_request(workspace: &Workspace, book: &mut Expectations) {
    book.file(&workspace.drop_handoff("Codex-MM1", "Write it"), 1);
    workspace.up_once();
    let answer = text(&answer("Codex-MM1", "id-write-it"));
    workspace.drop_file("Claude-MM1", "answer.json", &answer);
    book.file(&answer, 1);
    book.asks("Claude-MM1", "id-write-it", 1);
}

fn garbage_and_a_request_for_nobody(workspace: &Workspace, book: &mut Expectations) {
    workspace.drop_file("noop", "garbage.json", "no handoff");
    book.file(b"no handoff", 1);
    let value = handoff("Nobody-MM9", "Lost");
    book.file(&drop_central(workspace, "lost.json", &value), 1);
    book.asks("Claude-MM1", "id-lost", 1);
}

fn a_request_that_sends_two(workspace: &Workspace, book: &mut Expectations) {
    book.file(&workspace.drop_action("hostile", "emit"), 1);
    book.asks("Claude-MM1", "id-emit", 1);
    // `noop` sends `hostile` a RETURN.
    book.asks_among_plugins(1);
}

/// Makes the plugin `post` send a request and withdraw it. The file of the request is always in exactly one place, and nobody
/// gets a RETURN for it.
fn a_request_that_is_withdrawn(workspace: &Workspace, book: &mut Expectations) {
    let mut ask = |title: &str, line: &str| {
        let asked = handoff_with("post", title, json!({ "args": { "do": [line] } }));
        workspace.drop_file("post", &format!("{title}.json"), text(&asked));
        book.file(&text(&asked), 1);
        book.asks("Claude-MM1", asked["handoff_id"].as_str().unwrap(), 1);
    };
    ask("send", "send Codex-MM1 k");
    workspace.up_once();
    ask("take-back", "take-back k It is there.");
    let sent = workspace.inbox("Codex-MM1").remove(0);
    book.file(&fs::read(workspace.inbox_of("Codex-MM1").join(sent)).unwrap(), 1);
}

fn a_question(workspace: &Workspace, book: &mut Expectations, returns: usize) {
    book.file(&workspace.drop_action("hostile", "ask-human"), 1);
    book.asks("Claude-MM1", "id-ask-human", returns);
    workspace.up_once();
}

fn a_request_whose_file_is_removed(workspace: &Workspace, book: &mut Expectations) {
    a_question(workspace, book, 1);
    let file = workspace.inbox_of("hostile").join("ask-human.json");
    book.gone(&fs::read(&file).unwrap());
    fs::remove_file(file).unwrap();
}

fn escalation_policy(workspace: &Workspace, lines: &str) {
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[escalation]\n{lines}\n"));
}

/// Runs `baton cancel` or `baton retry` for the only task; the command must die.
fn command_dies(workspace: &Workspace, command: &str, failpoints: &str, when: &str) {
    let task = workspace.status().remove(0);
    let mut program = workspace.command();
    program.env("FAILPOINTS", failpoints).arg("-w").arg(workspace.root()).args([command, &task.id]);
    let output = Output::of(&mut program);
    assert_eq!(output.code, -1, "{when}: it lives; is it built with `--features baton/failpoints`?\n{}", output.stderr);
}

/// The process that cancelled the task has died. Another process then cancels the task, at the latest when the lease of the
/// dead process has expired.
fn cancel_for_good(workspace: &Workspace) {
    let id = workspace.status().remove(0).id;
    workspace.up_once();
    if !workspace.status().remove(0).is_final() {
        workspace.baton(&["cancel", &id]).ended(0);
    }
    let daemon = workspace.up_and_serving();
    let begun = std::time::Instant::now();
    while !workspace.status().remove(0).is_final() {
        assert!(begun.elapsed() < baton_tests::PATIENCE * 2, "{:#?}\n{}", workspace.status(), daemon.log());
        sleep(A_MOMENT);
    }
    let log = daemon.log();
    let ended = daemon.stop();
    assert!(ended.success(), "{ended}\n{log}");
}
