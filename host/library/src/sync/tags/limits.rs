//! The limits of writing tags, with their reasons.

use std::time::Duration;

/// The largest file to write to, in bytes. Writing Ogg loads the whole file into memory; no piece of music is that large.
pub(super) const LARGEST_BYTES: u64 = 1 << 30;

/// The largest `ID3v2` tag to check, in bytes: some hundred pictures.
pub(super) const FRAMES_BYTES: u32 = 64 << 20;

/// The part of the audio that is decoded to compute its digest: more than the minimum for a fingerprint, 3 s.
pub(super) const DIGESTED_LENGTH: Duration = Duration::from_secs(10);

/// The limit of all attribute names of a file, and of one value, in bytes: the maximum of Linux.
pub(super) const ATTRIBUTE_BYTES: usize = 64 << 10;
