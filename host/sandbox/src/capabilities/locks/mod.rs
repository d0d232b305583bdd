//! Exclusive named locks; see `wit/locks.wit`. `baton_ledger::lock` guarantees that only one attempt gets a lock, in
//! any process. This module checks the grant and limits the number of locks.
//!
//! The wasmtime `Store` of an attempt owns the locks that the attempt holds. When the store is dropped, the locks are
//! released, however the attempt ends.

mod host;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_core::grants::{Grant, grant_command};
use baton_core::manifest::Manifest;
use baton_ledger::lock::{HeldLock, LockTable};

use crate::bindings::baton::plugin::locks as generated;
use crate::limits;
use generated::Error;

/// A lock that the plugin holds.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub struct Lock;

/// The capability's state in one attempt.
pub(crate) struct Locks {
    plugin: String,
    task: String,
    declared: bool,
    /// The table of locks, if they are granted.
    granted: Option<LockTable>,
    /// The held locks, by the plugin's handle. They have a separate limit, so they are not in the table of handles.
    held: BTreeMap<u32, HeldLock>,
    next: u32,
}

impl Locks {
    pub(crate) fn new(manifest: &Manifest, granted: Option<LockTable>, task: &str) -> Self {
        Self {
            plugin: manifest.name.clone(),
            task: task.to_owned(),
            declared: manifest.declares.capabilities.locks.is_some(),
            granted,
            held: BTreeMap::new(),
            next: 0,
        }
    }

    /// The table of locks, if locks are declared and granted.
    fn table(&self) -> Result<&LockTable, Error> {
        let plugin = &self.plugin;
        if !self.declared {
            return Err(Error::Denied(format!(
                "the plugin `{plugin}` does not declare locks: its author has to add `locks` to the capabilities of its \
                 manifest"
            )));
        }
        let denied = || Error::Denied(format!("locks are not granted: {}", grant_command(plugin, &[Grant::Locks])));
        self.granted.as_ref().ok_or_else(denied)
    }

    /// Takes a lock. Returns its handle, or `None` if another attempt holds the lock.
    async fn take(&mut self, name: &str) -> Result<Option<u32>, Error> {
        let table = self.table()?;
        check(name)?;
        if self.held.len() >= limits::LOCKS {
            return Err(Error::Invalid(format!(
                "the attempt holds {} locks, which is the limit: release a lock",
                limits::LOCKS
            )));
        }
        let taken = table.take(&self.plugin, name, &self.task).await;
        let Some(taken) = taken.map_err(|error| Error::Failed(error.to_string()))? else { return Ok(None) };
        self.next = self.next.wrapping_add(1);
        while self.held.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        self.held.insert(self.next, taken);
        Ok(Some(self.next))
    }

    async fn holds(&self, handle: u32) -> Result<bool, Error> {
        let Some(taken) = self.held.get(&handle) else { return Ok(false) };
        taken.holds().await.map_err(|error| Error::Failed(error.to_string()))
    }

    async fn release(&mut self, handle: u32) {
        if let Some(taken) = self.held.remove(&handle)
            && let Err(error) = taken.release().await
        {
            tracing::warn!(%error, plugin = %self.plugin, "cannot delete the row of a lock; the lock is released in this process");
        }
    }
}

fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > limits::LOCK_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Error::Invalid(format!(
            "the name of a lock has 1 to {} bytes and no control characters; this one is {:?}",
            limits::LOCK_NAME_BYTES,
            baton_core::file_name::cut(name, limits::LOCK_NAME_BYTES)
        )));
    }
    Ok(())
}
