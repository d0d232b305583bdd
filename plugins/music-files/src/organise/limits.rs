//! Limits, each with its reason.

use std::time::Duration;

/// Maximum number of entries of listed folders: five times the largest known library.
pub(crate) const MOST_ENTRIES: usize = 500_000;

/// Maximum depth of folders. A deeper tree is probably a loop of mounts.
pub(crate) const DEEPEST: usize = 32;

/// Maximum number of steps of a plan.
pub(crate) const MOST_STEPS: usize = 20_000;

/// Maximum size of the steps of a plan in JSON and CSV together. An outcome may have 16 MiB; the rest is for the list
/// of unclear files.
pub(crate) const MOST_TEXT: usize = 12 << 20;

/// Maximum size of a name. File systems allow 255 bytes; the rest is for the hidden names of unfinished copies.
pub(crate) const NAME_BYTES: usize = 200;

pub(crate) const ENDING_BYTES: usize = 20;

/// Maximum number of bytes that `organise` reads to distinguish copies from other files of the same name and size.
pub(crate) const MOST_READ: u64 = 2 << 30;

/// Maximum number of rules of a configuration.
pub(crate) const MOST_RULES: usize = 200;

/// Maximum size of a template or a pattern.
pub(crate) const PATTERN_BYTES: usize = 500;

/// Maximum number of files with one name in one folder: ` (2)` to ` (10000)`.
pub(crate) const MOST_ALIKE: usize = 10_000;

/// Number of steps that are recorded together before they start. A commit waits for the disk; fifty renames take less
/// time.
pub(crate) const TOGETHER: usize = 50;

/// The time in which one task moves files. After it, the task stops, even within a copy. The host ends a task after
/// 300 s.
pub(crate) const MOVING: Duration = Duration::from_secs(200);

/// Maximum number of bytes that one task copies between disks. The host allows a task to write 4 GiB.
pub(crate) const MOST_COPIED: u64 = 3 << 30;

/// Maximum size of a file that is copied to another disk, because the host limits the bytes that a task writes.
pub(crate) const LARGEST_COPIED: u64 = 4_000 << 20;

/// Number of plans that are kept, in addition to the plans that can be undone.
pub(crate) const KEPT_PLANS: usize = 10;

/// Number of applied plans that are kept for undoing.
pub(crate) const KEPT_APPLIED: usize = 20;

/// Maximum number of rows of a Markdown table; the CSV has all of them.
pub(crate) const SHOWN: usize = 500;

/// Maximum number of characters of a text in a Markdown table.
pub(crate) const SHOWN_CHARS: usize = 200;
