//! The audit as a loop: the audit requests a missing deliverable, an agent creates it or only claims to, and the audit checks again
//! automatically.
//!
//! The test acts as the agent. It checks only the inbox, `status`, `why` and the JSON report.

mod gaps;
mod grants;
mod kills;
mod many;
mod order;
mod quiet;
mod returns;
mod sessions;

use baton_tests::{Task, Workspace, text};
use serde_json::{Value, json};

const PLAN_FILE: &str = "plans/TILL.md";

/// A plan that marks the first of its two deliverables as done.
const PLAN: &str = "# Till\n\n**Owner:** Claude-MM1\n\n## Deliverables\n\n- [x] `src/till.py`\n- [ ] `src/drawer.py`\n";

/// A plan with only the second deliverable.
const DRAWER_PLAN: &str = "# Till\n\n**Owner:** Claude-MM1\n\n## Deliverables\n\n- [ ] `src/drawer.py`\n";

const TILL: &str = "src/till.py";
const DRAWER: &str = "src/drawer.py";

/// The prefix of the names of plan reports.
const REPORTS: &str = "PLANS_AUDIT_REPORT_";

/// A file that is not a stub.
const REAL: &str =
    "def total(prices):\n    return sum(price for price in prices if price > 0)\n\n\nprint(total([1, 2, 3]))\n";

/// The title of the request for one deliverable of a plan.
fn title_in(plan: &str, path: &str) -> String {
    format!("Make {path} ({plan})")
}

/// The title of the request for one deliverable.
fn title(path: &str) -> String {
    title_in(PLAN_FILE, path)
}

/// The title of the request for several gaps of the plan.
fn list_title(gaps: usize) -> String {
    format!("Close {gaps} gaps of {PLAN_FILE}")
}

/// The paths that a request lists, each with its status and round.
#[track_caller]
fn items(workspace: &Workspace, request: &Task) -> Vec<(String, String, u64)> {
    let args = handoff_of(workspace, request)["args"].clone();
    let items = args["items"].as_array().expect("a request lists items").iter();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.map(|item| (word(&item["path"]), word(&item["status"]), item["round"].as_u64().unwrap_or_default())).collect()
}

/// The requests for a deliverable, newest first.
fn requests(workspace: &Workspace, path: &str) -> Vec<Task> {
    workspace.tasks(&title(path))
}

/// The states of the requests for a deliverable, newest first.
fn states(workspace: &Workspace, path: &str) -> Vec<String> {
    requests(workspace, path).into_iter().map(|task| task.state).collect()
}

/// The handoff of a request in its agent's inbox.
#[track_caller]
fn handoff_of(workspace: &Workspace, request: &Task) -> Value {
    let file = request.file.as_deref().expect("a request has a file");
    serde_json::from_str(&workspace.read(file)).expect("a handoff is JSON")
}

/// The finished tasks of the audit, oldest first.
fn audits(workspace: &Workspace) -> Vec<Task> {
    let mut tasks: Vec<Task> = workspace.tasks_of("audit").into_iter().filter(Task::is_final).collect();
    tasks.retain(|task| task.attempts > 0);
    tasks.reverse();
    tasks
}

/// The summary of the audit's last finished task.
fn last_summary(workspace: &Workspace) -> String {
    audits(workspace).pop().map(|task| task.reason).unwrap_or_default()
}

/// The names of the JSON reports, oldest first.
fn report_names(workspace: &Workspace, kind: &str) -> Vec<String> {
    let names = workspace.list("reports").into_iter().filter(|name| name.starts_with(kind));
    let mut stems: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    stems.sort();
    stems
}

/// The newest plan report as JSON.
fn last_report(workspace: &Workspace) -> Option<Value> {
    let newest = report_names(workspace, REPORTS).len().checked_sub(1)?;
    Some(nth_report(workspace, newest))
}

/// A plan report as JSON; 0 is the oldest one.
#[track_caller]
fn nth_report(workspace: &Workspace, nth: usize) -> Value {
    let name = &report_names(workspace, REPORTS)[nth];
    serde_json::from_str(&workspace.read(&format!("reports/{name}.json"))).expect("a report is JSON")
}

/// The ids of a report's findings.
fn findings(report: &Value) -> Vec<(String, String)> {
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("a report has findings");
    findings.iter().map(|finding| (word(finding, "id"), word(finding, "weight"))).collect()
}

/// The follow-ups of a report: path, state, round.
fn follow_ups<'a>(report: &'a Value) -> Vec<(&'a str, &'a str, u64)> {
    let rows = report["parts"]["follow_ups"].as_array().expect("a report has follow-ups");
    let word = |value: &'a Value| value.as_str().unwrap_or_default();
    let row = |row: &'a Value| (word(&row["path"]), word(&row["state"]), row["round"].as_u64().unwrap_or_default());
    rows.iter().map(row).collect()
}

/// A RETURN of `from` to `to` for `request`; it claims that `path` was created.
fn answer(from: &str, to: &str, request: &Task, path: &str) -> Value {
    json!({
        "type": "RETURN_HANDOFF",
        "timestamp": "2026-01-18T12:00:00Z",
        "executing_agent": from,
        "originating_agent": to,
        "status": "completed",
        "title": format!("Answer {}", request.id),
        "original_handoff": { "handoff_id": request.handoff_id },
        "artifacts_created": [path],
    })
}

/// Sends the agent's RETURN to the audit; it claims that `path` was created. Returns its title.
fn answer_to_the_audit(workspace: &Workspace, request: &Task, path: &str) -> String {
    let value = answer(&request.agent, "audit", request, path);
    workspace.drop_file("audit", &format!("answer-{}.json", request.id), text(&value));
    value["title"].as_str().unwrap_or_default().to_owned()
}

/// The flags that the audit has set on a task.
fn flags(workspace: &Workspace, id: &str) -> Vec<String> {
    let flags = workspace.why(id).flags.into_iter();
    flags.filter(|flag| flag.by == "audit").map(|flag| format!("{}: {}", flag.severity, flag.title)).collect()
}
