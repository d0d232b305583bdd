//! Decides when a file is complete, from the file's times and the current time. The functions do not access the file.
//!
//! A file that was renamed into the folder, or closed by its writer, is complete. A file that was only found by a scan
//! is complete when it was unchanged for the settle time. The content is checked after reading: if a handoff ends too
//! early, Baton waits up to a minute for its end.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use crate::limits::{SETTLE, UNFINISHED};

/// How a file was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectedBy {
    /// The file was renamed into the folder, or its writer closed it.
    Complete,
    /// A scan found the file.
    Present,
}

/// Whether to read a file now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Read the file now.
    Now,
    /// Check the file again after this time.
    In(Duration),
}

/// The modification time of a file, which shows for how long the file has been unchanged. If this time is in the future (the
/// clock of another machine), returns the time of the inode change. If the time of the inode change is in the future too,
/// the file counts as unchanged for a long time.
#[must_use]
pub fn written(metadata: &Metadata, now: SystemTime) -> SystemTime {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
    let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
    let times = [metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), changed];
    times.into_iter().find(|time| *time <= now).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether a file with this modification time is complete at `now`. `unfinished` means that an earlier read found that the
/// content ends too early.
#[must_use]
pub fn readiness(seen: DetectedBy, modified: SystemTime, unfinished: bool, now: SystemTime) -> Readiness {
    // A time after `now` counts as `now`. (The caller uses [`written`], which replaces times in the future.)
    let quiet = now.duration_since(modified).unwrap_or(Duration::ZERO);
    let needed = match (unfinished, seen) {
        (true, _) => UNFINISHED,
        (false, DetectedBy::Present) => SETTLE,
        (false, DetectedBy::Complete) => Duration::ZERO,
    };
    if quiet >= needed { Readiness::Now } else { Readiness::In(needed.saturating_sub(quiet)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
    }

    #[test]
    fn for_a_modification_time_in_the_future_the_inode_change_time_is_used() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (now, ahead) = (SystemTime::now(), Duration::from_hours(24));
        file.as_file().set_modified(now + ahead).unwrap();
        let metadata = file.as_file().metadata().unwrap();
        let later = now + Duration::from_mins(1);
        assert!(written(&metadata, later) <= later && written(&metadata, later) > now - Duration::from_mins(1));
        assert_eq!(written(&metadata, now - ahead), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn a_renamed_or_closed_file_is_complete_at_once() {
        assert_eq!(readiness(DetectedBy::Complete, at(1000), false, at(1000)), Readiness::Now);
    }

    #[test]
    fn a_file_that_a_scan_found_is_complete_when_it_was_unchanged_for_a_while() {
        assert_eq!(
            readiness(DetectedBy::Present, at(1000), false, at(1100)),
            Readiness::In(Duration::from_millis(400))
        );
        assert_eq!(readiness(DetectedBy::Present, at(1000), false, at(1500)), Readiness::Now);
    }

    #[test]
    fn an_unfinished_file_gets_a_minute_also_if_its_time_is_in_the_future() {
        assert_eq!(readiness(DetectedBy::Complete, at(0), true, at(1000)), Readiness::In(Duration::from_secs(59)));
        assert_eq!(readiness(DetectedBy::Complete, at(0), true, at(60_000)), Readiness::Now);
        assert_eq!(readiness(DetectedBy::Present, at(9_000_000), false, at(0)), Readiness::In(SETTLE));
    }
}
