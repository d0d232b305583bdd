//! Detects changes of a file without reading it: by size, times and inode. Programs cannot set the inode change time. So an
//! edit is detected even if a program restores the size and the modification time.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// The time resolution of the file systems with the lowest resolution.
const COARSE: Duration = Duration::from_secs(2);

const NANOSECONDS: i128 = 1_000_000_000;

/// The metadata of a file at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    size: u64,
    /// The modification time in nanoseconds since 1970.
    modified: i128,
    /// The inode change time in nanoseconds since 1970.
    changed: i128,
    inode: u64,
}

impl FileStamp {
    /// The stamp of a file.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * NANOSECONDS + i128::from(rest);
        Self {
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// True if any change after `now` will change the stamp. If a file system stores only whole seconds, two changes within
    /// a second may have the same stamp.
    #[must_use]
    pub fn is_old_at(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let newest = self.modified.max(self.changed);
        i128::try_from(now).is_ok_and(|now| now - newest > i128::try_from(COARSE.as_nanos()).unwrap_or(i128::MAX))
    }

    /// True if the file system of this file stores fractions of a second.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.changed % NANOSECONDS != 0
    }
}

impl fmt::Display for FileStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.size, self.modified, self.changed, self.inode)
    }
}

impl FromStr for FileStamp {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, ' ');
        let mut next = || parts.next().unwrap_or_default();
        Ok(Self { size: next().parse()?, modified: next().parse()?, changed: next().parse()?, inode: next().parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_storage_and_detects_an_edit_that_restores_the_times() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, "one").unwrap();
        let metadata = file.metadata().unwrap();
        let before = FileStamp::of(&metadata);
        assert_eq!(before.to_string().parse(), Ok(before));
        assert!("".parse::<FileStamp>().is_err() && "1 2 3 4 5".parse::<FileStamp>().is_err());
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(&file, "two").unwrap();
        std::fs::File::options().append(true).open(&file).unwrap().set_modified(metadata.modified().unwrap()).unwrap();
        assert_ne!(FileStamp::of(&file.metadata().unwrap()), before);
    }

    #[test]
    fn a_stamp_is_old_when_every_later_change_gets_another_stamp() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let stamp = FileStamp { size: 1, modified: 97 * NANOSECONDS, changed: 97 * NANOSECONDS, inode: 1 };
        assert!(stamp.is_old_at(at) && !stamp.is_fine());
        assert!(!FileStamp { changed: 99 * NANOSECONDS, ..stamp }.is_old_at(at));
        assert!(!FileStamp { modified: 200 * NANOSECONDS, ..stamp }.is_old_at(at), "a clock that runs ahead");
    }
}
