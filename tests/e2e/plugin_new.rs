//! The commands for plugin authors that need no language tools: what they refuse and what they print.

use std::fs;

use baton_tests::{Output, Workspace, fixture};
use serde_json::json;

/// Runs `baton plugin …` in a folder without a workspace.
fn plugin(place: &Workspace, args: &[&str]) -> Output {
    Output::of(place.command().arg("plugin").args(args).env("PATH", "/nonexistent").env_remove("CARGO"))
}

#[track_caller]
fn fails(run: Output, words: &[&str]) {
    let run = run.ended(2);
    assert_eq!(run.stdout, "");
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` in: {}", run.stderr);
    }
}

#[test]
fn a_new_plugin_overwrites_nothing_and_prints_the_next_steps() {
    let place = Workspace::empty();
    let made = plugin(&place, &["new", "--lang", "python", "tidy-tracks"]).ended(0);
    for words in ["tidy-tracks/README.md", "pip install -r requirements.txt", "baton plugin test ."] {
        assert!(made.stdout.contains(words), "{}", made.stdout);
    }
    let app = place.outside().join("tidy-tracks/src/app.py");
    fs::write(&app, "mine").unwrap();
    fails(plugin(&place, &["new", "tidy-tracks"]), &["tidy-tracks", "exists"]);
    assert_eq!(fs::read_to_string(app).unwrap(), "mine");
    fails(plugin(&place, &["new", "../x"]), &["`../x`", "lower-case"]);
    fails(plugin(&place, &["new", "--lang", "cobol", "x"]), &["cobol", "python"]);
}

#[test]
fn a_missing_tool_is_named_with_the_command_that_installs_it() {
    let place = Workspace::empty();
    for (language, tool, setup) in [
        ("rust", "cargo", "rustup target add"),
        ("python", "componentize-py", "pip install -r requirements.txt"),
        ("javascript", "componentize-js", "npm install"),
    ] {
        plugin(&place, &["new", "--lang", language, language]).ended(0);
        fails(plugin(&place, &["build", language]), &[tool, "is not installed", setup, language]);
        fails(plugin(&place, &["test", "--no-build", language]), &["build it first"]);
    }
    fails(plugin(&place, &["build", "."]), &["Cargo.toml, pyproject.toml, package.json", "baton plugin new"]);
}

#[test]
fn a_tool_that_fails_is_quoted() {
    let place = Workspace::empty();
    plugin(&place, &["new", "--lang", "python", "x"]).ended(0);
    let tools = place.outside().join("x/.venv/bin");
    fs::create_dir_all(&tools).unwrap();
    let tool = tools.join("componentize-py");
    fs::write(&tool, "#!/bin/sh\necho no such module >&2; exit 3\n").unwrap();
    fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fails(plugin(&place, &["build", "x"]), &["no such module", "exit status: 3"]);
    // A tool that reports success without writing a component.
    fs::write(&tool, "#!/bin/sh\n").unwrap();
    fails(plugin(&place, &["build", "x"]), &["component.wasm", "does not exist"]);
    fs::write(&tool, "#!/bin/sh\nprintf nonsense > target/component.wasm\n").unwrap();
    fails(plugin(&place, &["build", "x"]), &["not a WebAssembly component"]);
    assert!(!place.outside().join("x/x.wasm").exists(), "an invalid plugin is not written");
}

#[test]
fn empty_and_invalid_examples_are_refused() {
    let place = Workspace::empty();
    plugin(&place, &["new", "x"]).ended(0);
    let examples = place.outside().join("x/examples");
    let one = examples.join("greets-by-name.json");
    for (text, words) in [
        (json!({ "handoff": {} }).to_string(), &["greets-by-name.json", "`expect`"][..]),
        (json!({ "handoff": {}, "expect": { "state": "done" } }).to_string(), &["`done`", "succeeded"]),
        (json!({ "handoff": {}, "expect": {}, "files": { "../x/y": "" } }).to_string(), &["`../x/y`", "FOLDER/NAME"]),
        (json!({ "handoff": {}, "expect": { "sumary": "" } }).to_string(), &["`sumary`"]),
    ] {
        fs::write(&one, text).unwrap();
        fails(plugin(&place, &["test", "x"]), words);
    }
    fs::remove_dir_all(&examples).unwrap();
    fs::create_dir(&examples).unwrap();
    fails(plugin(&place, &["test", "x"]), &["there is no example"]);
}

#[test]
fn an_example_finds_texts_and_copies_in_the_folders_that_the_manifest_names() {
    let place = Workspace::empty();
    let folder = place.outside().join("holder");
    fs::create_dir_all(folder.join("examples/files")).unwrap();
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"holder\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .unwrap();
    fs::copy(baton_tests::repository().join("tests/plugins/holder/manifest.json"), folder.join("manifest.json"))
        .unwrap();
    fs::copy(fixture("holder"), folder.join("holder.wasm")).unwrap();
    let database = rusqlite::Connection::open(folder.join("examples/files/x.db")).unwrap();
    database.execute_batch("CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 1), (2, 2)").unwrap();
    drop(database);
    let example = |name: &str, action: &str, args: serde_json::Value, files: serde_json::Value, summary: &str| {
        let example = json!({
            "handoff": { "title": name, "action": action, "args": args },
            "files": files,
            "expect": { "summary": summary },
        });
        fs::write(folder.join(format!("examples/{name}.json")), example.to_string()).unwrap();
    };
    let copied = json!({ "music/in/x.db": { "copy": "files/x.db" }, "music/a.txt": "text" });
    example("reads", "count", json!({ "file": "in/x.db" }), copied, "rows 2");
    // The plugin writes a file to the folder, which its manifest declares as writable.
    example("writes", "alone", json!({ "name": "one" }), json!({}), "Was alone");
    let tested = plugin(&place, &["test", "--no-build", "holder"]).ended(0);
    assert!(tested.stdout.contains("2 of 2 as expected"), "{}", tested.stdout);
    example("reads", "count", json!({ "file": "x.db" }), json!({ "music/x.db": { "copy": "../holder.wasm" } }), "");
    fails(plugin(&place, &["test", "--no-build", "holder"]), &["reads.json", "../holder.wasm", "beside the example"]);
}

#[test]
fn a_package_is_not_packed_again() {
    let place = Workspace::empty();
    let noop = fixture("noop");
    let manifest = place.outside().join("manifest.json");
    fs::write(&manifest, r#"{"description":"x","default_action":"a","actions":{"a":{"description":"x"}}}"#).unwrap();
    let args = ["--manifest", "manifest.json", "--name", "x", "--version", "1", "--out", "x.wasm"];
    let pack = |component: &str| plugin(&place, &[&["pack", component][..], &args].concat());
    fails(pack(&noop.display().to_string()), &["already has the manifest of `noop`"]);
    fs::write(place.outside().join("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    fails(pack("module.wasm"), &["core module"]);
    fails(pack("nothing.wasm"), &["nothing.wasm"]);
    assert!(!place.outside().join("x.wasm").exists());

    // Without its manifest, the component is like one that a language's tools build.
    let bare = without_manifest(&fs::read(noop).unwrap());
    fs::write(place.outside().join("bare.wasm"), bare).unwrap();
    assert!(pack("bare.wasm").ended(0).stderr.contains("sha256:"));
    let shown = plugin(&place, &["inspect", "x.wasm", "--json"]).ended(0).json();
    assert_eq!((&shown["name"], &shown["version"]), (&json!("x"), &json!("1")));
}

/// The component, in which the section of the manifest has another name of the same length.
fn without_manifest(component: &[u8]) -> Vec<u8> {
    let (old, new) = (b"baton:manifest", b"other:manifest");
    let mut bare = component.to_vec();
    let at = bare.windows(old.len()).position(|window| window == old).unwrap();
    bare[at..at + old.len()].copy_from_slice(new);
    bare
}
