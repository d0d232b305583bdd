//! Limits, each with its reason.

use std::time::Duration;

/// Entries of folders that are looked at: five times the largest library that is known of.
pub(crate) const MOST_ENTRIES: usize = 500_000;

/// Folders below folders; more is no library but a loop of mounts.
pub(crate) const DEEPEST: usize = 32;

/// Steps of one plan.
pub(crate) const MOST_STEPS: usize = 20_000;

/// Bytes that the steps of a plan have in its JSON and its CSV together. An outcome has 16 MiB; the rest is for what a person
/// should look at.
pub(crate) const MOST_TEXT: usize = 12 << 20;

/// Bytes of one name. File systems take 255; the rest is room for the names of copies in the making.
pub(crate) const NAME_BYTES: usize = 200;

pub(crate) const ENDING_BYTES: usize = 20;

/// Bytes that `organise` reads to tell copies from other files of the same name and size.
pub(crate) const MOST_READ: u64 = 2 << 30;

/// Rules of one configuration.
pub(crate) const MOST_RULES: usize = 200;

/// Bytes of one template or one pattern.
pub(crate) const PATTERN_BYTES: usize = 500;

/// Files of one name in one folder: ` (2)` to ` (10000)`.
pub(crate) const MOST_ALIKE: usize = 10_000;

/// Steps that are written down together before they are taken. A commit waits for the disk; fifty renames take less.
pub(crate) const TOGETHER: usize = 50;

/// How long one task moves files; a copy in the making ends then, too. The host ends a task after 300 s.
pub(crate) const MOVING: Duration = Duration::from_secs(200);

/// What one task copies between disks. The host lets a task write 4 GiB.
pub(crate) const MOST_COPIED: u64 = 3 << 30;

/// A larger file is not copied to another disk: the host would not let it be written.
pub(crate) const LARGEST_COPIED: u64 = 4_000 << 20;

/// Plans that are kept beside those that can still be undone.
pub(crate) const KEPT_PLANS: usize = 10;

/// Applied plans that are kept, and with them the way back.
pub(crate) const KEPT_APPLIED: usize = 20;

/// Rows of a table for people; all of them stand in the CSV.
pub(crate) const SHOWN: usize = 500;

/// Characters of a text in such a table.
pub(crate) const SHOWN_CHARS: usize = 200;
