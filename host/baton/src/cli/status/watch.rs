//! `baton status --watch`: prints the table again when the ledger changes, or with `--json` one line for each change.
//!
//! The changes are the events of the chain, so no change is left out. The command ends with Ctrl-C, or when the reader
//! closes the pipe.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use anyhow::bail;
use baton_ledger::Reader;
use baton_ledger::event::{self, EventFilter, EventRange, RecordedEvent};
use baton_ledger::task::{self, TaskFilter, TaskSummary};
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::model::{PluginHolds, nothing, since};
use super::table;
use crate::cli::{block_on, task_view};
use crate::exit::Code;
use crate::output::{Screen, is_closed, line, one_line};
use crate::workspace::Workspace;

/// The interval of checks for changes of the ledger.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The interval of updates without a change, because ages grow.
const AGES: Duration = Duration::from_secs(5);

pub(super) fn watch(
    workspace: &Workspace,
    filter: TaskFilter,
    limit: u32,
    (json, age): (bool, Option<Duration>),
) -> anyhow::Result<Code> {
    let Some(_) = Screen::size().or_else(|| json.then_some((0, 0))) else {
        bail!("--watch redraws a terminal, and the output is not one; --watch --json prints a line for each change");
    };
    let mut watched = WatchState { workspace, filter, limit, age, ledger: None };
    block_on(async {
        // One signal stream for the whole run, so that a Ctrl-C during `show` is not lost.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut shown = if json { ScreenState::Lines(None) } else { ScreenState::Table(Screen::default(), None) };
        loop {
            if !watched.show(&mut shown)? || is_closed() {
                return Ok(Code::Good);
            }
            tokio::select! {
                _ = interrupt.recv() => return Ok(Code::Good),
                () = tokio::time::sleep(CHECK_INTERVAL) => {}
            }
        }
    })
}

/// The output so far.
enum ScreenState {
    /// Lines up to this event; `None` before the first line.
    Lines(Option<i64>),
    /// The screen, with the time and the version of the ledger that it shows.
    Table(Screen, Option<(Instant, (usize, usize), i64)>),
}

struct WatchState<'a> {
    workspace: &'a Workspace,
    filter: TaskFilter,
    limit: u32,
    age: Option<Duration>,
    /// The open ledger, with device and inode of its file.
    ledger: Option<(Reader, (u64, u64))>,
}

impl WatchState<'_> {
    /// Prints the changes. Returns false if the reader has closed the pipe.
    fn show(&mut self, shown: &mut ScreenState) -> anyhow::Result<bool> {
        self.open()?;
        let printed = match shown {
            ScreenState::Lines(seen) => self.lines(seen)?,
            ScreenState::Table(screen, before) => self.table(screen, before)?,
        };
        Ok(printed.is_ok())
    }

    /// Opens the ledger as soon as it exists, and again if it was replaced.
    fn open(&mut self) -> anyhow::Result<()> {
        let file = self.workspace.state.ledger().metadata().ok().map(|file| (file.dev(), file.ino()));
        if self.ledger.as_ref().map(|(_, file)| *file) != file || file.is_none() {
            let reader = task_view::reader(self.workspace)?;
            self.ledger = reader.zip(file);
        }
        Ok(())
    }

    fn table(
        &mut self,
        screen: &mut Screen,
        before: &mut Option<(Instant, (usize, usize), i64)>,
    ) -> anyhow::Result<io::Result<()>> {
        let size = Screen::size().unwrap_or((0, 0));
        let version = self.ledger.as_ref().map(|(reader, _)| reader.version()).transpose()?.unwrap_or_default();
        if before.is_some_and(|(at, then, seen)| at.elapsed() < AGES && (then, seen) == (size, version)) {
            return Ok(Ok(()));
        }
        *before = Some((Instant::now(), size, version));
        let now = Timestamp::now();
        let filter = since(self.filter.clone(), self.age);
        // Rows below the bottom of the screen are not visible.
        let limit = self.limit.min(u32::try_from(size.1).unwrap_or(u32::MAX));
        let (tasks, holds) = match &self.ledger {
            Some((reader, _)) => {
                (task::recent(reader, &filter, limit)?, PluginHolds::read(self.workspace, reader, now)?)
            }
            None => (Vec::new(), PluginHolds::default()),
        };
        let root = one_line(&self.workspace.root.display().to_string());
        let mut text = format!("{root}  {}  (Ctrl-C ends)\n\n", Zoned::now().strftime("%H:%M:%S"));
        if tasks.is_empty() {
            text.push_str(nothing(&filter));
        } else {
            text.push_str(&table::table(&tasks, &holds, now, Some(size.0)));
        }
        Ok(screen.show(&text))
    }

    /// Prints each task, oldest first, then each later event.
    fn lines(&self, seen: &mut Option<i64>) -> anyhow::Result<io::Result<()>> {
        let Some((reader, _)) = &self.ledger else {
            // If the ledger does not exist yet, every later event is a change.
            seen.get_or_insert(0);
            return Ok(Ok(()));
        };
        let newest = event::newest(reader)?;
        let Some(after) = seen.replace(newest) else {
            let tasks = task::recent(reader, &since(self.filter.clone(), self.age), self.limit)?;
            let printed = tasks.iter().rev().try_for_each(|task| line(&as_line(task, None)));
            return Ok(printed);
        };
        let mut printed = Ok(());
        event::each_in(reader, EventRange { after, last: newest }, EventFilter::default(), |recorded| {
            // Events without a task (installed plugins, seals) do not change the status.
            let Some((task, _)) = task::summary_of(reader, &recorded.event.task)? else { return Ok(()) };
            if printed.is_ok() && self.wants(&task, &recorded) {
                printed = line(&as_line(&task, Some(&recorded)));
            }
            Ok(())
        })?;
        Ok(printed)
    }

    fn wants(&self, task: &TaskSummary, recorded: &RecordedEvent) -> bool {
        let TaskFilter { states, outcomes, agent, .. } = &self.filter;
        let of_agent = agent.as_ref().is_none_or(|agent| *agent == task.agent);
        let state = recorded.event.state;
        let ended = task.outcome.filter(|_| state.is_final());
        let any = states.is_empty() && outcomes.is_empty();
        of_agent && (any || states.contains(&state) || ended.is_some_and(|outcome| outcomes.contains(&outcome)))
    }
}

/// One line of JSON: the task after an event, and the event.
fn as_line(task: &TaskSummary, recorded: Option<&RecordedEvent>) -> String {
    let mut value = task_view::as_json(task);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("schema".to_owned(), json!(1));
        fields.insert("event".to_owned(), recorded.map_or(Value::Null, event_json));
        if let Some(RecordedEvent { event, .. }) = recorded {
            fields.insert("state".to_owned(), json!(event.state.as_str()));
        }
    }
    baton_core::text::json(&value.to_string())
}

fn event_json(RecordedEvent { seq, event, .. }: &RecordedEvent) -> Value {
    json!({
        "seq": seq,
        "at": task_view::time(event.at),
        "actor": event.actor,
        "action": event.action,
        "state": event.state.as_str(),
        "reason": event.reason,
    })
}
