//! Measures the time from the moment at which a request is visible in the inbox folder until a waiting client has the
//! id of the request.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::{McpClient, handoff, text};
use serde_json::json;

use crate::report::Report;
use crate::samples::Samples;
use crate::{Scale, workspace};

const AGENT: &str = "Codex-MM1";

pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    report.part("a client that waits over stdio is woken");
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let mut client = McpClient::start(&workspace, AGENT);
    let mut cursor = client.call("wait_for_work", json!({ "timeout_seconds": 1 }))["cursor"].clone();
    let mut times = Vec::new();
    for number in 0..scale.wakes {
        let arguments = json!({ "cursor": cursor, "timeout_seconds": 60 });
        let waiting = client.send("tools/call", json!({ "name": "wait_for_work", "arguments": arguments }));
        // Give the call time to arrive, so that its client waits.
        std::thread::sleep(Duration::from_millis(100));
        let request = text(&handoff(AGENT, &format!("Wake {number}")));
        let name = format!("{number}.json");
        let begun = Instant::now();
        workspace.drop_file(AGENT, &name, request);
        let response = client.response(waiting, Duration::from_mins(1)).context("the client was not woken")?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        let woken = McpClient::tool_result(&response).map_err(anyhow::Error::msg)?;
        ensure!(woken["items"].as_array().is_some_and(|items| !items.is_empty()), "woken without work: {woken}");
        cursor = woken["cursor"].clone();
    }
    report.latency("request visible → the client has its id", &Samples::of(times), None);
    Ok(())
}
