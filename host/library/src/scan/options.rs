//! The options of a scan.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Error};

/// Reads a file: [`baton_fingerprint::check`], or a substitute in tests.
pub type ReadFn<'a> = dyn Fn(&Path, baton_fingerprint::Options, &AtomicBool) -> Result<AudioReport, Error> + Sync + 'a;

/// The options of a scan.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch")]
pub struct Options {
    /// The number of files that are read in parallel.
    pub jobs: NonZeroUsize,
    /// The maximum number of files to read.
    pub limit: Option<u64>,
    /// No reading starts after this time, but at least one file is read.
    pub time: Option<Duration>,
    /// Read fingerprinted files again, and compare.
    pub verify: bool,
    /// Read failed and skipped files again.
    pub retry: bool,
    /// Only list and count; read and write nothing.
    pub dry_run: bool,
    /// Mark items as missing even if their volume may be unmounted.
    pub confirm_missing: bool,
    /// An almost empty folder on its old volume was emptied on purpose (other programs move its files to their place).
    /// Without this option its items are marked as missing only with `confirm_missing`, as in an empty folder.
    pub emptied: bool,
}

impl Options {
    /// The fingerprinted part of a file, as for `AcoustID`. Only fingerprints of equal parts can be compared.
    pub const LENGTH: Duration = Duration::from_mins(2);

    /// The options for reading one file.
    pub(super) const fn for_file() -> baton_fingerprint::Options {
        baton_fingerprint::Options { length: Some(Self::LENGTH), hashes: true }
    }
}

impl Default for Options {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            jobs,
            limit: None,
            time: None,
            verify: false,
            retry: false,
            dry_run: false,
            confirm_missing: false,
            emptied: false,
        }
    }
}
