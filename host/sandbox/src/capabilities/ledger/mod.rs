//! Reading the ledger; see `wit/ledger.wit`. The queries are in `baton_ledger::task::history`. This module checks the
//! grant, and runs blocking work on separate threads.
//!
//! The connection is separate and read-only. It is opened at the first call and exists as long as the attempt, so the
//! ledger's writer never waits for it. When the attempt ends, a running call is interrupted.

mod host;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use baton_core::grants::{Grant, grant_command};
use baton_core::manifest::Manifest;
use baton_ledger::{LedgerError, Reader};
use baton_plugin_sql::StopHandle;

use super::blocking;
use crate::bindings::baton::plugin::ledger as generated;
use generated::Error;

/// The capability's state in one attempt.
pub(crate) struct Ledger {
    plugin: String,
    declared: bool,
    /// The path of the ledger, if reading it is granted.
    granted: Option<PathBuf>,
    open: Option<(Reader, StopHandle)>,
}

impl Ledger {
    pub(crate) fn new(manifest: &Manifest, granted: Option<PathBuf>) -> Self {
        let declared = manifest.declares.capabilities.ledger.is_some();
        Self { plugin: manifest.name.clone(), declared, granted, open: None }
    }

    /// The path of the ledger, if it is declared and granted.
    fn place(&self) -> Result<PathBuf, Error> {
        let plugin = &self.plugin;
        if !self.declared {
            return Err(Error::Denied(format!(
                "the plugin `{plugin}` does not declare the ledger: its author has to add it to capabilities.ledger of its \
                 manifest"
            )));
        }
        let denied =
            || Error::Denied(format!("the ledger is not granted: {}", grant_command(plugin, &[Grant::Ledger])));
        self.granted.clone().ok_or_else(denied)
    }

    /// Runs a query on a thread that may block.
    async fn with<T: Send + 'static>(
        &mut self,
        query: impl FnOnce(&Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.place()?;
        let kept = self.open.take();
        let stop = kept.as_ref().map_or_else(StopHandle::default, |(_, stop)| stop.clone());
        let (stopped, watched) = (stop.clone(), stop.clone());
        let read = blocking::blocking(
            move || stopped.stop(),
            move || {
                let reader = match kept {
                    Some((reader, _)) => reader,
                    None => {
                        let mut reader = Reader::open(&place)?;
                        reader.end_when(move || watched.is_stopped())?;
                        reader
                    }
                };
                let found = query(&reader);
                Ok((reader, found))
            },
        );
        let broken_off =
            || Err(Error::Failed("the call failed; this is a fault of Baton: please report it".to_owned()));
        let (reader, found) = read.await.map_or_else(broken_off, |read| read.map_err(|error| failed(&error)))?;
        self.open = Some((reader, stop));
        found.map_err(|error| failed(&error))
    }
}

fn failed(error: &LedgerError) -> Error {
    Error::Failed(error.to_string())
}
