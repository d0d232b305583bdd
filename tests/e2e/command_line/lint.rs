//! `baton lint` and `baton schema`: what a file is, what is wrong with it, and the form that is wanted.

use baton_tests::{Output, Workspace, handoff, text};
use insta::assert_snapshot;
use serde_json::json;

use super::fails;

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
