//! The process that waits for one session of an agent. It locks a file in the state folder, so that only one process waits.
//! The content of the file says which work was reported to the session.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};

use anyhow::Context as _;
use baton_core::Digest;

use crate::workspace::State;

pub(super) struct Waiter {
    /// Locked while the process waits. Its content is the cursor.
    file: File,
    cursor: Option<i64>,
}

impl Waiter {
    /// Begins to wait for a session; `None` if another process already waits for it.
    pub(super) fn new(state: &State, agent: &str, session: &str) -> anyhow::Result<Option<Self>> {
        let name = Digest::of_parts(&[agent.as_bytes(), session.as_bytes()]).short(32);
        let path = state.waiters()?.join(name);
        let mut file =
            baton_files::open_or_create(&path).with_context(|| format!("failed to open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock {}", path.display()));
            }
        }
        let mut text = String::new();
        // A damaged file only means that work is reported again.
        drop(file.read_to_string(&mut text));
        Ok(Some(Self { file, cursor: text.trim().parse().ok() }))
    }

    /// The cursor after the work that was reported to the session.
    pub(super) fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Records that everything up to the event `cursor` was reported.
    pub(super) fn reported(&mut self, cursor: i64) -> anyhow::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        write!(self.file, "{cursor}")?;
        Ok(())
    }
}
