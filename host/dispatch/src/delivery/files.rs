//! The file work of one delivery, step by step. `batch` flushes the folders and writes to the ledger.

use std::path::{Path, PathBuf};

use baton_core::handoff;
use baton_intake::{IntakeError, StagedFile, find_moved, hash_file, move_into};
use baton_ledger::outbox::{Delivery, DeliveryKind};
use fail::fail_point;
use jiff::Timestamp;

use super::latest;
use crate::Context;
use crate::capture::reason_name;

/// The progress of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeliveryStep {
    /// This batch has not processed the delivery yet.
    Open,
    /// This batch has written the temporary file.
    Written,
    /// The delivered file has this final name.
    Placed(String),
    /// For a move: the file to move is missing.
    Missing,
    /// For a move: the file was edited, or another file now has its name.
    Replaced,
}

/// A delivery in progress.
pub(super) struct ActiveDelivery {
    pub(super) delivery: Delivery,
    /// The target folder.
    pub(super) folder: PathBuf,
    /// For a move: the file to move.
    source: PathBuf,
    pub(super) step: DeliveryStep,
    /// A file that the engine must read.
    pub(super) changed: Option<PathBuf>,
    pub(super) error: Option<IntakeError>,
}

impl ActiveDelivery {
    pub(super) fn of(context: &Context, delivery: Delivery) -> Self {
        let folder = context.real(&delivery.folder);
        let source = context.real(delivery.source.as_deref().unwrap_or_default());
        Self { delivery, folder, source, step: DeliveryStep::Open, changed: None, error: None }
    }

    /// True if the delivery moves a file. Otherwise it writes a file.
    pub(super) fn is_move(&self) -> bool {
        matches!(self.delivery.kind, DeliveryKind::Archive | DeliveryKind::Route)
    }

    /// True if the delivery writes a reason file. A reason file is named after the rejected file, which is moved first.
    pub(super) fn is_reason(&self) -> bool {
        self.delivery.kind == DeliveryKind::Reason
    }

    /// The name of the task's file in the archive, if this delivery has moved the file there.
    pub(super) fn archived_as(&self) -> Option<&str> {
        match &self.step {
            DeliveryStep::Placed(name) if self.delivery.kind == DeliveryKind::Archive => Some(name),
            _ => None,
        }
    }

    /// Renames the temporary file to the reason file of `archived`.
    pub(super) fn publish_beside(&mut self, archived: &str) {
        self.delivery.name = reason_name(archived);
        self.publish();
    }

    /// True if the temporary file must be written.
    pub(super) fn wants_staging(&self) -> bool {
        !self.is_move() && !self.delivery.staged && self.step == DeliveryStep::Open
    }

    fn token(&self) -> String {
        self.delivery.id.to_string()
    }

    /// Writes and flushes the temporary file.
    pub(super) fn stage(&mut self) {
        let bytes = self.delivery.bytes.take().unwrap_or_default();
        match StagedFile::write(&self.folder, &self.token(), &bytes) {
            Ok(_) => {
                fail_point!("delivery.temporary");
                self.step = DeliveryStep::Written;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Renames the temporary file to its final name.
    pub(super) fn publish(&mut self) {
        let staged = StagedFile::of(&self.folder, &self.token());
        if self.step == DeliveryStep::Open && !staged.is_there() {
            // `staged` was recorded when the temporary file was on disk. If that file is missing now, the rename has
            // happened.
            let (name, hash) = (&self.delivery.name, self.delivery.hash.as_deref());
            let found = hash.and_then(|hash| find_moved(&self.folder, name, hash));
            self.step = DeliveryStep::Placed(found.unwrap_or_else(|| name.clone()));
            return;
        }
        fail_point!("delivery.before_rename");
        match staged.rename(&self.delivery.name) {
            Ok(name) => {
                fail_point!("delivery.renamed");
                let to_inbox =
                    matches!(self.delivery.kind, DeliveryKind::Handoff | DeliveryKind::Return | DeliveryKind::Copy);
                self.changed = to_inbox.then(|| self.folder.join(&name));
                self.step = DeliveryStep::Placed(name);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Copies a published report to its `latest` name.
    pub(super) fn keep_latest(&self) {
        if let (DeliveryKind::Artifact, DeliveryStep::Placed(name)) = (self.delivery.kind, &self.step) {
            latest::keep(&self.folder, name, Timestamp::now());
        }
    }

    /// Moves the file, if it still has the captured bytes.
    pub(super) fn move_file(&mut self) {
        match self.moved() {
            Ok(step) => {
                let other = step != DeliveryStep::Missing && self.source.symlink_metadata().is_ok();
                self.changed = match &step {
                    DeliveryStep::Placed(name) if self.delivery.kind == DeliveryKind::Route => {
                        Some(self.folder.join(name))
                    }
                    _ => other.then(|| self.source.clone()),
                };
                self.step = step;
            }
            Err(error) => self.error = Some(error),
        }
    }

    fn moved(&self) -> Result<DeliveryStep, IntakeError> {
        let (from, to, name) = (&self.source, &self.folder, &self.delivery.name);
        if let Some(hash) = self.delivery.hash.as_deref() {
            let before = |or: DeliveryStep| find_moved(to, name, hash).map_or(or, DeliveryStep::Placed);
            match hash_file(from) {
                // If the folder is missing, the state of its files is unknown.
                Err(error @ IntakeError::NotFound { .. }) if !from.parent().is_some_and(Path::is_dir) => {
                    return Err(error);
                }
                Err(IntakeError::NotFound { .. }) => return Ok(before(DeliveryStep::Missing)),
                // The file was moved before a crash, and then a new file got the old name.
                Ok(found) if found.to_string() != hash => return Ok(before(DeliveryStep::Replaced)),
                Err(IntakeError::NotAFile { .. }) => return Ok(DeliveryStep::Replaced),
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        } else if from.symlink_metadata().is_ok_and(|file| file.len() <= handoff::MAX_BYTES) {
            // The captured file was too large to be read. This file is smaller, so it is another file.
            return Ok(DeliveryStep::Replaced);
        }
        fail_point!("delivery.before_move");
        match move_into(from, to, name, &self.token()) {
            Ok(name) => {
                fail_point!("delivery.moved");
                Ok(DeliveryStep::Placed(name))
            }
            Err(IntakeError::NotFound { .. }) => Ok(DeliveryStep::Missing),
            Err(error) => Err(error),
        }
    }

    /// The folders that a move has changed.
    pub(super) fn folders_of_move(&self) -> Vec<PathBuf> {
        let moved = matches!(self.step, DeliveryStep::Placed(_));
        let left = self.source.parent().filter(|left| left.is_dir()).map(Path::to_owned);
        std::iter::once(self.folder.clone()).chain(left).filter(|_| moved).collect()
    }
}
