//! The folders of a plan. Creates missing folders, and removes empty folders that the plan emptied or created.
//!
//! The system does not remove a folder that is not empty, so this module does not check the contents.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use baton_plugin_sdk::Error;

use super::journal::StoredStep;
use super::move_file::{MoveOutcome, failure};
use super::moving::Mover;
use super::roots::join;
use super::step::{Direction, StepAction, StepPlace};

impl Mover<'_> {
    /// Creates the folders above a place. If that fails, returns the result of the step.
    pub(super) fn make_folders(&mut self, at: &StepPlace) -> Result<Option<MoveOutcome>, Error> {
        let Some(root) = self.roots.get(&at.root).cloned() else { return Ok(None) };
        let mut path = String::new();
        let folders = at.path.rsplit_once('/').map_or("", |(folders, _)| folders);
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            path = if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
            let folder = join(&root, &path);
            if self.existing.contains(&folder) {
                continue;
            }
            match self.tools.disk.metadata(&folder) {
                Ok(Some(seen)) if seen.folder => {}
                Ok(Some(_)) => return Ok(Some(MoveOutcome::Left(format!("{path} is not a folder")))),
                Ok(None) => {
                    if self.direction == Direction::Apply {
                        self.journal.record_folder(&self.plan.id, &at.root, &path)?;
                    }
                    match self.tools.disk.make_folder(&folder) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Ok(Some(failure(&error))),
                        _ => {}
                    }
                }
                Err(error) => return Ok(Some(failure(&error))),
            }
            self.existing.insert(folder);
        }
        Ok(None)
    }

    pub(super) fn parents(&self, step: &StoredStep) -> Vec<PathBuf> {
        let parent = |at: &StepPlace| join(self.roots.get(&at.root)?, &at.path).parent().map(Path::to_owned);
        [parent(&step.from), parent(&step.to)].into_iter().flatten().collect()
    }

    /// Deletes the folders that these steps emptied, and the folders above them that became empty. Never deletes a granted
    /// folder.
    pub(crate) fn remove_emptied(&self, steps: &[StoredStep]) {
        let moved = steps.iter().filter(|step| step.act == StepAction::Move && step.state == "done");
        let folders: BTreeSet<_> = moved.filter_map(|step| self.parents(step).into_iter().next()).collect();
        let granted: HashSet<&PathBuf> = self.roots.values().collect();
        // Deletes the innermost folders first.
        for folder in folders.iter().rev() {
            let above = folder.ancestors().take_while(|folder| {
                !granted.contains(&folder.to_path_buf()) && granted.iter().any(|root| folder.starts_with(root))
            });
            for folder in above {
                if self.tools.disk.remove_folder(folder).is_err() {
                    break;
                }
            }
        }
    }

    /// Deletes the empty folders that the plan created.
    ///
    /// # Errors
    /// As `wit/sql.wit`.
    pub(crate) fn remove_created(&self) -> Result<(), Error> {
        for (root, path) in self.journal.created_folders(&self.plan.id)? {
            if let Some(root) = self.roots.get(&root) {
                drop(self.tools.disk.remove_folder(&join(root, &path)));
            }
        }
        Ok(())
    }
}
