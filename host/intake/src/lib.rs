//! The folders of Baton: seeing that a file is there and whole, reading it once, putting files into folders and moving
//! them to the archive.
//!
//! Everything here is about bytes and names; what a file means is for `core`, what happens to it for `dispatch`. What
//! counts is that a file is there (level-triggered): kernel events only say when to look, and a scan finds what they
//! missed. Every path that comes from a name is checked after resolving: symbolic links are never followed.

mod archive;
mod capture;
mod deliver;
mod error;
mod glob;
mod leftover;
mod ownership;
mod readiness;
mod rename;
mod reported;
mod scan;
mod stamp;
mod watch;

pub use archive::{find_moved, move_into};
pub use capture::{Captured, capture, hash_file};
pub use deliver::{Staged, publish, stage, sync_folder};
pub use error::IntakeError;
pub use glob::Glob;
pub use leftover::{LEFT, Writer, is_own, leftovers};
pub use ownership::{OWNER_FILE, Owner, claim_inbox, claimed_at};
pub use readiness::{DetectedBy, Readiness, readiness, written};
pub use rename::rename_new;
pub use reported::reports_changes;
pub use scan::{FolderEntry, FolderEntryKind, scan, scan_tree};
pub use stamp::FileStamp;
pub use watch::{Change, Watcher};

/// Times of the intake, in one place.
pub mod limits {
    use std::time::Duration;

    /// A file that was seen without its end of writing counts as whole after it was quiet for this long. Longer than the
    /// pauses of a program that writes in pieces, short enough that nobody waits.
    pub const SETTLE: Duration = Duration::from_millis(500);

    /// A file whose content ends too early may still be written: it counts as broken after this long.
    pub const UNFINISHED: Duration = Duration::from_mins(1);

    /// How often every folder is looked at although nothing was reported.
    pub const RECONCILE: Duration = Duration::from_mins(1);

    /// Changes that may wait between the watcher's thread and the engine. When it is full, changes are dropped and one
    /// full scan makes up for them.
    pub const CHANGES: usize = 4096;
}
