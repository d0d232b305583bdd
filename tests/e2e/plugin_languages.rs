//! Plugins from the templates, built by each language's real tools outside of this repository and run by the daemon on real handoffs:
//! Rust (cargo), Python (componentize-py), JavaScript (componentize-js).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use baton_sandbox::{AttemptRequest, ResourceLimit, Sandbox, wit};
use baton_tests::{Output, Skipped, Workspace, or_skip, repository, text, tools};
use serde_json::{Value, json};

/// Time to compile 18 MB on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_mins(9);

/// A programming language and the folder of its tools.
struct Language {
    name: &'static str,
    tools: PathBuf,
}

impl Language {
    fn python() -> Result<Self, Skipped> {
        Ok(Self { name: "python", tools: tools("python/bin", "componentize-py")? })
    }

    fn javascript() -> Result<Self, Skipped> {
        Ok(Self { name: "javascript", tools: tools("node/node_modules/.bin", "componentize-js")? })
    }

    fn rust() -> Self {
        Self { name: "rust", tools: PathBuf::new() }
    }

    /// Runs `baton` beside the workspace, with the language's tools.
    fn baton(&self, workspace: &Workspace, args: &[&str]) -> Output {
        let mut command = workspace.command();
        command.args(args).env("PATH", self.path());
        as_at_home(&mut command);
        Output::within(&mut command, PATIENCE)
    }

    fn path(&self) -> OsString {
        let known = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(self.tools.clone()).chain(std::env::split_paths(&known));
        std::env::join_paths(all).unwrap()
    }

    /// Creates the plugin `hello` beside the workspace without building it.
    fn new_plugin(&self, workspace: &Workspace) -> PathBuf {
        self.baton(workspace, &["plugin", "new", "--lang", self.name, "hello"]).ended(0);
        let folder = workspace.outside().join("hello");
        // The new plugin uses only versions that this repository has pinned and downloaded, because the test has no network
        // access.
        fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        folder
    }
}

/// Sets the real home folder for the tools, because a test's home is a temporary folder.
fn as_at_home(command: &mut Command) {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let set = std::env::var_os(variable).map_or_else(|| home.join(folder), PathBuf::from);
        command.env(variable, set);
    }
    command.env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR").env_remove("CARGO");
}

/// Asserts that the steps in the README of a new plugin build it and pass its examples, the plugin works in a workspace, and a failed
/// expectation is reported.
fn holds(language: &Language) {
    let workspace = Workspace::init();
    let folder = language.new_plugin(&workspace);
    let [build, test] = steps_of_its_readme(&folder);
    // `test` builds too, which takes a minute in Python and JavaScript.
    let steps = if language.name == "rust" { vec![build, test] } else { vec![test] };
    for line in steps {
        let run = step(language, &workspace, &folder, &line);
        assert_eq!(run.code, 0, "{line}: {}\n{}", run.stdout, run.stderr);
    }
    let tried = language.baton(&workspace, &["plugin", "test", "hello", "--no-build", "--json"]).ended(0).json();
    let examples = tried["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 2, "{tried:#}");
    assert!(examples.iter().all(|example| example["as_expected"] == true), "{tried:#}");
    let states: Vec<_> = examples.iter().map(|example| &example["state"]).collect();
    assert_eq!(states, ["succeeded", "failed"], "{tried:#}");

    runs_in_a_workspace(&workspace, &fs::read(folder.join("hello.wasm")).unwrap());
    an_expectation_that_is_not_met_is_told(language, &workspace, &folder);
}

/// The commands in the README of a new plugin, without the first: it downloads the language's tools.
fn steps_of_its_readme(folder: &Path) -> [String; 2] {
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let (_, steps) = readme.split_once("```sh\n").unwrap();
    let steps: Vec<_> = steps.split_once("```").unwrap().0.lines().skip(1).map(str::to_owned).collect();
    let starts = ["baton plugin build .", "baton plugin test ."];
    assert!(starts.iter().zip(&steps).all(|(start, step)| step.starts_with(start)), "{steps:?}");
    steps.try_into().unwrap()
}

fn runs_in_a_workspace(workspace: &Workspace, component: &[u8]) {
    let shown = workspace.baton(&["plugin", "inspect", "../hello/hello.wasm", "--json"]);
    assert_eq!(shown.code, 2, "the path is that of the caller, who is beside the workspace");
    let shown = workspace.baton(&["plugin", "inspect", "hello/hello.wasm", "--json"]).ended(0).json();
    assert_eq!((&shown["name"], &shown["version"]), (&json!("hello"), &json!("0.1.0")), "{shown:#}");
    workspace.install("hello", component, "");
    for (title, args) in [("Greet Ada", json!({ "name": "Ada" })), ("Greet seven", json!({ "name": 7 }))] {
        workspace.drop_handoff_with("hello", title, json!({ "args": args }));
    }
    let run = Output::within(workspace.command().arg("-w").arg(workspace.root()).args(["up", "--once"]), PATIENCE);
    run.ended(0);
    let done = workspace.returns_for("Claude-MM1", "id-greet-ada");
    assert_eq!(done[0]["status_update"], "succeeded", "{done:#?}");
    assert_eq!(done[0]["execution_summary"]["work_completed"], json!(["Hello, Ada."]));
    assert_eq!(done[0]["execution_summary"]["deliverables"][0]["path"], "reports/HELLO.md");
    assert_eq!(workspace.read("reports/HELLO.md"), "# Hello, Ada.\n");
    let failed = workspace.returns_for("Claude-MM1", "id-greet-seven");
    assert_eq!(failed[0]["status_update"], "failed", "{failed:#?}");
    let reason = &failed[0]["execution_summary"]["blockers_remaining"][0];
    assert!(reason.as_str().unwrap().contains("`args/name` is a number, expected: string"), "{reason}");
}

fn an_expectation_that_is_not_met_is_told(language: &Language, workspace: &Workspace, folder: &Path) {
    let path = folder.join("examples/greets-by-name.json");
    let mut example: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    example["expect"]["summary"] = json!("Good night");
    example["expect"]["artifacts"] = json!({ "NIGHT.md": "" });
    fs::write(&path, text(&example)).unwrap();
    let run = language.baton(workspace, &["plugin", "test", "--no-build", "hello"]).ended(1);
    for words in ["DIFFERS", "`Good night` in the summary: Hello, Ada.", "[NIGHT.md], got [HELLO.md]", "1 of 2"] {
        assert!(run.stdout.contains(words), "`{words}` in: {}", run.stdout);
    }
}

#[test]
fn a_plugin_in_rust_builds_outside_of_this_repository_and_runs() {
    holds(&Language::rust());
}

#[test]
fn a_plugin_in_python_builds_with_componentize_py_and_runs() {
    let language = or_skip!(Language::python());
    holds(&language);
}

#[test]
fn a_plugin_in_javascript_builds_with_componentize_js_and_runs() {
    let language = or_skip!(Language::javascript());
    holds(&language);
}

#[test]
fn the_steps_of_the_readme_lead_to_a_plugin_in_rust() {
    follows(&Language::rust(), "", "rust", "src/lib.rs");
}

#[test]
fn the_steps_of_the_readme_lead_to_a_plugin_in_python() {
    let language = or_skip!(Language::python());
    follows(&language, "--lang python", "python", "src/app.py");
}

#[test]
fn the_steps_of_the_readme_lead_to_a_plugin_in_javascript() {
    let language = or_skip!(Language::javascript());
    follows(&language, "--lang javascript", "js", "src/app.js");
}

/// Follows `plugins/README.md` from the start to a running plugin and asserts that its commands, code and example work. Only the
/// downloads of the language's tools are left out.
fn follows(language: &Language, option: &str, block: &str, file: &str) {
    let readme = fs::read_to_string(repository().join("plugins/README.md")).unwrap();
    let (_, steps) = readme.split_once("## From nothing to an installed plugin").unwrap();
    let blocks = |kind: &str| -> Vec<&str> {
        let fence = format!("\n```{kind}\n");
        steps.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
    };
    let workspace = Workspace::init();
    let folder = workspace.root().join("hello");

    let (new, _) = blocks("sh")[0].split_once(" #").unwrap();
    assert!(blocks("sh")[0].contains(option), "{option} is named");
    step(language, &workspace, workspace.root(), &format!("{new} {option}")).ended(0);
    fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    fs::write(folder.join(file), blocks(block)[0]).unwrap();
    fs::write(folder.join("examples/greets-by-name.json"), blocks("json")[0]).unwrap();

    let (_, console) = steps.split_once("```\n$ ").unwrap();
    let (command, shown) = console.split_once("```").unwrap().0.split_once('\n').unwrap();
    let tried = step(language, &workspace, &folder, command);
    assert_eq!(tried.code, 0, "{}\n{}", tried.stdout, tried.stderr);
    assert_eq!(without_times(&tried.stdout), without_times(shown));

    let mut digest = String::new();
    for line in blocks("sh")[1].lines() {
        let run = step(language, &workspace, workspace.root(), &line.replace("DIGEST", &digest));
        assert_eq!(run.code, 0, "{line}: {}\n{}", run.stdout, run.stderr);
        if line.contains("waits for approval") {
            digest = run.stdout.trim_end().rsplit_once('@').unwrap().1.to_owned();
        }
    }
    assert_eq!(workspace.read("reports/HELLO.md"), "# Hello, Ada\n");
}

/// Runs one line of the README in a folder.
fn step(language: &Language, workspace: &Workspace, folder: &Path, line: &str) -> Output {
    let (line, _) = line.split_once(" #").unwrap_or((line, ""));
    let mut command = workspace.command();
    command.args(line.split_whitespace().skip(1)).current_dir(folder).env("PATH", language.path());
    as_at_home(&mut command);
    Output::within(&mut command, PATIENCE)
}

/// The words of each line, without the duration of an example.
fn without_times(table: &str) -> Vec<Vec<&str>> {
    let is_time = |word: &str| word == "ms" || word.bytes().all(|byte| byte.is_ascii_digit());
    table.lines().map(|line| line.split_whitespace().filter(|word| !is_time(word)).collect()).collect()
}

/// A plugin in Python uses the host's files, time, random numbers and log through ordinary Python.
#[test]
fn a_plugin_in_python_reads_granted_folders_and_no_others() {
    let said = "a.md 8; denied denied denied";
    let language = or_skip!(Language::python());
    reads(&language, "app.py", PYTHON_READER, said);
}

/// Follows the section about requests in the template's README exactly.
#[test]
fn a_plugin_in_python_sends_the_requests_of_its_readme() {
    let language = or_skip!(Language::python());
    let workspace = Workspace::init();
    let folder = language.new_plugin(&workspace);
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let (_, fetching) = readme.split_once("## A plugin that sends requests").unwrap();
    let blocks: Vec<&str> =
        fetching.split("```").skip(1).step_by(2).filter_map(|block| Some(block.split_once('\n')?.1)).collect();
    let [asks, app, example] = blocks[..] else { panic!("three blocks in: {fetching}") };
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    assert_eq!(manifest.matches("  \"capabilities\": {},\n").count(), 1, "{manifest}");
    fs::write(folder.join("manifest.json"), manifest.replace("  \"capabilities\": {},\n", asks)).unwrap();
    fs::write(folder.join("src/app.py"), app).unwrap();
    fs::write(folder.join("examples/fetches.json"), example).unwrap();
    let mut unavailable: Value = serde_json::from_str(example).unwrap();
    unavailable["servers"]["https://api.example.org"][0]["status"] = json!(404);
    unavailable["expect"] = json!({ "state": "failed", "summary": "the server answered 404: {\"greeting\":\"Hej\"}" });
    fs::write(folder.join("examples/greets-by-name.json"), text(&unavailable)).unwrap();
    fs::remove_file(folder.join("examples/refuses-a-number.json")).unwrap();
    let run = language.baton(&workspace, &["plugin", "test", "hello"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
}

/// Request bodies that are larger than one write, methods, and the messages for refused requests.
#[test]
fn a_plugin_in_python_sends_bodies_and_reads_why_a_request_was_refused() {
    let language = or_skip!(Language::python());
    let workspace = Workspace::init();
    let folder = language.new_plugin(&workspace);
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let asks =
        r#""capabilities": { "http": [{ "rule": "PUT:https://api.example.org/*", "reason": "to keep notes" }] }"#;
    fs::write(folder.join("manifest.json"), manifest.replace(r#""capabilities": {}"#, asks)).unwrap();
    fs::write(folder.join("src/app.py"), PYTHON_SENDER).unwrap();
    fs::remove_file(folder.join("examples/refuses-a-number.json")).unwrap();
    let example = json!({
        "handoff": { "title": "Keep notes" },
        "servers": { "https://api.example.org": [
            { "request": "PUT /notes", "with_body": "n".repeat(100_000) + "!", "status": 201, "headers": { "x-kept": "yes" }, "body": "kept" },
        ] },
        "expect": { "summary": "201 kept yes; the request GET https://elsewhere.example.org/ was not sent" },
    });
    fs::write(folder.join("examples/greets-by-name.json"), text(&example)).unwrap();
    let run = language.baton(&workspace, &["plugin", "test", "hello"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
}

/// The address of a host that the operator sets is read through `baton:plugin/http`.
#[test]
fn a_plugin_in_python_sends_requests_to_the_host_that_the_operator_sets() {
    let language = or_skip!(Language::python());
    let workspace = Workspace::init();
    let folder = language.new_plugin(&workspace);
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let asks = r#""capabilities": {
        "hosts": [{ "name": "wiki", "reason": "the wiki that it reads" }],
        "http": [{ "rule": "GET:{wiki}/*", "reason": "to read pages" }]
    }"#;
    fs::write(folder.join("manifest.json"), manifest.replace(r#""capabilities": {}"#, asks)).unwrap();
    fs::write(folder.join("src/app.py"), PYTHON_WIKI).unwrap();
    fs::remove_file(folder.join("examples/refuses-a-number.json")).unwrap();
    let example = json!({
        "handoff": { "title": "Read" },
        "hosts": { "wiki": "https://wiki.example.org/w" },
        "servers": { "https://wiki.example.org": [{ "request": "GET /w/page", "body": "Hello" }] },
        "expect": { "summary": "https://wiki.example.org/w says Hello; nothing" },
    });
    fs::write(folder.join("examples/greets-by-name.json"), text(&example)).unwrap();
    let run = language.baton(&workspace, &["plugin", "test", "hello"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
}

const PYTHON_WIKI: &str = r#"
from fetch import fetch
from wit_world import exports
from wit_world.imports import http
from wit_world.imports.types import Outcome, OutcomeKind, Task

class Handler(exports.Handler):
    def run(self, task: Task) -> Outcome:
        wiki = http.address("wiki")
        page = fetch(f"{wiki}/page").text()
        return Outcome(OutcomeKind.DONE, f"{wiki} says {page}; {http.address('feed') or 'nothing'}", [], [], [])
"#;

const PYTHON_SENDER: &str = r#"
from componentize_py_types import Err
from fetch import fetch
from wit_world import exports
from wit_world.imports.types import Outcome, OutcomeKind, Task

class Handler(exports.Handler):
    def run(self, task: Task) -> Outcome:
        put = fetch("https://api.example.org/notes", "PUT", {"content-type": "text/plain"}, b"n" * 100_000 + b"!")
        try:
            refused = fetch("https://elsewhere.example.org/").text()
        except Err as error:
            refused = error.value.value
        said = f"{put.status} {put.text()} {dict(put.headers)['x-kept'].decode()}; {refused}"
        return Outcome(OutcomeKind.DONE, said, [], [], [])
"#;

/// JavaScript itself has no file functions; the template provides them.
#[test]
fn a_plugin_in_javascript_reads_granted_folders_and_no_others() {
    let said = "a.md 8; not-permitted; /etc/passwd is not in a granted folder";
    let language = or_skip!(Language::javascript());
    reads(&language, "app.js", JAVASCRIPT_READER, said);
}

/// Asserts that a plugin with this source, which may read `plans` and write to `out`, has the summary `said`.
fn reads(language: &Language, file: &str, source: &str, said: &str) {
    let workspace = Workspace::init();
    let folder = language.new_plugin(&workspace);
    fs::write(folder.join("src").join(file), source).unwrap();
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let asks = r#""capabilities": { "files": [
        { "folder": "plans", "mode": "ro", "reason": "to count" }, { "folder": "out", "mode": "rw", "reason": "to write" }
    ] }"#;
    fs::write(folder.join("manifest.json"), manifest.replace(r#""capabilities": {}"#, asks)).unwrap();
    fs::remove_file(folder.join("examples/refuses-a-number.json")).unwrap();
    let example = json!({
        "handoff": { "title": "Count" },
        "files": { "plans/a.md": "one\ntwo\n" },
        "expect": { "summary": said, "artifacts": { "copy.md": "written and read: two" } },
    });
    fs::write(folder.join("examples/greets-by-name.json"), text(&example)).unwrap();
    let run = language.baton(&workspace, &["plugin", "test", "hello"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
}

const PYTHON_READER: &str = r#"
import os, random, socket, sys, time
from wit_world import exports
from wit_world.imports.types import Artifact, Outcome, OutcomeKind, Task

def tried(work):
    try:
        return str(work())
    except OSError as error:
        return "denied"
    except Exception as error:
        return repr(error)

class Handler(exports.Handler):
    def run(self, task: Task) -> Outcome:
        plans, out = (mount.path for mount in task.mounts)
        said = []
        for name in sorted(os.listdir(plans)):
            with open(f"{plans}/{name}") as file:
                said.append(f"{name} {len(file.read())}")
        assert time.time() > 1.7e9 and 0 <= random.random() < 1
        print("read", len(said), file=sys.stderr)
        with open(f"{out}/copy.md", "w") as file:
            file.write("written and read: two")
        with open(f"{out}/copy.md", "rb") as file:
            copy = Artifact("copy.md", "text/markdown", file.read())
        denied = " ".join(tried(work) for work in (
            lambda: open(f"{plans}/a.md", "w"),
            lambda: socket.socket().connect(("127.0.0.1", 9)),
            lambda: open("/etc/passwd"),
        ))
        return Outcome(OutcomeKind.DONE, f"{'; '.join(said)}; {denied}", [], [copy], [])
"#;

const JAVASCRIPT_READER: &str = r#"
import { list, readFile, readText, writeFile } from "./files.js";

async function tried(work) {
  try { return String(await work()); } catch (error) { return error.message; }
}

export const handler = {
  async run(task) {
    const [plans, out] = task.mounts.map((mount) => mount.path);
    const said = list(plans).map((name) => `${name} ${readText(`${plans}/${name}`).length}`);
    if (Date.now() < 1.7e12 || !(Math.random() < 1)) throw { tag: "permanent", val: "no clock or no chance" };
    console.log("read", said.length);
    writeFile(`${out}/copy.md`, "written and read: two");
    const copy = { name: "copy.md", mediaType: "text/markdown", bytes: readFile(`${out}/copy.md`) };
    const write = await tried(() => writeFile(`${plans}/a.md`, "x"));
    said.push(write.replace(`${plans}/a.md: `, ""));
    said.push(await tried(() => readText("/etc/passwd")));
    return { kind: "done", summary: said.join("; "), nextSteps: [], artifacts: [copy], findings: [] };
  },
};
"#;

/// Measures and prints figures: `--run-ignored all -E 'test(figures)' --no-capture`.
#[test]
#[ignore = "compiles everything cold, to measure it"]
#[expect(clippy::print_stderr, reason = "the figures are what it is for")]
fn figures() {
    for language in [Ok(Language::rust()), Language::python(), Language::javascript()].into_iter().flatten() {
        let workspace = Workspace::init();
        let folder = language.new_plugin(&workspace);
        let begun = Instant::now();
        language.baton(&workspace, &["plugin", "build", "hello"]).ended(0);
        let built = begun.elapsed();
        let component = fs::read(folder.join("hello.wasm")).unwrap();
        let sandbox = Sandbox::new(None).unwrap();
        let begun = Instant::now();
        let plugin = sandbox.load(&component).unwrap();
        let compiled = begun.elapsed();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut calls: Vec<Duration> = Vec::new();
        let mut memory = 0_u64;
        for _ in 0..101 {
            let begun = Instant::now();
            let report = runtime.block_on(sandbox.run(&plugin, attempt()));
            assert_eq!(report.ended.unwrap().summary, "Hello, Ada.");
            calls.push(begun.elapsed());
            memory = report.usage.of(ResourceLimit::Memory).map_or(0, |memory| memory.used);
        }
        calls.sort();
        eprintln!(
            "{}: {} bytes, built in {built:.1?}, compiled in {compiled:.1?}, a call in a fresh store {:.2?} (median of \
             101, slowest {:.2?}), {} KiB of memory, pool: {}",
            language.name,
            component.len(),
            calls[50],
            calls[100],
            memory >> 10,
            sandbox.is_pooled(),
        );
    }
}

fn attempt() -> AttemptRequest {
    AttemptRequest::new(wit::Task {
        id: "0123456789abcdef".to_owned(),
        attempt: 1,
        action: "greet".to_owned(),
        args: r#"{"name":"Ada"}"#.to_owned(),
        cause: wit::Cause::Call,
        handoff: None,
        mounts: Vec::new(),
        answer: None,
        now: "2026-01-18T10:15:00Z".to_owned(),
    })
}
