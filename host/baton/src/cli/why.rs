//! `baton why`: shows everything that happened to one task, and why.

mod commands;
mod events;
mod plugin;

use baton_core::State;
use baton_ledger::attempt_log::{self, AttemptLog};
use baton_ledger::command_check;
use baton_ledger::command_run;
use baton_ledger::event::{self, RecordedEvent};
use baton_ledger::finding::{self, Finding};
use baton_ledger::flag::{self, Flag};
use baton_ledger::return_check::{self, ReturnCheck};
use baton_ledger::supervision;
use baton_ledger::task::{self, TaskSummary};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::events::{event_json, events_table};
use super::task_view::held_text;
use super::{WorkspaceOptions, command_agents, task_selector, task_view};
use crate::cli::plugin::log::as_json as log_json;
use crate::exit::Code;
use crate::output::{self, Table, one_line, paint};

const LISTED: usize = 20;

/// The number of attempts whose log is shown; `--json` has all logs.
const LOGS: usize = 3;
const LOG_LINES: usize = 20;

/// Show what happened to a task and why
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id or the beginning of one, a handoff id, a file name, or a title; or `plugin NAME`: its installation, approval and
    /// grants
    #[arg(value_name = "ID", required = true)]
    id: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let (workspace, word) = (options.need()?, self.id.join(" "));
        if let Some(name) = word.strip_prefix("plugin ") {
            return plugin::show(&workspace, name.trim(), self.json);
        }
        let found = task_selector::to_show(task_view::reader(&workspace)?, &word);
        let (reader, task) = found.map_err(|error| match workspace.registry().manifest(&word) {
            Some(manifest) => error.context(format!("`{0}` is a plugin: baton why plugin {0}", manifest.name)),
            None => error,
        })?;
        let task = TaskSummary::from(task);
        let events = event::of_task(&reader, &task.id)?;
        if events.first().is_none_or(|first| first.event.action != "captured") {
            output::note("its first events were pruned; `baton ledger verify` shows where they are archived");
        }
        let findings = finding::of_task(&reader, &task.id)?;
        let flags = flag::of_task(&reader, &task.id)?;
        let checks = return_check::of_task(&reader, &task.id)?;
        let commands = command_check::of_task(&reader, &task.id)?;
        let runs = command_run::of_task(&reader, &task.id)?;
        let next_steps = task::next_steps(&reader, &task.id)?;
        let used =
            task::usage(&reader, &task.id)?.and_then(|used| serde_json::from_str(&used).ok()).unwrap_or_default();
        let logs = attempt_log::of_task(&reader, &task.id)?;
        let mut budgets = task_view::budgets_reached(&workspace, &reader, Timestamp::now())?;
        budgets.retain(|reached| reached.plugin == task.agent);
        if self.json {
            let mut value = as_json(&task, &events, (&findings, &flags), used);
            if let Some(value) = value.as_object_mut() {
                let budgets = budgets.iter().map(task_view::reached_json).collect();
                value.insert("budgets_reached".to_owned(), Value::Array(budgets));
                value.insert("next_steps".to_owned(), json!(next_steps));
                value.insert("checks".to_owned(), checks.iter().map(check_json).collect());
                value.insert("commands".to_owned(), commands.iter().map(commands::as_json).collect());
                value.insert("runs".to_owned(), runs.iter().map(command_agents::run_json).collect());
                value.insert("logs".to_owned(), logs.iter().map(log_json).collect());
            }
            output::json(&value);
        } else {
            output::print(&as_text(&task, &events, (&findings, &flags), &used));
            output::print(&list_checks(&checks));
            output::print(&commands::list(&commands));
            output::print(&command_agents::list_runs(&runs, Timestamp::now()));
            output::suggestions(&task.agent, &next_steps);
            output::print(&list_logs(&logs));
            let waits = matches!(task.state, State::Queued | State::Waiting);
            let held = supervision::quarantined_plugins(&reader, Timestamp::now())?;
            held.iter()
                .filter(|held| waits && held.agent == task.agent)
                .for_each(|held| output::note(&held_text(held)));
            for reached in budgets.iter().filter(|reached| waits || !reached.holds_tasks()) {
                output::note(&reached.text());
            }
        }
        Ok(Code::Good)
    }
}

fn as_json(
    task: &TaskSummary,
    events: &[RecordedEvent],
    (findings, flags): (&[Finding], &[Flag]),
    used: Map<String, Value>,
) -> Value {
    let events: Vec<Value> = events.iter().map(event_json).collect();
    let findings: Vec<Value> = findings.iter().map(finding_json).collect();
    let flag_json = |flag: &Flag| {
        let mut value = finding_json(&flag.finding);
        if let Some(value) = value.as_object_mut() {
            value.insert("by".to_owned(), json!(flag.by));
            value.insert("task".to_owned(), json!(flag.task));
        }
        value
    };
    let flags: Vec<Value> = flags.iter().map(flag_json).collect();
    let (mut value, deadline) = (json!({ "schema": 1 }), task.deadline.map(task_view::time));
    if let (Some(value), Value::Object(task)) = (value.as_object_mut(), task_view::as_json(task)) {
        value.extend(task);
        value.insert("events".to_owned(), Value::Array(events));
        value.insert("findings".to_owned(), Value::Array(findings));
        value.insert("flags".to_owned(), Value::Array(flags));
        value.insert("used".to_owned(), Value::Object(used));
        value.insert("deadline".to_owned(), json!(deadline));
    }
    value
}

fn finding_json(finding: &Finding) -> Value {
    let Finding { id, severity, title, evidence } = finding;
    json!({ "id": id, "severity": severity, "title": title, "evidence": evidence })
}

fn as_text(
    task: &TaskSummary,
    events: &[RecordedEvent],
    (findings, flags): (&[Finding], &[Flag]),
    used: &Map<String, Value>,
) -> String {
    let mut text = format!("{}  {}\n", task.id, one_line(&output::shorten(&task.title, 80)));
    let (from, state) = (task.sender.as_deref().unwrap_or("-"), paint(task.state, task.status()));
    let evidence = task.evidence.map(|evidence| format!("  RETURN {evidence}")).unwrap_or_default();
    text.push_str(&format!("{} → {}  {state}{evidence}\n", one_line(from), task.agent));
    if let Some(file) = &task.file {
        text.push_str(&format!("{}\n", one_line(file)));
    }
    if let Some(deadline) = task.deadline {
        text.push_str(&format!("deadline {}\n", deadline_text(deadline, Timestamp::now())));
    }
    text.push('\n');
    text.push_str(&events_table(events));
    if !findings.is_empty() {
        text.push_str(&format!("\n{}", output::findings(findings, "--json lists them")));
    }
    text.push_str(&list_flags(flags));
    text.push_str(&list_used(used));
    text
}

/// A deadline, marked if it has passed.
fn deadline_text(deadline: Timestamp, now: Timestamp) -> String {
    let at = deadline.strftime("%Y-%m-%d %H:%M:%SZ");
    if deadline < now { format!("{at}, passed {} ago", task_view::age(deadline, now)) } else { at.to_string() }
}

/// The limits that the last attempt reached or approached; `--json` has all.
fn list_used(used: &Map<String, Value>) -> String {
    let number = |one: &Value, field: &str| one.get(field).and_then(Value::as_u64).unwrap_or_default();
    let mut table = Table::new(&["LIMIT", "USED", "OF", ""]);
    let mut any = false;
    for (name, one) in used {
        let (count, limit) = (number(one, "used"), number(one, "limit"));
        let hit = one.get("hit").and_then(Value::as_bool).unwrap_or_default();
        if hit || count > limit / 2 {
            any = true;
            let word = if hit { "reached" } else { "" };
            table.row([name.clone(), count.to_string(), limit.to_string(), word.to_owned()]);
        }
    }
    if any { format!("\nthe last attempt\n{}", table.lines(|_, _, cell| cell)) } else { String::new() }
}

/// The output of the plugin in the newest attempts.
fn list_logs(logs: &[AttemptLog]) -> String {
    let newest = logs.iter().skip(logs.len().saturating_sub(LOGS));
    let shown = newest.map(|log| {
        let AttemptLog { plugin, attempt, text, .. } = log;
        format!("\n{plugin} wrote in attempt {attempt}\n{}", output::plugin_output(text, LOG_LINES))
    });
    shown.collect()
}

fn check_json(check: &ReturnCheck) -> Value {
    let ReturnCheck { answer, by, task, at, evidence, reasons } = check;
    json!({
        "return": answer,
        "by": by,
        "task": task,
        "at": task_view::time(*at),
        "evidence": evidence.as_str(),
        "reasons": reasons,
    })
}

/// The checks of the RETURN, or of the RETURNs of this request.
fn list_checks(checks: &[ReturnCheck]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["RETURN", "EVIDENCE", "BY", "IN", "WHY"]);
    for ReturnCheck { answer, by, task, evidence, reasons, .. } in checks.iter().rev().take(LISTED) {
        let why = output::shorten(&one_line(&reasons.join("; ")), 120);
        table.row([answer.clone(), evidence.to_string(), by.clone(), task.clone(), why]);
    }
    let word = if checks.len() == 1 { "check" } else { "checks" };
    format!("\n{} {word} of the RETURN, newest first\n{}", checks.len(), table.lines(|_, _, cell| cell))
}

/// Findings of other tasks about this task.
fn list_flags(flags: &[Flag]) -> String {
    if flags.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["SEVERITY", "FLAG", "BY", "IN"]);
    for Flag { by, task, finding } in flags.iter().take(LISTED) {
        table.row([finding.severity.clone(), output::shorten(&finding.title, 120), by.clone(), task.clone()]);
    }
    let more = flags.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("and {more} more (--json lists them)\n") } else { String::new() };
    let word = if flags.len() == 1 { "flag" } else { "flags" };
    format!("\n{} {word}\n{}{more}", flags.len(), table.lines(|_, _, cell| cell))
}
