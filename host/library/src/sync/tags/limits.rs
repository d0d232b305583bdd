//! Limits of writing tags, with their reasons.

use std::time::Duration;

/// The largest file that is written to, in bytes. A writer of Ogg holds the whole file in memory; no piece is that large.
pub(super) const LARGEST_BYTES: u64 = 1 << 30;

/// The largest `ID3v2` tag that is looked through, in bytes: some hundred pictures.
pub(super) const FRAMES_BYTES: u32 = 64 << 20;

/// How much of the sound is decoded to get at its digest: a little more than the shortest that has a fingerprint, 3 s.
pub(super) const HEARD: Duration = Duration::from_secs(10);

/// The names of a file's attributes together, and the value of one, in bytes: what Linux allows at most.
pub(super) const ATTRIBUTE_BYTES: usize = 64 << 10;
