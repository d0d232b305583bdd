//! Plugins that are installed, allowed, changed or taken away while the daemon runs.
//!
//! A job reloads them and this module replaces the set. Running attempts keep the revision that they began with.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::message::Message;
use super::start::recover_tasks;
use super::state::{Engine, JobResources, RefreshState};
use crate::plugins::Plugins;
use crate::recover::requeue;
use crate::triggers;

impl Engine {
    /// Starts a job that reloads the plugins if the operator changed them. One at a time; a change meanwhile starts another.
    pub(super) fn refresh(&mut self) {
        let Some(refresh) = self.context.refresh.clone() else { return };
        if self.refreshing != RefreshState::No {
            self.refreshing = RefreshState::Again;
            return;
        }
        self.refreshing = RefreshState::Now;
        let job = self.jobs.spawn_blocking(move || Message::Refreshed((refresh.look)()));
        self.held.insert(job.id(), JobResources::Plugins);
    }

    /// Replaces the plugins. Tasks that waited for a changed one are tried again.
    pub(super) fn on_refreshed(&mut self, plugins: Option<Plugins>) {
        let before = std::mem::replace(&mut self.refreshing, RefreshState::No);
        if let Some(plugins) = plugins {
            let changed = changed(&self.context.plugins(), &plugins);
            self.context.swap(plugins);
            self.triggers = triggers::arm_triggers(&self.context);
            self.armed.clear();
            self.unseen.all = true;
            self.forget_plugins();
            if let Err(error) = self.context.refresh_roster() {
                tracing::warn!("{error}");
            }
            self.context.make_inboxes();
            self.requeue(changed);
            self.reconcile();
        }
        if before == RefreshState::Again {
            self.refresh();
        }
    }

    fn requeue(&mut self, changed: BTreeSet<String>) {
        let (context, held) = (Arc::clone(&self.context), self.waits_for_held());
        self.jobs.spawn(async move {
            let job = move |tx: &baton_ledger::Tx<'_>| requeue(tx, |agent| changed.contains(agent), Timestamp::now());
            match context.ledger.write(job).await {
                Ok(()) => Message::Recovered(recover_tasks(&context, held).await),
                Err(error) => Message::Recovered(Err(error.into())),
            }
        });
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
