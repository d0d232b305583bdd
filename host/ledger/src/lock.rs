//! Named locks of plugin attempts: only one attempt in the whole workspace can hold the lock of a name, in any process.
//!
//! A lock is a row in the ledger. A lock of this process is valid while its [`HeldLock`] exists. A lock of another process
//! is valid while that process runs. A lock has no timeout, so a slow holder keeps it. [`LockTable`] gets a function that
//! checks whether a process has ended.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::database::Tx;
use crate::{Ledger, LedgerError};

/// Whether another process, given by its name, has ended.
pub type IsGoneFn = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The locks of a workspace, and the list of the locks that this process holds. All clones share the list. A process has
/// only one table.
#[derive(Clone)]
pub struct LockTable {
    ledger: Ledger,
    is_gone: IsGoneFn,
    live: LiveLocks,
}

/// The locks that this process holds.
#[derive(Clone, Debug, Default)]
struct LiveLocks(Arc<Mutex<BTreeSet<i64>>>);

/// A lock that an attempt holds. Dropping this value releases the lock.
pub struct HeldLock {
    id: i64,
    ledger: Ledger,
    live: LiveLocks,
}

impl LockTable {
    /// The table of the locks in `ledger`.
    #[must_use]
    pub fn new(ledger: Ledger, is_gone: IsGoneFn) -> Self {
        Self { ledger, is_gone, live: LiveLocks::default() }
    }

    /// Takes the lock `name` for an attempt of `task`; `None` if another attempt holds it. When this function returns,
    /// the lock is committed.
    pub async fn take(&self, plugin: &str, name: &str, task: &str) -> Result<Option<HeldLock>, LedgerError> {
        let (plugin, name, task) = (plugin.to_owned(), name.to_owned(), task.to_owned());
        let locks = self.clone();
        self.ledger
            .write(move |tx| locks.take_in(tx, LockName { plugin: &plugin, name: &name }, &task, Timestamp::now()))
            .await
    }

    fn take_in(
        &self,
        tx: &Tx<'_>,
        lock: LockName<'_>,
        task: &str,
        now: Timestamp,
    ) -> Result<Option<HeldLock>, LedgerError> {
        if let Some(Holder { id, owner }) = holder(tx.connection, lock)? {
            if self.is_valid(id, &owner, tx.owner) {
                return Ok(None);
            }
            delete(tx.connection, id)?;
        }
        let mut insert = tx
            .connection
            .prepare_cached("INSERT INTO claims (plugin, name, owner, task, taken_at) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![lock.plugin, lock.name, tx.owner, task, now.as_millisecond()])?;
        let id = tx.connection.last_insert_rowid();
        // The holder is registered before the commit. Otherwise another thread could find the row while its holder is not
        // registered yet.
        self.live.all().insert(id);
        Ok(Some(HeldLock { id, ledger: self.ledger.clone(), live: self.live.clone() }))
    }

    /// True if the lock is valid, because its holder still exists.
    fn is_valid(&self, id: i64, owner: &str, own: &str) -> bool {
        if owner == own { self.live.all().contains(&id) } else { !(self.is_gone)(owner) }
    }

    /// Deletes the locks of holders that have ended. These locks have no effect any more; deleting them keeps the table
    /// small.
    pub fn sweep(&self, tx: &Tx<'_>) -> Result<(), LedgerError> {
        let mut select = tx.connection.prepare_cached("SELECT id, owner FROM claims")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let all: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
        let mut over = all.iter().filter(|(id, owner)| !self.is_valid(*id, owner, tx.owner));
        over.try_for_each(|(id, _)| delete(tx.connection, *id))
    }
}

impl LiveLocks {
    fn all(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldLock {
    /// Whether the lock is still held. A person may have deleted its row.
    pub async fn holds(&self) -> Result<bool, LedgerError> {
        let id = self.id;
        self.ledger.write(move |tx| exists(tx.connection, id)).await
    }

    /// Releases the lock. If this function returns without an error, the row of the lock is deleted.
    ///
    /// # Errors
    /// When the database fails. The lock is released in this process even then.
    pub async fn release(self) -> Result<(), LedgerError> {
        let id = self.id;
        let done = self.ledger.write(move |tx| delete(tx.connection, id)).await;
        drop(self);
        done
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // If the lock was released already, deleting its row again has no effect.
        if self.live.all().remove(&self.id) {
            let id = self.id;
            self.ledger.write_detached(move |tx| delete(tx.connection, id));
        }
    }
}

impl fmt::Debug for HeldLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldLock").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The key of a lock. Each plugin has its own names.
#[derive(Clone, Copy)]
struct LockName<'a> {
    plugin: &'a str,
    name: &'a str,
}

/// The row of a lock, and the process that holds it.
struct Holder {
    id: i64,
    owner: String,
}

fn holder(connection: &Connection, lock: LockName<'_>) -> Result<Option<Holder>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT id, owner FROM claims WHERE plugin = ?1 AND name = ?2")?;
    Ok(select
        .query_row([lock.plugin, lock.name], |row| Ok(Holder { id: row.get(0)?, owner: row.get(1)? }))
        .optional()?)
}

fn exists(connection: &Connection, id: i64) -> Result<bool, LedgerError> {
    Ok(connection.prepare_cached("SELECT 1 FROM claims WHERE id = ?1")?.exists([id])?)
}

fn delete(connection: &Connection, id: i64) -> Result<(), LedgerError> {
    connection.prepare_cached("DELETE FROM claims WHERE id = ?1")?.execute([id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// The lock table of the process `owner`. `gone` is the name of a process that has ended.
    fn locks(folder: &Path, owner: &str, gone: &'static str) -> LockTable {
        LockTable::new(Ledger::open(&folder.join("l.db"), owner).unwrap(), Arc::new(move |owner| owner == gone))
    }

    async fn take(locks: &LockTable, name: &str) -> Option<HeldLock> {
        locks.take("p", name, "t").await.unwrap()
    }

    fn rows(locks: &LockTable) -> i64 {
        let count = |tx: &Tx<'_>| Ok(tx.connection.query_row("SELECT count(*) FROM claims", [], |row| row.get(0))?);
        locks.ledger.write_blocking(count).unwrap()
    }

    #[tokio::test]
    async fn a_lock_is_held_until_it_is_released_or_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (locks(folder.path(), "run:1", ""), locks(folder.path(), "run:2", ""));
        let held = take(&one, "a").await.unwrap();
        assert!(held.holds().await.unwrap());
        assert!(take(&one, "a").await.is_none(), "the same process cannot take the lock twice");
        assert!(take(&two, "a").await.is_none(), "another process");
        assert!(take(&two, "b").await.is_some(), "another name");
        assert!(two.take("q", "a", "t").await.unwrap().is_some(), "another plugin");
        held.release().await.unwrap();
        let held = take(&two, "a").await.unwrap();
        drop(held);
        assert_eq!(rows(&two), 0);
        assert!(take(&one, "a").await.is_some());
    }

    #[tokio::test]
    async fn the_lock_of_an_ended_process_is_not_valid() {
        let folder = tempfile::tempdir().unwrap();
        let (dead, alive) = (locks(folder.path(), "run:1", ""), locks(folder.path(), "run:2", "run:1"));
        let left = take(&dead, "a").await.unwrap();
        let _other = take(&dead, "b").await.unwrap();
        let held = take(&alive, "a").await.unwrap();
        assert!(!left.holds().await.unwrap() && held.holds().await.unwrap());
        drop(left);
        assert!(
            take(&dead, "a").await.is_none() && held.holds().await.unwrap(),
            "the lock of another process is not released"
        );
        let sweeper = alive.clone();
        alive.ledger.write(move |tx| sweeper.sweep(tx)).await.unwrap();
        assert_eq!(rows(&alive), 1, "only the lock of the running process is left");
    }

    #[tokio::test]
    async fn a_row_of_this_process_without_a_holder_is_not_valid() {
        let folder = tempfile::tempdir().unwrap();
        let one = locks(folder.path(), "run:1", "");
        let held = take(&one, "a").await.unwrap();
        // Simulates a full disk: the lock was released, but its row could not be deleted.
        one.live.all().clear();
        assert!(take(&one, "a").await.is_some());
        assert!(!held.holds().await.unwrap());
    }

    #[tokio::test]
    async fn a_lock_whose_row_was_deleted_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let one = locks(folder.path(), "run:1", "");
        let held = take(&one, "a").await.unwrap();
        one.ledger.write(|tx| Ok(tx.connection.execute("DELETE FROM claims", [])?)).await.unwrap();
        assert!(!held.holds().await.unwrap());
    }

    #[tokio::test]
    async fn only_one_of_many_concurrent_attempts_gets_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let books: Vec<_> = (0..8).map(|number| locks(folder.path(), &format!("run:{number}"), "")).collect();
        let won = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for locks in &books {
                let won = &won;
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let taken = runtime.block_on(take(locks, "a"));
                    won.fetch_add(usize::from(taken.is_some()), Ordering::Relaxed);
                    // Keep the lock until all attempts have tried to take it.
                    std::mem::forget(taken);
                });
            }
        });
        assert_eq!(won.into_inner(), 1);
    }
}
