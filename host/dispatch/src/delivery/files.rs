//! The file work of one delivery, step by step. Nothing here puts a folder onto the disk or tells the ledger.

use std::path::{Path, PathBuf};

use baton_core::handoff;
use baton_intake::{IntakeError, Staged, find_moved, hash_file, move_into};
use baton_ledger::outbox::{Delivery, DeliveryKind};
use fail::fail_point;

use crate::Context;
use crate::capture::reason_name;

/// How far a delivery got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeliveryStep {
    /// Nothing was done in this batch.
    Open,
    /// Its temporary was written in this batch.
    Written,
    /// It has this name now.
    Placed(String),
    /// Of a move: the file was taken away.
    Gone,
    /// Of a move: another file has its name, it was edited or a new one was dropped.
    Replaced,
}

/// A delivery under way.
pub(super) struct ActiveDelivery {
    pub(super) delivery: Delivery,
    /// Where it goes, and of a move where it lies.
    pub(super) folder: PathBuf,
    source: PathBuf,
    pub(super) step: DeliveryStep,
    /// The path that the engine is to look at.
    pub(super) news: Option<PathBuf>,
    pub(super) error: Option<IntakeError>,
}

impl ActiveDelivery {
    pub(super) fn of(context: &Context, delivery: Delivery) -> Self {
        let folder = context.real(&delivery.folder);
        let source = context.real(delivery.source.as_deref().unwrap_or_default());
        Self { delivery, folder, source, step: DeliveryStep::Open, news: None, error: None }
    }

    /// Whether a file is moved, not written.
    pub(super) fn is_move(&self) -> bool {
        matches!(self.delivery.kind, DeliveryKind::Archive | DeliveryKind::Route)
    }

    /// Whether it says why the file of its task was turned away: it is named after that file, which is moved before.
    pub(super) fn is_reason(&self) -> bool {
        self.delivery.kind == DeliveryKind::Reason
    }

    /// The name that the task's file has in the archive now.
    pub(super) fn archived_as(&self) -> Option<&str> {
        match &self.step {
            DeliveryStep::Placed(name) if self.delivery.kind == DeliveryKind::Archive => Some(name),
            _ => None,
        }
    }

    /// Gives the temporary the name of a reason for the file `archived`.
    pub(super) fn publish_beside(&mut self, archived: &str) {
        self.delivery.name = reason_name(archived);
        self.publish();
    }

    /// Whether its temporary is still to be written.
    pub(super) fn wants_staging(&self) -> bool {
        !self.is_move() && !self.delivery.staged && self.step == DeliveryStep::Open
    }

    fn token(&self) -> String {
        self.delivery.id.to_string()
    }

    /// Writes the temporary onto the disk.
    pub(super) fn stage(&mut self) {
        let bytes = self.delivery.bytes.take().unwrap_or_default();
        match Staged::write(&self.folder, &self.token(), &bytes) {
            Ok(_) => {
                fail_point!("carry.temporary");
                self.step = DeliveryStep::Written;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Gives the temporary its name.
    pub(super) fn publish(&mut self) {
        let staged = Staged::of(&self.folder, &self.token());
        if self.step == DeliveryStep::Open && !staged.is_there() {
            // The temporary was on the disk when `staged` was written down, so its rename has happened.
            let (name, hash) = (&self.delivery.name, self.delivery.hash.as_deref());
            let found = hash.and_then(|hash| find_moved(&self.folder, name, hash));
            self.step = DeliveryStep::Placed(found.unwrap_or_else(|| name.clone()));
            return;
        }
        fail_point!("carry.before_rename");
        match staged.rename(&self.delivery.name) {
            Ok(name) => {
                fail_point!("carry.renamed");
                let told =
                    matches!(self.delivery.kind, DeliveryKind::Handoff | DeliveryKind::Return | DeliveryKind::Copy);
                self.news = told.then(|| self.folder.join(&name));
                self.step = DeliveryStep::Placed(name);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Moves the file, if it still is what was captured.
    pub(super) fn move_file(&mut self) {
        match self.moved() {
            Ok(step) => {
                let other = step != DeliveryStep::Gone && self.source.symlink_metadata().is_ok();
                self.news = match &step {
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
                // Of a folder that is away nobody can say what it holds.
                Err(error @ IntakeError::Gone { .. }) if !from.parent().is_some_and(Path::is_dir) => return Err(error),
                Err(IntakeError::Gone { .. }) => return Ok(before(DeliveryStep::Gone)),
                // Moved before a crash, and a new file of the same name since then.
                Ok(found) if found.to_string() != hash => return Ok(before(DeliveryStep::Replaced)),
                Err(IntakeError::NotAFile { .. }) => return Ok(DeliveryStep::Replaced),
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        } else if from.symlink_metadata().is_ok_and(|file| file.len() <= handoff::MAX_BYTES) {
            // It was captured unread because it was too large; this is another one.
            return Ok(DeliveryStep::Replaced);
        }
        fail_point!("carry.before_move");
        match move_into(from, to, name, &self.token()) {
            Ok(name) => {
                fail_point!("carry.moved");
                Ok(DeliveryStep::Placed(name))
            }
            Err(IntakeError::Gone { .. }) => Ok(DeliveryStep::Gone),
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
