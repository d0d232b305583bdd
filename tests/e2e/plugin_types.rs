//! `baton plugin types`: the types of arguments agree with the schemas in the manifest, in every language, even after changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{Output, Workspace, repository};

const LANGUAGES: [(&str, &str); 3] =
    [("rust", "src/arguments.rs"), ("python", "src/arguments.py"), ("javascript", "src/arguments.d.ts")];

/// A manifest with every kind of argument, and with names and descriptions that try to break out of strings and comments.
const MANIFEST: &str = r##"{
  "description": "x", "default_action": "sync-all",
  "actions": {
    "sync-all": { "description": "Syncs.\n*/ fn broken(", "args": {
      "type": "object", "additionalProperties": false, "required": ["type", "deep"],
      "$defs": { "mode": { "enum": ["fast", "to-drive", "self"] } },
      "properties": {
        "type": { "type": "string", "description": "A */ [word] <b>\n\"\"\"" },
        "a-b": { "type": "integer" }, "a_b": { "type": "integer", "minimum": 0 },
        "ratio": { "type": "number" }, "flag": { "type": "boolean" }, "on": { "type": "boolean", "default": true },
        "mode": { "$ref": "#/$defs/mode" }, "modes": { "type": "array", "items": { "$ref": "#/$defs/mode" } },
        "either": { "type": ["array", "string"] }, "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
        "deep": { "type": "object", "properties": { "list": { "type": "array", "items": { "type": "object", "properties": {} } } } },
        "quo\"te\\": { "type": "string" }
      }
    } },
    "option": { "description": "", "args": { "type": "object" } }
  }
}"##;

fn types(place: &Workspace, folder: &Path, more: &[&str]) -> Output {
    Output::of(place.command().args(["plugin", "types"]).arg(folder).args(more))
}

/// A new plugin in a language.
fn new(place: &Workspace, language: &str) -> PathBuf {
    Output::of(place.command().args(["plugin", "new", language, "--lang", language])).ended(0);
    place.outside().join(language)
}

/// Runs a checking program on a file.
fn judged(place: &Workspace, program: &str, args: &[&str], file: &Path) -> Output {
    Output::of(place.command_of(program).args(args).arg(file))
}

#[test]
fn a_new_plugin_has_the_types_of_its_manifest_and_a_change_is_noticed() {
    for (language, file) in LANGUAGES {
        let place = Workspace::empty();
        let folder = new(&place, language);
        types(&place, &folder, &["--check"]).ended(0);
        let before = fs::read_to_string(folder.join(file)).unwrap();
        let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
        let changed = manifest.replace(r#""name": {"#, r#""often": { "type": "integer" }, "name": {"#);
        assert_ne!(changed, manifest);
        fs::write(folder.join("manifest.json"), changed).unwrap();
        let differs = types(&place, &folder, &["--check"]).ended(1);
        assert!(differs.stderr.contains(file) && differs.stderr.contains("baton plugin types"), "{}", differs.stderr);
        assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), before, "nothing was written");
        types(&place, &folder, &[]).ended(0);
        assert!(fs::read_to_string(folder.join(file)).unwrap().contains("often"));
        types(&place, &folder, &["--check"]).ended(0);
    }
}

#[test]
fn a_build_updates_the_types_and_replaces_no_other_file() {
    let place = Workspace::empty();
    let folder = new(&place, "python");
    let (manifest, file) = (folder.join("manifest.json"), folder.join("src/arguments.py"));
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap().replace("\"name\"", "\"whom\"")).unwrap();
    // The language's tool is missing, which is noticed after the types were written.
    let built = Output::of(place.command().env("PATH", "").args(["plugin", "build"]).arg(&folder)).ended(2);
    assert!(built.stderr.contains("is not installed; install it with"), "{}", built.stderr);
    assert!(fs::read_to_string(&file).unwrap().contains("\"whom\": NotRequired[str]"));
    types(&place, &folder, &["--check"]).ended(0);

    fs::write(&file, "mine = 1\n").unwrap();
    Output::of(place.command().env("PATH", "").args(["plugin", "build"]).arg(&folder)).ended(2);
    let refused = types(&place, &folder, &[]).ended(2);
    assert!(refused.stderr.contains("is not replaced"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine = 1\n");
}

#[test]
fn a_plugin_of_this_tree_has_the_types_of_its_manifest() {
    let place = Workspace::empty();
    types(&place, &repository().join("plugins/djay"), &["--check"]).ended(0);
    // The sources of djay have no hand-written copy of the types.
    let args = fs::read_to_string(repository().join("plugins/djay/src/args.rs")).unwrap();
    assert!(!args.contains("Deserialize)]") && args.contains("pub use crate::arguments::"), "{args}");
}

#[test]
fn names_and_texts_of_a_manifest_cannot_break_out_of_strings_and_comments() {
    let place = Workspace::empty();
    let mut texts = Vec::new();
    for (language, file) in LANGUAGES {
        let folder = new(&place, language);
        fs::write(folder.join("manifest.json"), MANIFEST).unwrap();
        types(&place, &folder, &[]).ended(0);
        texts.push(fs::read_to_string(folder.join(file)).unwrap());
    }
    let [rust, python, javascript] = texts.as_slice() else { panic!("{texts:?}") };
    for line in [
        "    /// A * / \\[word] \\<b>\\n\"\"\"\n    #[serde(rename = \"type\")]\n    pub arg_type: String,\n",
        "    #[serde(rename = \"a-b\")]\n    pub a_b: Option<i64>,\n",
        "    #[serde(rename = \"a_b\")]\n    pub a_b_: Option<u64>,\n",
        "    pub ratio: Option<f64>,\n",
        "    #[serde(default)]\n    pub flag: bool,\n",
        "    pub on: Option<bool>,\n",
        "    pub mode: Option<SyncAllMode>,\n",
        "    pub modes: Option<Vec<SyncAllMode>>,\n",
        "    pub either: Option<Value>,\n",
        "    pub counts: Option<BTreeMap<String, i64>>,\n",
        "    pub deep: SyncAllDeep,\n",
        "    pub list: Option<Vec<SyncAllDeepListItem>>,\n",
        "    #[serde(rename = \"self\")]\n    SelfValue,\n",
        "#[serde(crate = \"baton_plugin_sdk::serde\", deny_unknown_fields)]\npub struct SyncAll {\n",
        "pub struct Option2 {}\n",
    ] {
        assert!(rust.contains(line), "{line} in: {rust}");
    }
    for line in [
        "    \"type\": str,\n",
        "    \"a-b\": NotRequired[int],\n",
        "SyncAllMode = Literal[\"fast\", \"to-drive\", \"self\"]\n",
    ] {
        assert!(python.contains(line), "{line} in: {python}");
    }
    for line in
        ["  \"type\": string;\n", "  \"modes\"?: Array<SyncAllMode>;\n", "  \"counts\"?: Record<string, number>;\n"]
    {
        assert!(javascript.contains(line), "{line} in: {javascript}");
    }
    // No part of a description is outside of a comment, even if the description contains the end of a comment.
    assert!(!javascript.contains("Syncs.\n") && javascript.matches("*/").count() == javascript.matches("/**").count());
    // Checks: rustfmt accepts the Rust without a change, and Python's parser accepts the Python.
    let rust_file = place.outside().join("rust/src/arguments.rs");
    let width = ["--edition", "2024", "--check", "--config", "max_width=120"];
    let found = Command::new("rustfmt").arg("--version").output();
    assert!(found.is_ok_and(|ran| ran.status.success()), "rustfmt is needed: rustup component add rustfmt");
    let checked = Output::of(Command::new("rustfmt").args(width).arg(rust_file));
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    let parse = ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"];
    judged(&place, "python3", &parse, &place.outside().join("python/src/arguments.py")).ended(0);
}
