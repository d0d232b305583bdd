//! Changes `baton.lock`: one process at a time, and the file is replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

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
        let turn = OpenOptions::new().create(true).truncate(false).write(true).open(&self.turn)?;
        turn.lock()?;
        Ok(turn)
    }
}

/// Replaces a file as a whole: after a crash it is the old one or the new one.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".baton.lock.{}.tmp", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fail_point!("register.written");
    fs::rename(&temporary, path)?;
    fail_point!("register.named");
    File::open(folder)?.sync_all()
}
