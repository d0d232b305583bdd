//! Reloads the plugins that the operator installs, approves, changes or removes while the daemon runs. A running
//! attempt keeps its revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::message::{Action, Message};
use super::state::EngineState;
use crate::plugins::Plugins;

/// Whether a job reloads the plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PluginReload {
    #[default]
    Idle,
    Running,
    /// A job is reloading the plugins, and another job must follow.
    RunningAndRequested,
}

impl PluginReload {
    /// Starts a job that reloads the plugins if the operator changed them. Only one job runs at a time. If the operator
    /// changes the plugins while the job runs, another job follows.
    pub(super) fn start(&mut self, state: &mut EngineState) {
        let Some(refresh) = state.context.refresh.clone() else { return };
        if *self != Self::Idle {
            *self = Self::RunningAndRequested;
            return;
        }
        *self = Self::Running;
        state.spawn_blocking_holding(Message::PluginsLoaded(None), move || Message::PluginsLoaded((refresh.load)()));
    }

    /// Replaces the plugins.
    pub(super) fn on_message(&mut self, state: &mut EngineState, plugins: Option<Plugins>) {
        let requested = std::mem::take(self) == Self::RunningAndRequested;
        if let Some(plugins) = plugins {
            let changed = changed(&state.context.plugins(), &plugins);
            state.context.swap(plugins);
            state.request(Action::PluginsChanged(changed));
        }
        if requested {
            self.start(state);
        }
    }
}

/// The plugins that have changed or are new.
fn changed(before: &Plugins, now: &Plugins) -> BTreeSet<String> {
    let same = |name: &String| match (before.usable.get(name), now.usable.get(name)) {
        (Some(before), Some(now)) => Arc::ptr_eq(before, now),
        (None, None) => before.unusable.get(name) == now.unusable.get(name),
        _ => false,
    };
    now.names.union(&before.names).filter(|name| !same(name)).cloned().collect()
}
