//! File work in Baton's folders: detects complete files, reads each file once, writes files into folders and moves files to
//! the archive.
//!
//! This crate handles bytes and names; `core` parses a file, `dispatch` decides what to do with it. Detection is
//! level-triggered: kernel events only start a check, and a scan finds changes without an event. A path that is built from a
//! name is resolved and then checked: symbolic links are never followed.

mod archive;
mod capture;
mod change_reporting;
mod deliver;
mod error;
mod leftover;
mod ownership;
mod readiness;
mod rename;
mod scan;
mod stamp;
mod watch;

pub use archive::{find_moved, move_into};
pub use capture::{CapturedFile, capture, hash_file};
pub use change_reporting::reports_changes;
pub use deliver::{StagedFile, publish, stage, sync_folder};
pub use error::IntakeError;
pub use leftover::{LEFT, Writer, is_own, leftovers};
pub use ownership::{OWNER_FILE, Owner, claim_inbox, claimed_at, owner_in};
pub use readiness::{DetectedBy, Readiness, readiness, written};
pub use rename::rename_new;
pub use scan::{FolderEntry, FolderEntryKind, scan, scan_tree};
pub use stamp::FileStamp;
pub use watch::{Change, Watcher};

/// Times of the intake, in one place.
pub mod limits {
    use std::time::Duration;

    /// If the system did not report that a writer closed a file, the file is complete when it was unchanged for this time.
    /// This time is longer than the pauses of a program that writes in pieces, and short enough for the sender.
    pub const SETTLE: Duration = Duration::from_millis(500);

    /// How long Baton waits for the end of a file whose content ends too early. After this time the file counts as broken.
    pub const UNFINISHED: Duration = Duration::from_mins(1);

    /// The interval of full scans.
    pub const RECONCILE: Duration = Duration::from_mins(1);

    /// The maximum number of changes in the queue between the watcher's thread and the engine. When the queue is full,
    /// changes are dropped and one full scan replaces them.
    pub const CHANGES: usize = 4096;
}
