//! Locks and databases that fail or change at the worst moment, as real ones can.

use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_plugin_kit::host::{HeldLock, Locks};
use baton_plugin_sdk::{Error, sql};
use baton_tests::host_services::Call;
use baton_tests::sha256;

pub(crate) const PROCESSES: usize = 16;

/// Waits until all sixteen processes are at the same point.
pub(crate) fn barrier(root: &Path, point: &str, number: usize) {
    let marks = root.join("marks");
    fs::write(marks.join(format!("{point}-{number}")), "").unwrap();
    let begun = Instant::now();
    while (0..PROCESSES).any(|other| !marks.join(format!("{point}-{other}")).exists()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the others do not reach {point}");
        sleep(Duration::from_millis(3));
    }
}

/// Locks between processes: a file lock for each name.
pub(crate) struct FileLocks(pub(crate) PathBuf);

struct HeldFileLock(#[expect(dead_code, reason = "holds the lock until it is dropped")] File);

impl Locks for FileLocks {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        let file = File::create(self.0.join(sha256(name.as_bytes()))).unwrap();
        Ok(file.try_lock().is_ok().then(|| Box::new(HeldFileLock(file)) as Box<dyn HeldLock>))
    }
}

impl HeldLock for HeldFileLock {
    fn holds(&self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// Gives the lock to all sixteen processes at the same time. A test must fail with these locks.
pub(crate) struct NoLocks<'a> {
    pub(crate) root: &'a Path,
    pub(crate) number: usize,
}

struct NoHeldLock;

impl Locks for NoLocks<'_> {
    fn take(&self, _: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        barrier(self.root, "take", self.number);
        Ok(Some(Box::new(NoHeldLock)))
    }
}

impl HeldLock for NoHeldLock {
    fn holds(&self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// A function for `HookedDatabase` that halts the process before the `nth` write, so that a test can kill it there.
pub(crate) fn halts(root: &Path, nth: usize) -> impl Fn(Call, &str) -> Result<(), sql::Error> {
    let (root, left) = (root.to_owned(), Cell::new(nth));
    move |call, _| {
        if call == Call::Execute && left.get() == 0 {
            fs::write(root.join("marks/halted"), "").unwrap();
            sleep(Duration::from_mins(5));
        }
        left.set(left.get() - usize::from(call == Call::Execute));
        Ok(())
    }
}

/// Passes calls to other locks. Only the lock with this name fails.
pub(crate) struct FailingLocks<'a>(pub(crate) &'static str, pub(crate) &'a dyn Locks);

impl Locks for FailingLocks<'_> {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        if name == self.0 { Err(Error::Retryable("the ledger is missing".to_owned())) } else { self.1.take(name) }
    }
}
