//! Independent judges of the MCP server: the official conformance suite over HTTP, and the Inspector over stdio.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use baton_tests::{McpClient, Output, Workspace, or_skip, tools};
use serde_json::{Value, json};

use super::http::HttpWorkspace;
use super::{request, workspace};

/// The checks need a tool, a resource or a prompt of the suite's own example server, such as `test_simple_text`.
const FIXTURES: &str = "needs the suite's example server";

/// Optional parts of the protocol, which this server does not declare: completion, logging, subscriptions.
const NOT_OFFERED: &str = "an optional part that the server does not declare";

/// The Tasks extension is tested with the suite's tools `slow_compute`, `greet`, `failing_job` and `confirm_delete`.
/// `rmcp_client.rs` tests the behaviour of the first three with actions of plugins. `confirm_delete` does not apply,
/// because Baton's tasks never ask a client for input.
const TASKS: &str = "needs tools of the suite's example server that make tasks";

/// The suite expects that requests of a web page on loopback are served. This server has no web pages, so it refuses every
/// request with an `Origin`.
const ORIGIN: &str = "every Origin is refused, that of loopback too";

/// The scenarios that fail, the number of checks that fail in each, and why they do not apply.
const STATELESS: [(&str, u32, &str); 38] = [
    ("server-stateless", 4, FIXTURES),
    ("completion-complete", 1, NOT_OFFERED),
    ("tools-call-simple-text", 1, FIXTURES),
    ("tools-call-image", 1, FIXTURES),
    ("tools-call-audio", 1, FIXTURES),
    ("tools-call-embedded-resource", 1, FIXTURES),
    ("tools-call-mixed-content", 1, FIXTURES),
    ("tools-call-error", 1, FIXTURES),
    ("tools-call-with-progress", 1, FIXTURES),
    ("resources-read-text", 1, FIXTURES),
    ("resources-read-binary", 1, FIXTURES),
    ("resources-templates-read", 1, FIXTURES),
    ("prompts-get-simple", 1, FIXTURES),
    ("prompts-get-with-args", 1, FIXTURES),
    ("prompts-get-embedded-resource", 1, FIXTURES),
    ("prompts-get-with-image", 1, FIXTURES),
    ("dns-rebinding-protection", 1, ORIGIN),
    ("input-required-result-basic-elicitation", 1, FIXTURES),
    ("input-required-result-basic-sampling", 1, FIXTURES),
    ("input-required-result-basic-list-roots", 1, FIXTURES),
    ("input-required-result-request-state", 1, FIXTURES),
    ("input-required-result-multiple-input-requests", 1, FIXTURES),
    ("input-required-result-multi-round", 1, FIXTURES),
    ("input-required-result-non-tool-request", 1, FIXTURES),
    ("input-required-result-result-type", 1, FIXTURES),
    ("input-required-result-tampered-state", 1, FIXTURES),
    ("input-required-result-capability-check", 1, FIXTURES),
    ("tasks-lifecycle", 8, TASKS),
    ("tasks-capability-negotiation", 2, TASKS),
    ("tasks-wire-fields", 3, TASKS),
    ("tasks-request-state-removal", 1, TASKS),
    ("tasks-mrtr-input", 3, TASKS),
    ("tasks-request-headers", 3, TASKS),
    ("tasks-dispatch-and-envelope", 5, TASKS),
    ("tasks-required-task-error", 1, TASKS),
    ("tasks-mrtr-composition", 1, TASKS),
    ("json-schema-2020-12", 1, FIXTURES),
    ("http-custom-header-server-validation", 5, FIXTURES),
];

/// As `STATELESS`, for the version with sessions.
const SESSIONS: [(&str, u32, &str); 25] = [
    ("logging-set-level", 1, NOT_OFFERED),
    ("completion-complete", 1, NOT_OFFERED),
    ("tools-call-simple-text", 1, FIXTURES),
    ("tools-call-image", 1, FIXTURES),
    ("tools-call-audio", 1, FIXTURES),
    ("tools-call-embedded-resource", 1, FIXTURES),
    ("tools-call-mixed-content", 1, FIXTURES),
    ("tools-call-with-logging", 1, FIXTURES),
    ("tools-call-error", 1, FIXTURES),
    ("tools-call-with-progress", 1, FIXTURES),
    ("tools-call-sampling", 1, FIXTURES),
    ("tools-call-elicitation", 1, FIXTURES),
    ("elicitation-sep1034-defaults", 1, FIXTURES),
    ("elicitation-sep1330-enums", 1, FIXTURES),
    ("resources-read-text", 1, FIXTURES),
    ("resources-read-binary", 1, FIXTURES),
    ("resources-templates-read", 1, FIXTURES),
    ("resources-subscribe", 1, NOT_OFFERED),
    ("resources-unsubscribe", 1, NOT_OFFERED),
    ("prompts-get-simple", 1, FIXTURES),
    ("prompts-get-with-args", 1, FIXTURES),
    ("prompts-get-embedded-resource", 1, FIXTURES),
    ("prompts-get-with-image", 1, FIXTURES),
    ("dns-rebinding-protection", 1, ORIGIN),
    ("json-schema-2020-12", 1, FIXTURES),
];

/// Adds the token to the requests of the suite, which cannot send one.
struct WithToken {
    proxy: Child,
    port: String,
}

impl WithToken {
    fn new(node: &Path, served: &HttpWorkspace) -> Self {
        let script = served.workspace.outside().join("with_token.mjs");
        fs::write(&script, include_str!("with_token.mjs")).unwrap();
        let mut command = served.workspace.command_of(node.join("node"));
        command.arg(script).args([served.port.to_string(), served.token("Codex-MM1")]);
        let mut proxy = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { proxy, port: port.trim().to_owned() }
    }
}

impl Drop for WithToken {
    fn drop(&mut self) {
        drop(self.proxy.kill());
        drop(self.proxy.wait());
    }
}

/// The failed checks of each scenario in the suite's summary.
fn scenarios(report: &str) -> BTreeMap<&str, u32> {
    let summary = report.split("=== SUMMARY ===").nth(1).unwrap_or_else(|| panic!("no summary: {report}"));
    let rows = summary.lines().filter_map(|line| line.strip_prefix("✓ ").or_else(|| line.strip_prefix("✗ ")));
    let counted = rows.filter_map(|line| {
        let (name, counts) = line.split_once(": ")?;
        let failed = counts.split(", ").nth(1)?.strip_suffix(" failed")?;
        Some((name, failed.parse().ok()?))
    });
    counted.collect()
}

fn conforms(version: &str, least: usize, known: &[(&str, u32, &str)]) {
    let node = or_skip!(tools("agents/node_modules/.bin", "node"));
    let suite = or_skip!(tools("judges", "node_modules/.bin/conformance")).join("node_modules/.bin/conformance");
    let served = HttpWorkspace::new();
    let proxy = WithToken::new(&node, &served);
    let url = format!("http://127.0.0.1:{}/mcp", proxy.port);
    let mut command = served.workspace.command_of(node.join("node"));
    let output = Output::of(command.arg(suite).args(["server", "--url", &url, "--requirements", version]));
    let found = scenarios(&output.stdout);
    assert!(found.len() >= least, "{}", output.stdout);
    let failed: BTreeMap<&str, u32> = found.into_iter().filter(|(_, failed)| *failed > 0).collect();
    let expected: BTreeMap<&str, u32> = known.iter().map(|(name, failed, _)| (*name, *failed)).collect();
    assert_eq!(failed, expected, "{}", output.stdout);
}

#[test]
fn the_conformance_suite_passes_but_for_a_justified_list_without_sessions() {
    conforms("2026-07-28", 45, &STATELESS);
}

#[test]
fn the_conformance_suite_passes_but_for_a_justified_list_with_sessions() {
    conforms("2025-11-25", 33, &SESSIONS);
}

/// Runs the Inspector with the agent's server, which gets none of this process's environment.
fn inspector(program: &Path, node: &Path, workspace: &Workspace, era: &str, words: &[&str]) -> Output {
    let (root, state) = (workspace.root().display().to_string(), workspace.state_folder().display().to_string());
    let mut command: Command = workspace.command_of(node.join("node"));
    command.arg(program).args(["--cli", "--protocol-era", era]).args(words);
    command.arg("--").arg(baton_tests::baton()).args(["-w", &root, "--state", &state, "mcp", "--agent", "Codex-MM1"]);
    Output::of(&mut command)
}

#[test]
fn the_inspector_lists_and_calls_every_tool() {
    let node = or_skip!(tools("agents/node_modules/.bin", "node"));
    let program = or_skip!(tools("judges", "node_modules/.bin/mcp-inspector")).join("node_modules/.bin/mcp-inspector");
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    for era in ["modern", "legacy"] {
        let (title, asked) = (format!("Look at {era}"), format!("Ask in {era}"));
        let (id, asks) = (request(&workspace, &title, None), request(&workspace, &asked, None));
        let run = |words: &[&str]| inspector(&program, &node, &workspace, era, words);
        let listed = run(&["--method", "tools/list", "--strict"]).ended(0).json();
        let mut left: Vec<&str> =
            listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        let (id_word, asks_word) = (format!("id={id}"), format!("id={asks}"));
        let calls: [(&str, &[&str]); 12] = [
            ("inbox", &[]),
            ("wait_for_work", &["timeout_seconds=1"]),
            ("read", &[&id_word]),
            ("claim", &[&id_word]),
            ("progress", &[&id_word, "message=half"]),
            ("release", &[&id_word, "reason=later"]),
            ("ask", &[&asks_word, "question=Which?"]),
            ("return", &[&id_word, "status=completed", "summary=Done"]),
            ("send", &["to=Claude-MM1", "title=Thanks"]),
            ("status", &[]),
            ("why", &[&id_word]),
            ("noop", &[]),
        ];
        for (tool, arguments) in calls {
            let mut words = vec!["--method", "tools/call", "--tool-name", tool];
            for argument in arguments {
                words.extend(["--tool-arg", argument]);
            }
            let output = run(&words);
            assert!(output.stdout.contains("structuredContent"), "{era} {tool}: {} {}", output.stdout, output.stderr);
            assert!(!output.stdout.contains("\"isError\": true"), "{era} {tool}: {}", output.stdout);
            left.retain(|name| *name != tool);
        }
        // Actions of plugins that need more than an empty workspace must answer too; the answer may be an error.
        for tool in left {
            let output = run(&["--method", "tools/call", "--tool-name", tool]);
            assert!(output.stdout.contains("\"content\""), "{era} {tool}: {} {}", output.stdout, output.stderr);
        }
        let mut codex = McpClient::start(&workspace, "Codex-MM1");
        let task: Value = codex.call("why", json!({ "id": id }));
        assert_eq!(task["task"]["state"], "succeeded", "{task}");
    }
}
