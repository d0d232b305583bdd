//! Databases to the Drive, and what a person changed there back to their owners.
//!
//! A database that did not change costs three looks at files and no reading. One that did is worked on under its claim, from the
//! look for its folder to the last file.

mod command;
mod from_drive;
mod keyless;
mod lines;
mod source_csv;
mod to_drive;
mod types_row;
mod unknown;
mod whole;

pub use command::sync_command;
pub use from_drive::{Changed, Mode, Skipped, Taken, take};
pub use lines::{Base, Left, drive_csv, known_manifest, settled};
pub use source_csv::source_csv;
pub use to_drive::{Done, Terms, header_digest, put};
pub use whole::{Origin, Report, Wanted, gather, run};
