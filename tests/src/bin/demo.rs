//! `cargo xtask demo`: three agents work through Baton, without a language model. Each agent is a scripted MCP client of
//! `baton mcp`. Exits with an error if a step does not hold.
#![expect(clippy::print_stdout, reason = "the demo tells what happens")]

use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use baton_tests::{McpClient, Workspace};
use serde_json::{Value, json};

const PLAN: &str = "plans/PUMP.md";
const PLAN_TEXT: &str = "# Pump\n\n## Deliverables\n\n- [ ] `src/pump.py`\n";
const DELIVERABLE: &str = "src/pump.py";
const PROGRAM: &str = "def flow(litres, seconds):\n    return litres / seconds\n\n\nprint(flow(10, 5))\n";
const REPORT: &str = "docs/pump-test.md";

fn main() -> anyhow::Result<()> {
    let begun = Instant::now();
    println!(
        "Three agents work through Baton: Planner, Builder and Tester. Each is a scripted MCP client; no model runs."
    );
    let workspace = Workspace::init();
    for agent in ["Planner", "Builder", "Tester"] {
        std::fs::create_dir_all(workspace.inbox_of(agent)).context("failed to create an inbox")?;
    }
    let daemon = workspace.up_and_serving();
    step("A workspace in a temporary folder; `baton up` serves it with the bundled audit plugin");

    let mut agents = Agents::start(&workspace);
    let id = agents.plan(&workspace)?;
    agents.claim(&id)?;
    agents.false_return(&id)?;
    agents.true_return(&workspace, &id)?;
    agents.test(&workspace, &id)?;

    drop(agents);
    ensure!(daemon.stop().success(), "the daemon did not stop cleanly");
    let verified = workspace.baton(&["ledger", "verify"]);
    ensure!(verified.code == 0, "the ledger is damaged: {}", verified.stderr);
    step("The daemon has stopped");
    result("baton ledger verify", verified.stdout.lines().next().unwrap_or_default());
    println!("\nEvery step holds. {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// The sessions of the three agents.
struct Agents {
    planner: McpClient,
    builder: McpClient,
    tester: McpClient,
}

impl Agents {
    fn start(workspace: &Workspace) -> Self {
        let start = |agent| McpClient::start(workspace, agent);
        Self { planner: start("Planner"), builder: start("Builder"), tester: start("Tester") }
    }

    /// The plan and its handoff. Returns the id of the request.
    fn plan(&mut self, workspace: &Workspace) -> anyhow::Result<String> {
        step("Planner writes a plan and hands it to Builder");
        workspace.write(PLAN, PLAN_TEXT);
        result(PLAN, &format!("promises {DELIVERABLE}"));
        let text = format!("Do {PLAN}: write `{DELIVERABLE}`.");
        let sent =
            call(&mut self.planner, "send", json!({ "to": "Builder", "title": "Build the pump", "text": text }))?;
        result("send", &format!("{} → {}", word(&sent, "handoff_id"), word(&sent, "to")));
        let work = call(&mut self.builder, "wait_for_work", json!({ "timeout_seconds": 30 }))?;
        let item = work.pointer("/items/0").context("Builder was not woken")?;
        ensure!(word(item, "title") == "Build the pump", "Builder was woken with {item}");
        result("wait_for_work", &format!("Builder is woken: {} from {}", word(item, "title"), word(item, "from")));
        Ok(word(item, "id"))
    }

    fn claim(&mut self, id: &str) -> anyhow::Result<()> {
        step("Builder claims and reads it; another agent cannot");
        call(&mut self.builder, "claim", json!({ "id": id }))?;
        let read = call(&mut self.builder, "read", json!({ "id": id }))?;
        ensure!(word(&read, "text").contains(DELIVERABLE), "the request has another text: {read}");
        result("read", &word(&read, "text"));
        let Err(refused) = self.tester.try_call("claim", json!({ "id": id })) else {
            bail!("Tester could claim a request of Builder");
        };
        result("claim (Tester)", &refused);
        Ok(())
    }

    fn false_return(&mut self, id: &str) -> anyhow::Result<()> {
        step("Builder answers that it is done. It is not: the file does not exist");
        let returned = self.give_return(id)?;
        ensure!(has(&returned, "disputed", "refuted"), "a false RETURN was believed: {returned}");
        let inbox = self.builder.inbox();
        ensure!(inbox.iter().any(|open| open == id), "the request is not in the inbox again: {inbox:?}");
        result("inbox", "the request is open again");
        Ok(())
    }

    fn true_return(&mut self, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
        step("Builder does the work and answers again");
        workspace.write(DELIVERABLE, PROGRAM);
        let returned = self.give_return(id)?;
        ensure!(has(&returned, "succeeded", "verified"), "a true RETURN was not verified: {returned}");
        let news = call(&mut self.planner, "inbox", json!({}))?;
        ensure!(news.to_string().contains("RETURN: Build the pump"), "Planner has no RETURN: {news}");
        result("inbox (Planner)", "has the RETURNs");
        Ok(())
    }

    /// The builder hands its work to the tester, and gets a RETURN.
    fn test(&mut self, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
        step("Builder asks Tester to test it; Tester answers with a report");
        let request =
            json!({ "to": "Tester", "title": "Test the pump", "text": "Write what you saw.", "depends_on": [id] });
        call(&mut self.builder, "send", request)?;
        let work = call(&mut self.tester, "wait_for_work", json!({ "timeout_seconds": 30 }))?;
        let id = work.pointer("/items/0/id").and_then(Value::as_str).context("Tester was not woken")?.to_owned();
        call(&mut self.tester, "claim", json!({ "id": id }))?;
        workspace.write(REPORT, "# Test of the pump\n\nTen litres in five seconds are two litres a second.\n");
        let answer = json!({ "id": id, "status": "completed", "summary": "It pumps.", "files": [REPORT] });
        let returned = call(&mut self.tester, "return", answer)?;
        ensure!(has(&returned, "succeeded", "verified"), "the RETURN of Tester was not verified: {returned}");
        result("return", &outcome(&returned));
        Ok(())
    }

    fn give_return(&mut self, id: &str) -> anyhow::Result<Value> {
        let answer = json!({ "id": id, "status": "completed", "summary": "Built the pump.", "files": [DELIVERABLE] });
        let returned = call(&mut self.builder, "return", answer)?;
        result("return", &outcome(&returned));
        Ok(returned)
    }
}

fn call(client: &mut McpClient, tool: &str, arguments: Value) -> anyhow::Result<Value> {
    client.try_call(tool, arguments).map_err(|error| anyhow::anyhow!("{tool}: {error}"))
}

fn has(returned: &Value, state: &str, evidence: &str) -> bool {
    word(returned, "state") == state && word(returned, "evidence") == evidence
}

fn outcome(returned: &Value) -> String {
    format!("{}, {}: {}", word(returned, "evidence"), word(returned, "state"), word(returned, "reason"))
}

fn word(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn step(text: &str) {
    println!("\n● {text}");
}

fn result(what: &str, text: &str) {
    println!("    {what:<16} {text}");
}
