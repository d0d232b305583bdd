//! `baton lint` and `baton schema`: the kind of a file, its problems, and the expected format.

use baton_tests::{Output, Workspace, handoff, text};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fails;

#[test]
fn lint_prints_the_kind_of_each_file() {
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
      corrected: 1 invalid escape(s) were read as plain backslashes, the first at line 1 column 15
    "#);
    let bad = lint(&["good.json", "broken.json", "list.json", "missing.json", "."]).ended(1);
    assert_snapshot!(bad.stdout, @r#"
    good.json: H1 HANDOFF, Claude-MM1 → noop, medium: Look at this
    broken.json: not a handoff
      the file is not JSON: key must be a string at line 2 column 3; correct it there and drop it again
    list.json: not a handoff
      the file contains a JSON list, not an object; a handoff is an object
    missing.json: not a handoff
      missing.json does not exist
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
fn lint_reports_names_that_contradict_the_content() {
    let place = Workspace::empty();
    let name = "20260304T050607__20260303T101112Z__RETURN__Look-at-this__0a1b2c3d__Cursor-MM1__STALE.json";
    place.write(name, text(&handoff("noop", "Look at this")));
    let named = "20260303T101112Z__HANDOFF__Look-at-this__Cursor-MM1.md";
    place.write(named, "# HANDOFF: Look\n\n**From:** Claude-MM1\n**To:** Codex-MM1\n");
    let lint = |args: &[&str]| Output::of(place.command().current_dir(place.root()).arg("lint").args(args)).ended(0);
    assert_snapshot!(lint(&[named]).stdout, @r"
    20260303T101112Z__HANDOFF__Look-at-this__Cursor-MM1.md: Markdown HANDOFF, Claude-MM1 → Codex-MM1, medium: Look
      remark: the name says that it is for Cursor-MM1, but the content says Codex-MM1; Baton uses the content
    ");
    let json = lint(&["--json", name]).json();
    let of = |key: &str| json.pointer(&format!("/files/0/name/{key}")).cloned().unwrap_or_default();
    assert_eq!((of("moved_at"), of("made_at")), (json!("2026-03-04T05:06:07"), json!("2026-03-03T10:11:12Z")));
    assert_eq!((of("kind"), of("title"), of("agent")), (json!("RETURN"), json!("Look at this"), json!("Cursor-MM1")));
    assert_eq!((of("token"), of("decorations")), (json!("0a1b2c3d"), json!(["STALE"])));
}

/// Runs `baton -w WORKSPACE lint --json FILE` and returns the problems, one line each.
fn problems(workspace: &Workspace, value: &Value, code: i32) -> Vec<String> {
    workspace.write("checked.json", text(value));
    let file = workspace.root().join("checked.json");
    let run = workspace.baton(&["lint", "--json", file.to_str().unwrap_or_default()]).ended(code).json();
    assert_eq!(run.pointer("/files/0/ok"), Some(&json!(code == 0)), "{run:#}");
    let found = run.pointer("/files/0/problems").and_then(Value::as_array).cloned().unwrap_or_default();
    let line = |problem: &Value| {
        [&problem["severity"], &problem["what"]].map(|part| part.as_str().unwrap_or("?").to_owned()).join(": ")
    };
    found.iter().map(line).collect()
}

#[test]
fn lint_checks_agents_actions_and_arguments_of_the_workspace() {
    let workspace = Workspace::with_noop();
    let good = handoff("audit", "Look at this");
    let with = |key: &str, value: Value| {
        let mut changed = good.clone();
        changed[key] = value;
        changed
    };
    assert_eq!(problems(&workspace, &good, 0), [""; 0]);
    for (value, code, words) in [
        (with("target_agent", json!("audti")), 1, "error: there is no agent `audti`; did you mean `audit`?"),
        (with("action", json!("audt")), 1, "error: `audit` has no action `audt`; did you mean `audit`?"),
        (with("action", json!("dance")), 1, "error: `audit` has no action `dance`; it has: "),
        (
            with("args", json!({ "plans": 3 })),
            1,
            "error: the arguments of the action `audit` do not fit: `args/plans` is",
        ),
        (with("args", json!("plans")), 1, "error: `args` is \"plans\", expected an object"),
        (with("deadline", json!("tomorrow")), 1, "error: `deadline` is \"tomorrow\", expected a time with its zone"),
        (with("depends_on", json!(["id-look-at-this"])), 1, "error: `depends_on` names its own id"),
        (with("depends_on", json!(["nothing"])), 0, "warning: `depends_on` names `nothing`"),
        (with("deadline", json!("2026-01-01T00:00:00Z")), 0, "warning: `deadline` has passed"),
        (with("source_agent", json!("Claude-MM9x")), 0, "warning: there is no agent `Claude-MM9x`; did you mean"),
        (with("prioritty", json!("High")), 0, "warning: unknown key `prioritty`; did you mean `priority`?"),
        (with("colour", json!("blue")), 0, "warning: unknown keys, which Baton passes on but does not read: `colour`"),
    ] {
        let found = problems(&workspace, &value, code);
        assert!(found.len() == 1 && found.iter().all(|problem| problem.starts_with(words)), "{words}: {found:?}");
    }
    // The folder decides which agent a file is for.
    workspace.write("handoffs/audit/01_inbox/x.json", text(&handoff("noop", "Look")));
    let file = workspace.root().join("handoffs/audit/01_inbox/x.json");
    let run = workspace.baton(&["lint", file.to_str().unwrap()]).ended(0);
    assert!(
        run.stdout.contains("warning: the handoff names `noop`, but the file is in the inbox of `audit`"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn lint_checks_keys_and_types_without_a_workspace_and_beside_a_broken_one() {
    let place = Workspace::empty();
    place.write("a.json", r#"{"handoff_id": "h", "title": "x", "source_agent": "A", "target_agent": "B", "action": 7.5, "args": [1], "titel": 1}"#);
    let lint = || Output::of(place.command().current_dir(place.root()).args(["lint", "a.json"]));
    assert_snapshot!(lint().ended(1).stdout, @r"
    a.json: H1 HANDOFF, A → B, medium: x
      error: `args` is a list, expected an object; Baton ignores it
      warning: unknown key `titel`; did you mean `title`?
      corrected: `args` is not an object; Baton ignores it
    ");
    place.write("baton.toml", "nonsense =");
    let run = lint().ended(1);
    assert!(run.stderr.contains("warning: agents and actions are not checked"), "{}", run.stderr);
}

#[test]
fn the_schema_is_printed_and_is_json() {
    let place = Workspace::empty();
    let schema = Output::of(place.command().args(["schema", "handoff"])).ended(0).json();
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    assert_eq!(schema["required"], json!(["handoff_id", "source_agent", "title"]));
    fails(Output::of(place.command().args(["schema", "postcard"])), 2, &["postcard", "handoff"]);
}
