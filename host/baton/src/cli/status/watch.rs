//! `baton status --watch`: the table anew whenever the ledger changes, or with `--json` a line for each change.
//!
//! Changes are the events of the chain, so none is left out, however quickly they follow each other. It ends with Ctrl-C, and
//! when nobody reads what it prints any more.

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

/// How often it is checked whether the ledger has changed.
const LOOK: Duration = Duration::from_millis(250);

/// How often the table is made anew although nothing has changed: ages grow.
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
        // One for the whole time: a Ctrl-C during `show` is not lost.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut shown = if json { ScreenState::Lines(None) } else { ScreenState::Table(Screen::default(), None) };
        loop {
            if !watched.show(&mut shown)? || is_closed() {
                return Ok(Code::Good);
            }
            tokio::select! {
                _ = interrupt.recv() => return Ok(Code::Good),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    })
}

/// What was printed so far.
enum ScreenState {
    /// Up to this event; nothing yet.
    Lines(Option<i64>),
    /// The screen, and when it was made of which version of the ledger.
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
    /// Shows what is new; says whether anybody still reads it.
    fn show(&mut self, shown: &mut ScreenState) -> anyhow::Result<bool> {
        self.open()?;
        let printed = match shown {
            ScreenState::Lines(seen) => self.lines(seen)?,
            ScreenState::Table(screen, before) => self.table(screen, before)?,
        };
        Ok(printed.is_ok())
    }

    /// Opens the ledger when it is made, and again when another one took its place.
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
        // Of more than there are lines nobody sees anything.
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

    /// Each task as it is, oldest first, then each event after that.
    fn lines(&self, seen: &mut Option<i64>) -> anyhow::Result<io::Result<()>> {
        let Some((reader, _)) = &self.ledger else {
            // All events of a ledger that is still to be made are changes.
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

/// One line of JSON: the task, and the event that changed it; as it is after that event.
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
