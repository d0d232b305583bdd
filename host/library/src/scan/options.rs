//! What is wanted of a scan.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Error};

/// How a file is read: [`baton_fingerprint::check`], or what a test puts in its place.
pub type ReadFn<'a> = dyn Fn(&Path, baton_fingerprint::Options, &AtomicBool) -> Result<AudioReport, Error> + Sync + 'a;

/// What is wanted of a scan.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// How many files are read at a time.
    pub jobs: NonZeroUsize,
    /// How many files are read at most.
    pub limit: Option<u64>,
    /// How long files are begun to be read: after this no other one, but one at least.
    pub time: Option<Duration>,
    /// Whether what has a fingerprint is read again and compared.
    pub verify: bool,
    /// Whether what failed or was skipped is read again.
    pub retry: bool,
    /// Whether nothing is read and written, only listed and counted.
    pub dry_run: bool,
    /// Whether what is not there is gone, also where it may be that its volume is not there.
    pub gone: bool,
    /// Whether a folder in which little is left was emptied, where it lies on the volume that it lay on before: what comes in
    /// there is taken elsewhere. Otherwise nothing of it is gone without `gone`, as in one in which nothing is left.
    pub emptied: bool,
}

impl Options {
    /// How much of a file is fingerprinted: the habit of `AcoustID`. All that compare must have heard the same part.
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
