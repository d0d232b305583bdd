//! Limits, each with its reason.

use std::time::Duration;

/// Entries of folders that are listed: five times the largest known library.
pub(crate) const MOST_ENTRIES: usize = 500_000;

/// Depth of folders. A deeper tree is probably a loop of mounts.
pub(crate) const DEEPEST: usize = 32;

/// Steps of one plan.
pub(crate) const MOST_STEPS: usize = 20_000;

/// Bytes of the steps of a plan in JSON and CSV together. An outcome may have 16 MiB; the rest is for the list of unclear files.
pub(crate) const MOST_TEXT: usize = 12 << 20;

/// Bytes of one name. File systems allow 255; the rest is for the hidden names of unfinished copies.
pub(crate) const NAME_BYTES: usize = 200;

pub(crate) const ENDING_BYTES: usize = 20;

/// Bytes that `organise` reads to distinguish copies from other files of the same name and size.
pub(crate) const MOST_READ: u64 = 2 << 30;

/// Rules of one configuration.
pub(crate) const MOST_RULES: usize = 200;

/// Bytes of one template or one pattern.
pub(crate) const PATTERN_BYTES: usize = 500;

/// Files of one name in one folder: ` (2)` to ` (10000)`.
pub(crate) const MOST_ALIKE: usize = 10_000;

/// Steps that are recorded together before they start. A commit waits for the disk; fifty renames take less.
pub(crate) const TOGETHER: usize = 50;

/// The time in which one task moves files; then it also stops an unfinished copy. The host ends a task after 300 s.
pub(crate) const MOVING: Duration = Duration::from_secs(200);

/// Bytes that one task copies between disks. The host allows a task to write 4 GiB.
pub(crate) const MOST_COPIED: u64 = 3 << 30;

/// Bytes of the largest file that is copied to another disk; the host limits what a task writes.
pub(crate) const LARGEST_COPIED: u64 = 4_000 << 20;

/// Plans that are kept, not counting those that can be undone.
pub(crate) const KEPT_PLANS: usize = 10;

/// Applied plans that are kept, so that they can be undone.
pub(crate) const KEPT_APPLIED: usize = 20;

/// Rows of a Markdown table; the CSV has all of them.
pub(crate) const SHOWN: usize = 500;

/// Characters of a text in a Markdown table.
pub(crate) const SHOWN_CHARS: usize = 200;
