//! Tells the catalog about files that were moved, copied or removed. This happens before the journal marks a step as done, so an attempt
//! that is killed in between repeats it; repeating changes nothing.

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

/// Steps that were taken.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    copied: Vec<Row>,
    moved: Vec<Row>,
    removed: Vec<Row>,
}

impl Locations {
    /// Notes that a step was taken, and the time and digest of the file where it lies now.
    pub(crate) fn note(&mut self, step: &StoredStep, way: Direction, modified_ns: i64, sha256: Option<&str>) {
        let (source, target) = (step.from.on_host(), step.to.on_host());
        let milliseconds = |ns: i64| ns.div_euclid(1_000_000);
        let (from, to, before) = match way {
            Direction::There => (source, target, step.modified_ns),
            Direction::Back => (target, source, step.placed_ns.unwrap_or(step.modified_ns)),
        };
        if (way, step.act) == (Direction::Back, StepAction::Copy) {
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

    /// Tells the catalog. A copy is made before its file is moved, so that order is kept.
    ///
    /// # Errors
    /// As `wit/sql.wit`.
    pub(crate) fn tell(self, catalog: &dyn Writable) -> Result<(), Error> {
        for (statement, rows) in [(COPIED, self.copied), (MOVED, self.moved), (REMOVED, self.removed)] {
            if !rows.is_empty() {
                catalog.batch(statement, &mut rows.into_iter())?;
            }
        }
        Ok(())
    }
}

/// Finds out whether the catalog can be told, before any file is moved.
///
/// # Errors
/// `needs-grant` when writing is not granted, else as `wit/sql.wit`.
pub(crate) fn check(catalog: &dyn Writable) -> Result<(), Error> {
    catalog.execute("INSERT INTO put_moved (source, path) SELECT 'music-files', path FROM files WHERE 0", &[])?;
    Ok(())
}
