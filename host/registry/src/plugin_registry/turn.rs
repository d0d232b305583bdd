//! Changes `baton.lock`: one process at a time, and the file is replaced as a whole.

use std::fs::File;
use std::io;
use std::path::Path;

use baton_files::{SHARED, StagedFile};
use fail::fail_point;

use super::{PluginRegistry, RegistryError};
use crate::lock::{Lock, LockError};

impl PluginRegistry {
    /// Changes the lock. Other processes wait meanwhile.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Lock) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.write(false, change)
    }

    /// Changes the lock. With `always` the file is written even if it does not change.
    pub(super) fn write<T>(
        &self,
        always: bool,
        change: impl FnOnce(&mut Lock) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let _turn = self.take_turn().map_err(|error| RegistryError::Store { path: self.turn.clone(), error })?;
        let mut lock = self.read()?;
        let before = lock.clone();
        let done = change(&mut lock)?;
        if always || lock != before {
            let text = lock.to_text()?;
            replace_file(&self.lock, text.as_bytes())
                .map_err(|error| LockError::Io { path: self.lock.clone(), error })?;
        }
        Ok(done)
    }

    fn take_turn(&self) -> io::Result<File> {
        let turn = baton_files::open_or_create(&self.turn)?;
        turn.lock()?;
        Ok(turn)
    }
}

/// Replaces a file as a whole: after a crash it has its complete old or complete new content.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = StagedFile::write(path, &format!(".baton.lock.{}.tmp", std::process::id()), bytes, SHARED)?;
    fail_point!("register.written");
    written.publish()?;
    fail_point!("register.named");
    Ok(())
}
