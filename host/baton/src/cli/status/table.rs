//! The tasks as a table that fits the terminal. On a narrow terminal the reason is on a separate line below its task.

use baton_ledger::task::TaskSummary;
use jiff::Timestamp;

use super::model::PluginHolds;
use super::reason::reason;
use crate::cli::task_view::age;
use crate::output::{Table, paint, shorten, width};

/// The columns of the table.
const HEADS: [&str; 7] = ["ID", "STATE", "AGENT", "FROM", "AGE", "TITLE", "REASON"];

/// The columns that shrink if a row is too long, in this order, each with its minimum width: title, reason, agents.
const STEPS: [(usize, usize); 7] = [(5, 28), (6, 40), (2, 12), (3, 12), (5, 8), (2, 6), (3, 6)];

/// On a narrower terminal the reasons are on separate lines.
const NARROW: usize = 110;

const INDENT: &str = "          ";

/// The maximum width of a title.
const LONGEST_TITLE: usize = 60;

/// The maximum width of a reason.
const LONGEST_REASON: usize = 120;

/// The tasks as lines; `room` is the width of the terminal.
pub(super) fn table(tasks: &[TaskSummary], holds: &PluginHolds, now: Timestamp, room: Option<usize>) -> String {
    let reasons: Vec<String> = tasks.iter().map(|task| reason(task, holds, now)).collect();
    let below = room.is_some_and(|room| room < NARROW);
    let columns = if below { HEADS.len() - 1 } else { HEADS.len() };
    let mut table = Table::new(HEADS.get(..columns).unwrap_or(&HEADS));
    for (task, reason) in tasks.iter().zip(&reasons) {
        let cells = [
            task.id.get(..8).unwrap_or(&task.id).to_owned(),
            task.status().to_owned(),
            task.agent.clone(),
            task.sender.clone().unwrap_or_else(|| "-".to_owned()),
            age(task.created_at, now),
            shorten(&task.title, LONGEST_TITLE),
            shorten(reason, LONGEST_REASON),
        ];
        table.row(cells.into_iter().take(columns));
    }
    if let Some(room) = room {
        table.fit(room, &STEPS);
    }
    let lines = table.lines(|row, column, cell| match tasks.get(row).filter(|_| column == 1) {
        Some(task) => paint(task.state, &cell),
        None => cell,
    });
    match room.filter(|_| below) {
        Some(room) => with_reasons(&lines, &reasons, room),
        None => lines,
    }
}

fn with_reasons(lines: &str, reasons: &[String], room: usize) -> String {
    let mut lines = lines.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (line, reason) in lines.zip(reasons) {
        text.push_str(&format!("{line}\n"));
        if !reason.is_empty() {
            text.push_str(&format!("{INDENT}{}\n", shorten(reason, room.saturating_sub(width(INDENT)))));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use baton_core::State;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn task(state: State, title: &str, reason: &str) -> TaskSummary {
        TaskSummary {
            id: "0123456789abcdef".to_owned(),
            agent: "an-agent-with-a-long-name".to_owned(),
            handoff_id: None,
            sender: Some("Claude-MM1".to_owned()),
            title: title.to_owned(),
            action: None,
            state,
            outcome: None,
            evidence: None,
            reason: reason.to_owned(),
            attempts: 1,
            file: None,
            created_at: at(0),
            returned_at: None,
            archived_at: None,
            deadline: None,
        }
    }

    fn shown(room: Option<usize>) -> String {
        let tasks = [
            task(State::Succeeded, "Done", "Audited 1 plan"),
            task(State::NeedsHuman, "日本語のタイトル", &"which one\u{1b}[31m counts? ".repeat(20)),
            TaskSummary { deadline: Some(at(10)), ..task(State::Delivered, "Late", "") },
        ];
        table(&tasks, &PluginHolds::default(), at(130), room)
    }

    #[test]
    fn every_line_fits_the_terminal() {
        for room in [60, 80, 109, 110, 140, 200] {
            let shown = shown(Some(room));
            assert!(shown.lines().all(|line| width(line) <= room), "{room}\n{shown}");
            assert!(shown.contains("which one\\u{1b}") && !shown.contains('\u{1b}'), "{shown}");
            assert!(!shown.contains("Audited"), "a succeeded task has no reason\n{shown}");
        }
    }

    #[test]
    fn a_narrow_terminal_has_the_reasons_below_and_a_wide_one_beside() {
        let narrow = shown(Some(80));
        assert_eq!(narrow.lines().count(), 6, "{narrow}");
        assert!(narrow.contains("\n          no RETURN yet; its deadline passed 2 min ago\n"), "{narrow}");
        let wide = shown(None);
        assert!(
            wide.starts_with("ID ")
                && wide.lines().next().is_some_and(|heads| heads.ends_with("TITLE             REASON")),
            "{wide}"
        );
        assert_eq!(wide.lines().count(), 4, "{wide}");
    }
}
