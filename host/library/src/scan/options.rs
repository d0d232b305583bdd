//! The options of a scan.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Error};

/// How a file is read: [`baton_fingerprint::check`], or what a test puts in its place.
pub type ReadFn<'a> = dyn Fn(&Path, baton_fingerprint::Options, &AtomicBool) -> Result<AudioReport, Error> + Sync + 'a;

/// The options of a scan.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch")]
pub struct Options {
    /// How many files are read at a time.
    pub jobs: NonZeroUsize,
    /// How many files are read at most.
    pub limit: Option<u64>,
    /// After this time no further file is begun; at least one is read.
    pub time: Option<Duration>,
    /// Read files that have a fingerprint again, and compare.
    pub verify: bool,
    /// Read files again that failed or were skipped.
    pub retry: bool,
    /// Only list and count; read and write nothing.
    pub dry_run: bool,
    /// Mark items as missing even if their volume may be unmounted.
    pub gone: bool,
    /// Treat an almost empty folder on its old volume as emptied on purpose (files that arrive there are moved on). Otherwise its
    /// items are marked as missing only with `gone`, as in an empty folder.
    pub emptied: bool,
}

impl Options {
    /// How much of a file is fingerprinted: as `AcoustID` does. Only fingerprints of the same part can be compared.
    pub const LENGTH: Duration = Duration::from_mins(2);

    /// What is wanted of a file.
    pub(super) const fn of_file() -> baton_fingerprint::Options {
        baton_fingerprint::Options { length: Some(Self::LENGTH), hashes: true }
    }
}

impl Default for Options {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { jobs, limit: None, time: None, verify: false, retry: false, dry_run: false, gone: false, emptied: false }
    }
}
