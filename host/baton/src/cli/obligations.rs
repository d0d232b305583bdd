//! `baton obligations`: lists open requests, and how many of its requests each agent has answered.

use std::time::Duration;

use baton_ledger::task::{self, Compliance, Task};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::output::{self, Table};
use crate::workspace::pause;

/// Show requests still waiting for a RETURN, and the compliance of each agent
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only requests of the last AGE, such as 30d
    #[arg(long, value_name = "AGE", value_parser = pause)]
    since: Option<Duration>,
    /// How many open requests to list
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let now = Timestamp::now();
        let since = self.since.map_or(Timestamp::MIN, |age| task_view::before(now, age));
        let overdue_before = task_view::before(now, workspace.config.escalation().remind);
        let (kept, mut open) = match task_view::reader(&workspace)? {
            Some(reader) => (
                task::obligations(&reader, since, overdue_before, now)?,
                task::open_obligations(&reader, self.limit.saturating_add(1))?,
            ),
            None => (Vec::new(), Vec::new()),
        };
        if output::cut_to(&mut open, self.limit) {
            output::note(&format!("only the {} oldest open requests are listed; -n N lists more", self.limit));
        }
        let is_overdue = |task: &Task| task.created_at < overdue_before || task.deadline.is_some_and(|at| at < now);
        // A misspelled name does not match an agent. It is listed separately.
        let roster = workspace.roster()?;
        let (kept, unknown): (Vec<Compliance>, Vec<Compliance>) =
            kept.into_iter().partition(|kept| roster.get(&kept.agent).is_some());
        if self.json {
            let agents: Vec<Value> = kept.iter().map(as_json).collect();
            let unknown: Vec<Value> = unknown.iter().map(as_json).collect();
            let open: Vec<Value> = open.iter().map(|task| open_json(task, is_overdue(task))).collect();
            output::json(
                &json!({ "schema": 1, "compliance_rate": all(&kept), "agents": agents, "unknown": unknown, "open": open }),
            );
        } else if kept.is_empty() && unknown.is_empty() {
            output::note("no agent owes a RETURN: no request of a known sender was captured yet");
        } else {
            output::print(&as_text(&kept, &unknown, &open, is_overdue, now));
        }
        Ok(Code::Good)
    }
}

/// The percentage of the answered requests among all answered and overdue requests; `None` if there are no such requests.
/// Open requests before their deadline, cancelled requests and undeliverable requests do not count.
fn rate(answered: u64, missed: u64) -> Option<f64> {
    let due = answered.saturating_add(missed);
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks are far below 2^52")]
    (due > 0).then(|| (answered as f64 * 1000.0 / due as f64).round() / 10.0)
}

fn missed(kept: &Compliance) -> u64 {
    kept.stale.saturating_add(kept.overdue)
}

fn rate_of(kept: &Compliance) -> Option<f64> {
    rate(kept.answered, missed(kept))
}

fn all(kept: &[Compliance]) -> Option<f64> {
    rate(kept.iter().map(|kept| kept.answered).sum(), kept.iter().map(missed).sum())
}

fn as_json(kept: &Compliance) -> Value {
    json!({
        "agent": kept.agent,
        "asked": kept.asked,
        "answered": kept.answered,
        "answered_by_other": kept.by_other,
        "reported": kept.reported,
        "verified": kept.verified,
        "refuted": kept.refuted,
        "open": kept.open,
        "overdue": kept.overdue,
        "stale": kept.stale,
        "cancelled": kept.cancelled,
        "undeliverable": kept.undeliverable,
        "compliance_rate": rate_of(kept),
    })
}

fn open_json(task: &Task, overdue: bool) -> Value {
    json!({
        "task": task.id,
        "handoff_id": task.handoff_id,
        "agent": task.agent,
        "from": task.sender,
        "title": task.title,
        "state": task.state.as_str(),
        "since": task_view::time(task.created_at),
        "deadline": task.deadline.map(task_view::time),
        "overdue": overdue,
    })
}

const HEADINGS: [&str; 13] = [
    "AGENT",
    "ASKED",
    "ANSWERED",
    "BY OTHERS",
    "REPORTED",
    "VERIFIED",
    "REFUTED",
    "OPEN",
    "OVERDUE",
    "STALE",
    "CANCELLED",
    "UNDELIVERABLE",
    "COMPLIANCE",
];

fn as_text(
    kept: &[Compliance],
    unknown: &[Compliance],
    open: &[Task],
    is_overdue: impl Fn(&Task) -> bool,
    now: Timestamp,
) -> String {
    let percent = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate} %"));
    let mut table = Table::new(&HEADINGS);
    for kept in kept {
        let Compliance { asked, answered, by_other, reported, verified, refuted, .. } = kept;
        let Compliance { open, overdue, stale, cancelled, undeliverable, .. } = kept;
        let counts =
            [asked, answered, by_other, reported, verified, refuted, open, overdue, stale, cancelled, undeliverable];
        let counts = counts.map(u64::to_string);
        table.row(std::iter::once(kept.agent.clone()).chain(counts).chain([percent(rate_of(kept))]));
    }
    let mut text = table.lines(|_, _, cell| cell);
    text.push_str(&format!("\ncompliance of all: {}\n", percent(all(kept))));
    for unknown in unknown {
        let (agent, asked) = (&unknown.agent, unknown.asked);
        let agent = output::one_line(agent);
        text.push_str(&format!("there is no agent `{agent}`: {asked} requests named it\n"));
    }
    if !open.is_empty() {
        let mut table = Table::new(&["TASK", "AGENT", "FROM", "SINCE", "", "TITLE"]);
        for task in open {
            table.row([
                task.id.get(..8).unwrap_or(&task.id).to_owned(),
                task.agent.clone(),
                task.sender.clone().unwrap_or_default(),
                task_view::age(task.created_at, now),
                if is_overdue(task) { "overdue" } else { "" }.to_owned(),
                output::shorten(&task.title, 60),
            ]);
        }
        text.push_str(&format!("\nopen, oldest first\n{}", table.lines(|_, _, cell| cell)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_percentage_of_answered_requests() {
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(3, 1), Some(75.0));
        assert_eq!(rate(0, 3), Some(0.0));
        assert_eq!(rate(1, 2), Some(33.3));
    }
}
