//! The command line: names, exit codes, what goes to stdout and what to stderr, and what a person reads.

use std::fs;

use baton_tests::{Output, Workspace, handoff, text};
use insta::assert_snapshot;
use serde_json::json;

const SUBCOMMANDS: [&str; 23] = [
    "init",
    "up",
    "send",
    "lint",
    "schema",
    "status",
    "why",
    "cancel",
    "retry",
    "answer",
    "agents",
    "obligations",
    "run",
    "audit",
    "plugin",
    "catalog",
    "secret",
    "ledger",
    "backup",
    "restore",
    "doctor",
    "service",
    "completions",
];

/// Text without what differs from run to run: ids and the times of file names become `ID` and `TIME`, numbers `#`, and
/// white space, which depends on their width, two spaces between columns.
fn redact(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let (mut redacted, mut word) = (String::new(), String::new());
        for c in line.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() {
                word.push(c);
                continue;
            }
            // The folders `01_inbox` and so on are no numbers.
            redacted.push_str(&if c == '_' && word.len() == 2 { word.clone() } else { redact_word(&word) });
            word.clear();
            redacted.push(c);
        }
        let columns: Vec<_> = redacted.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        columns.join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn redact_word(word: &str) -> String {
    let number = word.strip_suffix('Z').unwrap_or(word);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if word.len() == 16 && word.ends_with('Z') && word.as_bytes()[8] == b'T' {
        "TIME".to_owned()
    } else if word.bytes().all(|byte| byte.is_ascii_hexdigit()) && [8, 16, 64].contains(&word.len()) {
        "ID".to_owned()
    } else if is_number {
        word.replace(number, "#")
    } else {
        word.to_owned()
    }
}

/// Fails with `code`, prints nothing to stdout and an error with `words` to stderr.
#[track_caller]
fn fails(run: Output, code: i32, words: &[&str]) {
    let run = run.ended(code);
    assert_eq!(run.stdout, "", "stdout stays empty");
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` in: {}", run.stderr);
    }
}

#[test]
fn help_names_every_subcommand() {
    let place = Workspace::empty();
    let help = Output::of(place.command().arg("--help")).ended(0);
    assert_snapshot!(help.stdout, @r#"
    Passes work between agents by files, runs it in sandboxed plugins, and answers

    Usage: baton [OPTIONS] <COMMAND>

    Commands:
      init         Make a workspace: configuration, grants of the shipped plugins, folders of agents,
                   examples
      up           Serve the workspace: watch its folders, run what comes, answer. Ctrl-C finishes what
                   runs and ends
      send         Write a handoff into an agent's inbox
      lint         Say what each handoff file is and what is wrong with it
      schema       Print the JSON Schema of what Baton reads and writes
      status       Show the tasks, newest first
      why          Show what happened to a task and why
      cancel       End a task: its sender gets a RETURN, its file is archived
      retry        Send a task on its way again, whatever it waits for
      answer       Answer a task that asks a person something; it goes on with the answer
      agents       Show the agents and how much waits for each
      obligations  Show the RETURNs that are owed, and the compliance of each agent
      run          Do one action of a plugin now, without the daemon
      audit        Audit plans against what exists: exit 0 all present, 1 something missing, 2 could not
                   audit
      plugin       Look at, install, allow and update plugins
      catalog      Search the music catalog, show what is known of a track and who said it
      library      Scan the music library, see what is fingerprinted, find what is there twice
      secret       Keep the secrets that the host puts into plugins' requests
      ledger       Check the ledger's chain of events, export it, or archive its old part
      backup       Copy the ledger into a new file, also while the daemon runs
      restore      Make a backup the workspace's ledger; the daemon must be stopped
      doctor       Check the workspace and say what mends it: exit 0 well (warnings allowed), 1
                   something is wrong
      service      Have the system start `baton up` at login, and again when it fails
      completions  Print the completion script of a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -w, --workspace <DIR>  The workspace [default: the nearest folder with baton.toml]
          --state <DIR>      Where the workspace's state is [default: below $XDG_STATE_HOME/baton]
      -h, --help             Print help
      -V, --version          Print version
    "#);
    for subcommand in SUBCOMMANDS {
        let help = Output::of(place.command().args([subcommand, "--help"])).ended(0);
        assert!(help.stdout.contains("Usage: baton") && help.stdout.contains("-w, --workspace"), "{}", help.stdout);
        assert!(help.stderr.is_empty());
    }
}

#[test]
fn version_is_one_line() {
    let version = Output::of(Workspace::empty().command().arg("--version")).ended(0);
    assert!(version.stdout.starts_with("baton ") && version.stdout.lines().count() == 1, "{}", version.stdout);
}

#[test]
fn unknown_words_are_errors() {
    let place = Workspace::empty();
    fails(Output::of(place.command().arg("dance")), 2, &["dance", "--help"]);
    fails(Output::of(place.command().args(["status", "--jsno"])), 2, &["--jsno"]);
}

#[test]
fn init_makes_a_workspace_and_says_what_next() {
    let place = Workspace::empty();
    let made = Output::of(place.command().args(["init", "work"])).ended(0);
    assert_snapshot!(made.stdout, @r#"
    work is a workspace now.

      baton -w work up          serve it (Ctrl-C ends)
      baton -w work agents      who can be asked
      work/handoffs/examples/   handoffs to try: copy one into an agent's 01_inbox
      work/plans/               plans; a changed one is audited by itself
    "#);
    assert_eq!(made.stderr, "");
    assert_eq!(place.list("."), ["baton.lock", "baton.toml", "handoffs", "plans", "reports"]);
    for agent in ["audit", "Claude-MM1", "Cursor-MM1", "Codex-MM1"] {
        assert_eq!(place.list(&format!("handoffs/{agent}")), ["01_inbox", "02_processed", "03_failed"], "{agent}");
    }
}

#[test]
fn init_refuses_a_folder_that_is_a_workspace() {
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml");
    fails(Output::of(workspace.command().arg("init").arg(workspace.root())), 2, &["is a workspace already"]);
    assert_eq!(workspace.read("baton.toml"), config);
}

#[test]
fn init_leaves_what_is_there() {
    let place = Workspace::empty();
    place.write("plans/mine.md", "# Mine\n");
    place.write("handoffs/Claude-MM1/01_inbox/waiting.json", "{}");
    Output::of(place.command().args(["init", "work"])).ended(0);
    assert_eq!(place.read("plans/mine.md"), "# Mine\n");
    assert_eq!(place.inbox("Claude-MM1"), ["waiting.json"]);
}

#[test]
fn init_says_where_it_cannot_be() {
    let place = Workspace::empty();
    fs::write(place.outside().join("file"), "").unwrap();
    fails(Output::of(place.command().args(["init", "file/work"])), 2, &["file/work"]);
}

#[test]
fn the_examples_that_init_lays_down_really_run() {
    let workspace = Workspace::init();
    let examples: Vec<_> =
        workspace.list("handoffs/examples").into_iter().filter(|name| name.ends_with(".json")).collect();
    assert!(!examples.is_empty());
    for plan in workspace.list("handoffs/examples/plans") {
        workspace.write(&format!("plans/{plan}"), workspace.read_bytes(&format!("handoffs/examples/plans/{plan}")));
    }
    let path = |name: &String| workspace.root().join("handoffs/examples").join(name);
    for name in &examples {
        let read = Output::of(workspace.command().args(["lint", "--json"]).arg(path(name))).ended(0).json();
        let to = read.pointer("/files/0/to").and_then(|to| to.as_str()).unwrap().to_owned();
        workspace.drop_file(&to, name, fs::read(path(name)).unwrap());
    }
    workspace.up_once();
    for name in &examples {
        let task = workspace.status().into_iter().find(|task| task.file_name() == name).unwrap();
        assert!(["succeeded", "delivered"].contains(&task.state.as_str()), "{name}: {task:#?}");
    }
}

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[plans]\ndir = [\"plans\"]\n");
    for args in [["status"].as_slice(), &["up", "--once"], &["agents"], &["why", "x"]] {
        fails(workspace.baton(args), 2, &["plans.dir", "baton.toml"]);
    }
    workspace.write("baton.toml", "[plans\n");
    fails(workspace.baton(&["status"]), 2, &["baton.toml", "line 1"]);
}

#[test]
fn a_broken_lock_file_is_an_error_that_names_it() {
    let workspace = Workspace::init();
    workspace.write("baton.lock", "version = 9\n");
    fails(workspace.baton(&["agents"]), 2, &["baton.lock", "update baton"]);
    workspace.write("baton.lock", "version = 1\n[[plugin]]\nname = \"x\"\nsudo = true\n");
    fails(workspace.baton(&["agents"]), 2, &["baton.lock", "sudo"]);
    let run = workspace.baton(&["up", "--once"]).ended(2);
    assert!(run.stderr.contains("baton.lock"), "{}", run.stderr);
}

#[test]
fn commands_that_need_a_workspace_say_so_outside_of_one() {
    let place = Workspace::empty();
    fs::create_dir_all(place.root()).unwrap();
    let send = ["send", "--to", "a", "--from", "b", "--title", "t"];
    for args in [["status"].as_slice(), &["agents"], &["why", "x"], &["up"], &["up", "--once"], &send] {
        fails(Output::of(place.command().args(args)), 2, &["baton.toml", "baton init"]);
        fails(place.baton(args), 2, &["is no workspace", "baton init"]);
    }
    assert!(place.list(".").is_empty(), "nothing was made");
}

#[test]
fn the_nearest_workspace_is_found_from_a_folder_inside() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Inside");
    workspace.up_once();
    let deep = workspace.root().join("handoffs/noop/02_processed");
    let found = Output::of(workspace.command().current_dir(deep).args(["status", "--json"])).ended(0).json();
    assert_eq!(found.pointer("/tasks/0/title"), Some(&json!("Inside")));
}

#[test]
fn the_state_goes_where_it_is_told_and_never_into_the_workspace() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Elsewhere");
    let state = workspace.outside().join("own-state");
    let state = state.to_str().unwrap();
    workspace.baton(&["--state", state, "up", "--once"]).ended(0);
    assert!(fs::metadata(format!("{state}/ledger.db")).unwrap().is_file());
    let there = workspace.baton(&["--state", state, "status", "--json"]).ended(0).json();
    assert_eq!(there["tasks"].as_array().unwrap().len(), 1);
    assert!(workspace.status().is_empty(), "the usual place knows nothing of it");
    let inside: Vec<_> = fs::read_dir(workspace.root()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(inside.len(), 6, "{inside:?}");
}

#[test]
fn a_state_inside_a_granted_folder_is_never_lent_to_a_plugin() {
    let workspace = Workspace::init();
    let mut asked = handoff("audit", "Audit");
    asked["action"] = json!("audit");
    workspace.drop_file("audit", "ask.json", text(&asked));
    let state = workspace.root().join("state");
    let state = state.to_str().unwrap();
    workspace.baton(&["--state", state, "up", "--once"]).ended(0);
    let tasks = workspace.baton(&["--state", state, "status", "--json"]).ended(0).json();
    assert_eq!(tasks["tasks"][0]["state"], json!("needs_grant"), "{tasks:#}");
    assert!(tasks["tasks"][0]["reason"].as_str().unwrap().contains("state folder"), "{tasks:#}");
}

#[test]
fn a_ledger_that_is_none_is_named_and_left_alone() {
    let workspace = Workspace::with_noop();
    let state = workspace.outside().join("broken");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("ledger.db"), "this is no database ".repeat(1000)).unwrap();
    for args in [["status"].as_slice(), &["up", "--once"]] {
        let run = workspace.baton(&[&["--state", state.to_str().unwrap()], args].concat()).ended(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("ledger.db"), "{run:?}");
    }
    assert!(fs::read_to_string(state.join("ledger.db")).unwrap().starts_with("this is no database"));
}

#[test]
fn a_second_daemon_is_refused_and_the_first_is_named() {
    let workspace = Workspace::with_noop();
    let mut daemon = workspace.up_and_serving();
    let id = daemon.id().to_string();
    fails(workspace.baton(&["up", "--once"]), 2, &["runs here already", &id]);
    fails(workspace.baton(&["up"]), 2, &["runs here already", &id]);
    assert!(daemon.runs());
    assert!(daemon.stop().success());
    workspace.up_once();
}

#[test]
fn other_commands_work_beside_a_daemon() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    workspace.baton(&["run", "noop", "noop"]).ended(0);
    workspace.baton(&["send", "--to", "noop", "--from", "Claude-MM1", "--title", "Beside"]).ended(0);
    workspace.wait_for_archive("Beside");
    assert!(workspace.baton(&["agents"]).ended(0).stdout.contains("noop"));
    let called = workspace.task("noop noop");
    assert_eq!((called.state.as_str(), called.attempts), ("succeeded", 1));
    assert!(daemon.stop().success());
}

#[test]
fn run_does_one_action_and_says_how_it_went() {
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
fn lint_tells_what_each_file_is() {
    let place = Workspace::empty();
    place.write("good.json", text(&handoff("noop", "Look at this")));
    place.write("note.md", "# VALIDATION: Check it\n\n**From:** Claude-MM1\n**To:** Cursor-MM1\n");
    place.write("escaped.json", r#"{"title": "My\ Drive", "source_agent": "A", "target_agent": "B"}"#);
    place.write("broken.json", "{\n  nope\n}");
    place.write("list.json", "[]");
    let lint = |args: &[&str]| Output::of(place.command().current_dir(place.root()).arg("lint").args(args));
    let good = lint(&["good.json", "note.md", "escaped.json"]).ended(0);
    assert_snapshot!(good.stdout, @r#"
    good.json: H1 HANDOFF, Claude-MM1 → noop, medium: Look at this
    note.md: Markdown VALIDATION, Claude-MM1 → Cursor-MM1, medium: Check it
    escaped.json: H1 HANDOFF, A → B, medium: My\ Drive
      mended: 1 invalid escape(s) were read as plain backslashes, the first at line 1 column 15
    "#);
    let bad = lint(&["good.json", "broken.json", "list.json", "missing.json", "."]).ended(1);
    assert_snapshot!(bad.stdout, @r#"
    good.json: H1 HANDOFF, Claude-MM1 → noop, medium: Look at this
    broken.json: not a handoff
      the file is not JSON: key must be a string at line 2 column 3; mend it there and drop it again
    list.json: not a handoff
      the file holds a JSON list, not an object; a handoff is an object
    missing.json: not a handoff
      missing.json is not there
    .: not a handoff
      . is not a regular file; only regular files are read
    "#);
    assert_eq!(bad.stderr, "");
    let json = lint(&["--json", "good.json", "broken.json"]).ended(1).json();
    assert_eq!((&json["schema"], &json["files"][0]["dialect"]), (&json!(1), &json!("H1")));
    assert_eq!(json["files"][1]["ok"], json!(false));
    assert!(json["files"][1]["problem"].as_str().unwrap().contains("line 2"));
    fails(lint(&[]), 2, &["<FILE>"]);
}

#[test]
fn lint_says_where_a_name_contradicts_its_content() {
    let place = Workspace::empty();
    let name = "20260304T050607__20260303T101112Z__RETURN__Look-at-this__0a1b2c3d__Cursor-MM1__STALE.json";
    place.write(name, text(&handoff("noop", "Look at this")));
    let named = "20260303T101112Z__HANDOFF__Look-at-this__Cursor-MM1.md";
    place.write(named, "# HANDOFF: Look\n\n**From:** Claude-MM1\n**To:** Codex-MM1\n");
    let lint = |args: &[&str]| Output::of(place.command().current_dir(place.root()).arg("lint").args(args)).ended(0);
    assert_snapshot!(lint(&[named]).stdout, @r"
    20260303T101112Z__HANDOFF__Look-at-this__Cursor-MM1.md: Markdown HANDOFF, Claude-MM1 → Codex-MM1, medium: Look
      remark: the name says that it is for Cursor-MM1, the content that it is for Codex-MM1; the content counts
    ");
    let json = lint(&["--json", name]).json();
    let of = |key: &str| json.pointer(&format!("/files/0/name/{key}")).cloned().unwrap_or_default();
    assert_eq!((of("moved_at"), of("made_at")), (json!("2026-03-04T05:06:07"), json!("2026-03-03T10:11:12Z")));
    assert_eq!((of("kind"), of("title"), of("agent")), (json!("RETURN"), json!("Look at this"), json!("Cursor-MM1")));
    assert_eq!((of("token"), of("decorations")), (json!("0a1b2c3d"), json!(["STALE"])));
}

#[test]
fn the_schema_is_printed_and_is_json() {
    let place = Workspace::empty();
    let schema = Output::of(place.command().args(["schema", "handoff"])).ended(0).json();
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    assert_eq!(schema["required"], json!(["handoff_id", "source_agent", "title"]));
    fails(Output::of(place.command().args(["schema", "postcard"])), 2, &["postcard", "handoff"]);
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
    ID  STATE  AGENT  FROM  AGE  TITLE
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
    AGENT       KIND      OPEN  INBOX
    Claude-MM1  external  0     handoffs/Claude-MM1/01_inbox
    Codex-MM1   external  0     handoffs/Codex-MM1/01_inbox
    Cursor-MM1  external  1     handoffs/Cursor-MM1/01_inbox
    audit       plugin    0     handoffs/audit/01_inbox
    noop        plugin    0     handoffs/noop/01_inbox
    "#);
}

#[test]
fn agents_as_json_has_a_stable_shape() {
    let agents = Workspace::init().baton(&["agents", "--json"]).ended(0).json();
    assert_eq!(agents["schema"], json!(1));
    let audit = json!({ "name": "audit", "kind": "plugin", "open": 0, "inbox": "handoffs/audit/01_inbox", "also": [],
        "schedules": [], "quarantine": null });
    assert!(agents["agents"].as_array().unwrap().contains(&audit), "{agents:#}");
}

#[test]
fn send_names_the_file_that_it_wrote() {
    let workspace = Workspace::init();
    let from = ["send", "--from", "Claude-MM1", "--title", "Review it"];
    let sent = workspace.baton(&[from.as_slice(), &["--to", "Cursor MM1 Agent"]].concat()).ended(0);
    assert_snapshot!(redact(&sent.stdout), @"work/handoffs/Cursor-MM1/01_inbox/TIME__HANDOFF__Review-it__ID__Cursor-MM1.json");
    assert_eq!(sent.stderr, "");
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
    // Of forty ids two begin with the same digit, and hardly any two with the same eight.
    let ids: Vec<_> = workspace.status().into_iter().map(|task| task.id).collect();
    let shared = (0..40).flat_map(|a| (0..a).map(move |b| (a, b))).find(|(a, b)| ids[*a][..2] == ids[*b][..2]);
    if let Some((a, _)) = shared {
        fails(workspace.baton(&["why", &ids[a][..2]]), 2, &[&ids[a][..2]]);
    }
    assert_eq!(workspace.why(&ids[7]).id, ids[7]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Workspace::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = Output::of(place.command().args(["completions", shell])).ended(0);
        assert!(SUBCOMMANDS.iter().all(|subcommand| script.stdout.contains(subcommand)), "{shell}");
    }
    fails(Output::of(place.command().args(["completions", "cobol"])), 2, &["cobol", "bash"]);
}

#[test]
fn a_log_filter_that_is_none_is_no_reason_to_stop() {
    let workspace = Workspace::with_noop();
    let run =
        Output::of(workspace.command().env("BATON_LOG", "=,=nonsense").arg("-w").arg(workspace.root()).arg("status"));
    assert_eq!(run.code, 0, "{run:?}");
}
