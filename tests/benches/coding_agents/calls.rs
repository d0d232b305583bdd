//! Compares a tool call with the same question as a command, with twenty requests in the inbox.

use std::time::Instant;

use anyhow::ensure;
use baton_tests::{McpClient, handoff, text};
use serde_json::{Value, json};

use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::{Scale, workspace};

const AGENT: &str = "Codex-MM1";

/// Requests in the inbox.
const WAITING: usize = 20;

pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    report.part(format!("an inbox with {WAITING} requests is listed"));
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    for number in 0..WAITING {
        let title = format!("Request {number}");
        workspace.drop_file(AGENT, &format!("{number}.json"), text(&handoff(AGENT, &title)));
        workspace.wait_for_state(&title, "delivered");
    }
    let mut client = McpClient::start(&workspace, AGENT);
    let (mut by_tool, mut by_program) = (Vec::new(), Vec::new());
    for _ in 0..scale.calls {
        let begun = Instant::now();
        let listed = client.call("inbox", json!({}));
        by_tool.push(begun.elapsed().as_secs_f64() * 1000.0);
        ensure!(listed["items"].as_array().map(Vec::len) == Some(WAITING), "the tool lists {listed}");
        let begun = Instant::now();
        let printed = workspace.baton(&["inbox", "list", "--agent", AGENT, "--json"]);
        by_program.push(begun.elapsed().as_secs_f64() * 1000.0);
        let count = serde_json::from_str(&printed.stdout).ok().as_ref().and_then(count);
        ensure!(count == Some(WAITING), "the program lists {}", printed.stdout);
    }
    let (tool, program) = (Samples::of(by_tool), Samples::of(by_program));
    report.latency("tool `inbox` over stdio", &tool, None);
    report.latency("`baton inbox list --json`, a process each", &program, None);
    let ratio = tool.median() / program.median();
    report.row(Row::new("tool / program, of the medians", format!("{ratio:.2} ×"), ""));
    Ok(())
}

/// The length of `listed` if it is a list, otherwise the length of the first list in the object `listed`.
fn count(listed: &Value) -> Option<usize> {
    let list = listed.as_array().or_else(|| listed.as_object()?.values().find_map(Value::as_array));
    list.map(Vec::len)
}
