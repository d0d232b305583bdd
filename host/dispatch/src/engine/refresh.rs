//! Plugins that are installed, allowed, changed or taken away while the daemon runs.
//!
//! The look at them is a job; what it brings is swapped in here. What runs goes on with the revision that it began with.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::message::Message;
use super::serve::{Engine, Held};
use super::start::take_up;
use crate::plugins::Plugins;
use crate::recover::requeue;
use crate::trigger;

/// Whether somebody looks at the plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refreshing {
    No,
    Now,
    /// And is to look again afterwards.
    Again,
}

impl Engine {
    /// Has somebody look whether the operator changed the plugins. One look at a time; a change meanwhile makes another.
    pub(super) fn refresh(&mut self) {
        let Some(refresh) = self.house.refresh.clone() else { return };
        if self.refreshing != Refreshing::No {
            self.refreshing = Refreshing::Again;
            return;
        }
        self.refreshing = Refreshing::Now;
        let job = self.jobs.spawn_blocking(move || Message::Refreshed((refresh.look)()));
        self.held.insert(job.id(), Held::Plugins);
    }

    /// The plugins are these now. Tasks that waited for one of those that changed are tried again.
    pub(super) fn refreshed(&mut self, plugins: Option<Plugins>) {
        let before = std::mem::replace(&mut self.refreshing, Refreshing::No);
        if let Some(plugins) = plugins {
            let changed = changed(&self.house.plugins(), &plugins);
            self.house.swap(plugins);
            self.triggers = trigger::armed(&self.house);
            self.armed.clear();
            self.unseen.all = true;
            self.forget_plugins();
            if let Err(error) = self.house.look_around() {
                tracing::warn!("{error}");
            }
            self.house.make_inboxes();
            self.requeue(changed);
            self.reconcile();
        }
        if before == Refreshing::Again {
            self.refresh();
        }
    }

    fn requeue(&mut self, changed: BTreeSet<String>) {
        let (house, held) = (Arc::clone(&self.house), self.waits_for_held());
        self.jobs.spawn(async move {
            let job = move |tx: &baton_ledger::Tx<'_>| requeue(tx, |agent| changed.contains(agent), Timestamp::now());
            match house.ledger.write(job).await {
                Ok(()) => Message::Recovered(take_up(&house, held).await),
                Err(error) => Message::Recovered(Err(error.into())),
            }
        });
    }
}

/// The plugins that are other ones than before, or are new.
fn changed(before: &Plugins, now: &Plugins) -> BTreeSet<String> {
    let same = |name: &String| match (before.usable.get(name), now.usable.get(name)) {
        (Some(before), Some(now)) => Arc::ptr_eq(before, now),
        (None, None) => before.unusable.get(name) == now.unusable.get(name),
        _ => false,
    };
    now.names.union(&before.names).filter(|name| !same(name)).cloned().collect()
}
