//! Decides when to check each trigger. Stores which triggers may have missed a change, and when the next schedule is
//! due.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use baton_intake::{Change, reports_changes};

use super::message::{Action, Message, TriggerMessage};
use super::state::{EngineState, Mode};
use super::watched_files::WatchedFiles;
use crate::attempt::DueWork;
use crate::triggers::task::TriggerResult;
use crate::triggers::{ArmedTrigger, arm_triggers, fire, schedule};
use crate::{Context, limits};

/// A planned check of a trigger.
#[derive(Clone, Copy, Debug)]
struct PlannedCheck {
    first_change: Instant,
    at: Instant,
}

/// Triggers that may have missed changes. The next full scan checks all their files.
#[derive(Debug, Default)]
struct MissedChanges {
    /// Whether all triggers must be checked, because events were lost or the triggers changed.
    all: bool,
    /// Plugins whose files could not be compared, or whose trigger budget is used up.
    of_plugins: BTreeSet<String>,
}

pub(super) struct Triggers {
    triggers: Vec<ArmedTrigger>,
    /// The planned checks, by the trigger's index in `triggers`.
    checks: BTreeMap<usize, PlannedCheck>,
    missed: MissedChanges,
    watched: WatchedFiles,
    next_schedule: Option<Instant>,
}

impl Triggers {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            triggers: arm_triggers(context),
            checks: BTreeMap::new(),
            missed: MissedChanges { all: true, ..MissedChanges::default() },
            watched: WatchedFiles::default(),
            next_schedule: None,
        }
    }

    pub(super) async fn next_change(&mut self) -> Change {
        self.watched.next_change().await
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        let check = self.checks.values().map(|check| check.at).min();
        [check, self.next_schedule].into_iter().flatten().min()
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.checks.is_empty()
    }

    /// The folders that are watched with all their subfolders.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        self.triggers.iter().flat_map(ArmedTrigger::folders).map(Path::to_owned).collect()
    }

    pub(super) fn on_message(&mut self, state: &mut EngineState, message: TriggerMessage) {
        match message {
            TriggerMessage::Fired(Ok(result)) => self.on_fired(state, *result),
            TriggerMessage::Fired(Err(error)) => {
                self.missed.all = true;
                state.failed(&error);
            }
            TriggerMessage::Scheduled(Ok(DueWork { agents, next })) => {
                for agent in agents {
                    state.request(Action::Work(agent));
                }
                self.next_schedule = next.map(|next| Instant::now() + next);
            }
            TriggerMessage::Scheduled(Err(error)) => state.failed(&error),
        }
    }

    /// Starts the checks that are due.
    pub(super) fn start(&mut self, state: &mut EngineState, now: Instant) {
        for (number, _) in self.checks.extract_if(.., |_, check| check.at <= now) {
            if let Some(trigger) = self.triggers.get(number).cloned() {
                let (context, closing) = (Arc::clone(&state.context), state.closing.clone());
                state.jobs.spawn(async move {
                    Message::Trigger(TriggerMessage::Fired(fire(&context, trigger, &closing).await.map(Box::new)))
                });
            }
        }
    }

    /// Checks every trigger now.
    pub(super) fn check_all(&mut self) {
        let now = Instant::now();
        self.checks =
            (0..self.triggers.len()).map(|number| (number, PlannedCheck { first_change: now, at: now })).collect();
    }

    /// Arms all triggers again, because the plugins have changed.
    pub(super) fn reload(&mut self, context: &Context) {
        self.triggers = arm_triggers(context);
        self.checks.clear();
        self.missed.all = true;
        self.forget_removed();
    }

    /// Forgets the watched files of removed plugins.
    fn forget_removed(&mut self) {
        let triggers = &self.triggers;
        self.watched.retain(|plugin| triggers.iter().any(|trigger| trigger.watches_for() == Some(plugin)));
    }

    /// Records that all triggers may have missed changes, because events were lost. The next full scan checks them.
    pub(super) fn on_lost_events(&mut self) {
        self.missed.all = true;
    }

    /// Plans a check of the triggers that watch the path.
    pub(super) fn on_path(&mut self, path: &Path) {
        self.plan_where(|trigger| trigger.concerns(path));
    }

    pub(super) fn on_watched_change(&mut self, state: &EngineState, change: &Change) {
        let path = match change {
            Change::Rescan => return self.check_watched_where(state, |_| true),
            Change::Complete(path) | Change::Touched(path) => path,
        };
        for plugin in self.watched.plugins_of(path) {
            self.check_watched(state, &plugin);
        }
    }

    /// Plans a check of the `files` and `watched` triggers of a plugin.
    pub(super) fn check_plugin(&mut self, plugin: &str) {
        self.plan_where(|trigger| trigger.plugin() == Some(plugin));
    }

    /// Plans a check of the files that a plugin watches.
    pub(super) fn check_watched(&mut self, state: &EngineState, plugin: &str) {
        self.check_watched_where(state, |watching| watching == plugin);
    }

    fn check_watched_where(&mut self, state: &EngineState, wanted: impl Fn(&str) -> bool) {
        // `up --once` checks watched files only once, at its start.
        if state.mode == Mode::Forever {
            self.plan_where(|trigger| trigger.watches_for().is_some_and(&wanted));
        }
    }

    fn plan_where(&mut self, wanted: impl Fn(&ArmedTrigger) -> bool) {
        for (number, trigger) in self.triggers.iter().enumerate().filter(|(_, trigger)| wanted(trigger)) {
            plan(&mut self.checks, number, trigger);
        }
    }

    /// Plans checks of the triggers that may have missed changes, or whose last check failed. Other triggers are not
    /// checked: their folders may be large, and the watcher reports their changes.
    pub(super) fn check_unseen(&mut self, state: &EngineState, unseen: &BTreeSet<PathBuf>) {
        let missed = std::mem::take(&mut self.missed);
        for (number, trigger) in self.triggers.iter().enumerate() {
            let is_unseen = match trigger {
                ArmedTrigger::Watched(watched) => {
                    self.watched.misses_changes(&watched.plugin) || !watched.folders().all(reports_changes)
                }
                ArmedTrigger::Files(_) | ArmedTrigger::Audio(_) => {
                    trigger.folders().any(|folder| unseen.contains(folder))
                }
            };
            let of_plugin = trigger.plugin().is_some_and(|plugin| missed.of_plugins.contains(plugin));
            if missed.all || of_plugin || is_unseen || trigger.is_unreachable(&state.context) {
                plan(&mut self.checks, number, trigger);
            }
        }
    }

    /// Creates the tasks of the schedules that are due.
    pub(super) fn check_schedules(state: &mut EngineState) {
        let context = Arc::clone(&state.context);
        state.jobs.spawn(async move { Message::Trigger(TriggerMessage::Scheduled(schedule::fire(&context).await)) });
    }

    pub(super) fn on_time(&mut self, state: &mut EngineState, now: Instant) {
        if self.next_schedule.take_if(|due| now >= *due).is_some() {
            Self::check_schedules(state);
        }
    }

    fn on_fired(&mut self, state: &mut EngineState, fired: TriggerResult) {
        if let Some(exhausted) = &fired.exhausted {
            self.missed.of_plugins.insert(exhausted.plugin.clone());
            if state.context.budgets.log_once(&exhausted.plugin, true) {
                tracing::warn!(agent = %exhausted.plugin, "{}", exhausted.text());
            }
        }
        self.missed.of_plugins.extend(fired.unread);
        for agent in fired.agents {
            state.context.budgets.log_once(&agent, false);
            state.request(Action::Work(agent));
        }
        if fired.more || fired.audio.is_some() {
            self.plan_where(|trigger| match trigger {
                ArmedTrigger::Audio(trigger) => fired.more || fired.audio.as_ref() == Some(&trigger.folder.named),
                ArmedTrigger::Files(_) | ArmedTrigger::Watched(_) => fired.more,
            });
        }
        if let Some((plugin, watching)) = fired.watching
            && state.mode == Mode::Forever
            && self.triggers.iter().any(|trigger| trigger.watches_for() == Some(&plugin))
            && self.watched.watch(state, &plugin, watching)
        {
            self.check_watched(state, &plugin);
        }
    }
}

/// Plans the check of a trigger. The check runs when the trigger's folder is quiet, or has been busy for the maximum time.
fn plan(checks: &mut BTreeMap<usize, PlannedCheck>, number: usize, trigger: &ArmedTrigger) {
    let (now, debounce) = (Instant::now(), trigger.debounce());
    let check = checks.entry(number).or_insert(PlannedCheck { first_change: now, at: now });
    check.at = (now + debounce).min(check.first_change + debounce * limits::DEBOUNCE_AT_MOST);
}
