//! Writes moved, copied and removed files to the catalog. This happens before the journal marks a step as done. If an attempt
//! is killed after the write to the catalog, the next attempt writes the same rows again, which changes nothing.

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;

use super::journal::StoredStep;
use super::step::{Direction, StepAction};

const MOVED: &str = "INSERT INTO put_moved (source, path, new_path, size, modified_at, new_modified_at)
    VALUES ('music-files', ?1, ?2, ?3, ?4, ?5)";
const COPIED: &str = "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
    VALUES ('music-files', ?1, ?2, ?3, ?4, ?5, ?6)";
const REMOVED: &str = "INSERT INTO put_file (source, path, missing)
    SELECT 'music-files', ?1, 1 WHERE EXISTS (SELECT 1 FROM files WHERE path = ?1)";

/// Rows for the catalog.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    copied: Vec<Row>,
    moved: Vec<Row>,
    removed: Vec<Row>,
}

impl Locations {
    /// Adds a step that was done, with the time and digest of the file at its new path.
    pub(crate) fn add(&mut self, step: &StoredStep, direction: Direction, modified_ns: i64, sha256: Option<&str>) {
        let (source, target) = (step.from.on_host(), step.to.on_host());
        let milliseconds = |ns: i64| ns.div_euclid(1_000_000);
        let (from, to, before) = match direction {
            Direction::Apply => (source, target, step.modified_ns),
            Direction::Undo => (target, source, step.placed_ns.unwrap_or(step.modified_ns)),
        };
        if (direction, step.act) == (Direction::Undo, StepAction::Copy) {
            self.removed.push(vec![from.into()]);
            return;
        }
        let size = i64::try_from(step.size).unwrap_or(i64::MAX);
        let mut row: Row =
            vec![from.into(), to.into(), size.into(), milliseconds(before).into(), milliseconds(modified_ns).into()];
        match step.act {
            StepAction::Move => self.moved.push(row),
            StepAction::Copy => {
                row.push(sha256.into());
                self.copied.push(row);
            }
        }
    }

    /// Writes the rows: copies before moves, because a copy is made before its file is moved.
    ///
    /// # Errors
    /// As `wit/sql.wit`.
    pub(crate) fn write(self, catalog: &dyn Writable) -> Result<(), Error> {
        for (statement, rows) in [(COPIED, self.copied), (MOVED, self.moved), (REMOVED, self.removed)] {
            if !rows.is_empty() {
                catalog.batch(statement, &mut rows.into_iter())?;
            }
        }
        Ok(())
    }
}

/// Checks that the catalog can be written, before any file is moved.
///
/// # Errors
/// `needs-grant` when writing is not granted, else as `wit/sql.wit`.
pub(crate) fn check(catalog: &dyn Writable) -> Result<(), Error> {
    catalog.execute("INSERT INTO put_moved (source, path) SELECT 'music-files', path FROM files WHERE 0", &[])?;
    Ok(())
}
