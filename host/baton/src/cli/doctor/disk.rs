//! Checks the disks of the workspace and its state: free bytes, free file entries (inodes), and whether they can be written to.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::facts::{Facts, shell_word};
use super::finding::{Finding, Status};

const CHECK: &str = "disk";
const MIB: u64 = 1024 * 1024;

/// Below this free space, SQLite, reports and archives soon fail.
const FAIL_BYTES: u64 = 100 * MIB;

/// Below this free space, or below [`WARN_PERCENT`], the operator should free space.
const WARN_BYTES: u64 = 1024 * MIB;

const WARN_PERCENT: u64 = 5;

/// Below this number of free file entries, Baton can use all of them within a day.
const FAIL_ENTRIES: u64 = 1_000;

/// The usage of a file system. A total of 0 entries means that the file system does not count them.
#[derive(Clone, Copy, Debug, Default)]
struct Space {
    free: u64,
    total: u64,
    entries_free: u64,
    entries_total: u64,
    read_only: bool,
}

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let state = facts.state.as_ref().ok().map(|state| existing(state.folder()));
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    let apart = state.filter(|state| device(state) != device(&facts.root));
    let mut findings = check_folder(facts, &facts.root);
    findings.extend(apart.iter().flat_map(|state| check_folder(facts, state)));
    findings
}

/// The nearest existing folder.
fn existing(folder: &Path) -> PathBuf {
    folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn check_folder(facts: &Facts, folder: &Path) -> Vec<Finding> {
    let place = facts.display(folder);
    let space = match statvfs(folder) {
        Ok(found) => Space {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            total: found.f_blocks.saturating_mul(found.f_frsize),
            entries_free: found.f_favail,
            entries_total: found.f_files,
            read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
        },
        Err(error) => {
            let what = format!("cannot read the state of the file system: {error}");
            return vec![Finding::fail(CHECK, place, what, format!("ls -ld {}", shell_word(folder)))];
        }
    };
    let judged = judge(&space).into_iter();
    judged.map(|(status, what)| finding(status, what, &place, folder, space.read_only)).collect()
}

fn finding(status: Status, what: String, place: &str, folder: &Path, read_only: bool) -> Finding {
    let fix = if read_only {
        format!("mount -o remount,rw \"$(df --output=target {} | tail -1)\"", shell_word(folder))
    } else {
        format!("df -h {0}; df -i {0}; free some space on that file system", shell_word(folder))
    };
    match status {
        Status::Ok => Finding::ok(CHECK, place, what),
        status => Finding::warn(CHECK, place, what, fix).with(status),
    }
}

fn judge(space: &Space) -> Vec<(Status, String)> {
    if space.read_only {
        return vec![(Status::Fail, "the file system is read-only".to_owned())];
    }
    let mut findings = Vec::from_iter(bytes(space));
    findings.extend(entries(space));
    if findings.is_empty() {
        findings.push((Status::Ok, format!("{} free", size(space.free))));
    }
    findings
}

fn bytes(space: &Space) -> Option<(Status, String)> {
    let scarce = is_scarce(space.free, space.total);
    let status = if space.free < FAIL_BYTES {
        Status::Fail
    } else if space.free < WARN_BYTES || scarce {
        Status::Warn
    } else {
        return None;
    };
    Some((status, format!("only {} of {} are free", size(space.free), size(space.total))))
}

fn entries(space: &Space) -> Option<(Status, String)> {
    if space.entries_total == 0 || !is_scarce(space.entries_free, space.entries_total) {
        return None;
    }
    let status = if space.entries_free < FAIL_ENTRIES { Status::Fail } else { Status::Warn };
    Some((status, format!("only {} of {} file entries (inodes) are free", space.entries_free, space.entries_total)))
}

fn is_scarce(free: u64, total: u64) -> bool {
    u128::from(free) * 100 < u128::from(total) * u128::from(WARN_PERCENT)
}

/// A number of bytes in one unit.
pub(super) fn size(bytes: u64) -> String {
    match bytes / MIB {
        0 => format!("{} KiB", bytes / 1024),
        mib @ 1..=10_239 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib / 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Space = Space {
        free: 50_000 * MIB,
        total: 100_000 * MIB,
        entries_free: 500_000,
        entries_total: 1_000_000,
        read_only: false,
    };

    fn statuses(space: Space) -> Vec<Status> {
        judge(&space).into_iter().map(|(status, _)| status).collect()
    }

    #[test]
    fn bytes_are_judged_by_number_and_by_share() {
        let free = |mib: u64, total: u64| statuses(Space { free: mib * MIB, total: total * MIB, ..ROOMY });
        assert_eq!(free(50_000, 100_000), [Status::Ok]);
        assert_eq!(free(1_024, 10_000), [Status::Ok]);
        assert_eq!(free(1_023, 10_000), [Status::Warn]);
        assert_eq!(free(4_999, 100_000), [Status::Warn]);
        assert_eq!(free(100, 1_000), [Status::Warn]);
        assert_eq!(free(99, 100), [Status::Fail]);
    }

    #[test]
    fn file_entries_are_judged_where_they_are_counted() {
        let entries = |free, total| statuses(Space { entries_free: free, entries_total: total, ..ROOMY });
        assert_eq!(entries(0, 0), [Status::Ok]);
        assert_eq!(entries(49_999, 1_000_000), [Status::Warn]);
        assert_eq!(entries(999, 1_000_000), [Status::Fail]);
        assert_eq!(statuses(Space { free: 0, entries_free: 0, ..ROOMY }), [Status::Fail, Status::Fail]);
    }

    #[test]
    fn a_read_only_folder_has_no_free_space() {
        let findings = judge(&Space { read_only: true, ..ROOMY });
        assert_eq!(findings, [(Status::Fail, "the file system is read-only".to_owned())]);
    }

    #[test]
    fn sizes_have_one_unit() {
        assert_eq!([2_048, 5 * MIB, 20_480 * MIB].map(size), ["2 KiB", "5 MiB", "20 GiB"]);
    }
}
