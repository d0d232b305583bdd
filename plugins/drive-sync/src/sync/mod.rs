//! Syncs databases to the Drive, and delivers a person's changes on the Drive to the owners of the databases.
//!
//! For an unchanged database, only the metadata of three files is read. For a changed database, the task holds the lock from
//! the search for the folder until the last file is written.

mod all;
mod checks;
mod column_positions;
mod command;
mod from_drive;
mod keyless;
mod lines;
mod to_drive;

pub use all::{DatabaseSelection, Origin, Report, gather, run};
pub use column_positions::header_digest;
pub use command::sync_command;
pub use from_drive::{ChangedCell, ImportResult, Mode, SkippedRow, take};
pub use lines::{Base, DriveCsv, drive_csv, known_manifest, settled};
pub use to_drive::{ExportResult, SyncOptions, put};
