//! Recognises folders in which the system shows processes, devices and kernel settings as files. A grant must not
//! contain such a folder or be inside one. `/proc` has memory, environment and open files of all programs of the user;
//! `/dev` has disks and terminals.
//!
//! Folders are recognised by path and, if the system lists its mounts, by the type of the file system, because `proc` can be
//! mounted anywhere.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

const PLACES: [&str; 3] = ["/proc", "/sys", "/dev"];

const STORAGE: &str = "/dev/shm";

/// The mounts of this process, as Linux lists them (`fstab(5)`).
const MOUNTS: &str = "/proc/self/mounts";

/// Types of file systems without files of users.
const KINDS: [&str; 16] = [
    "proc",
    "sysfs",
    "devtmpfs",
    "devpts",
    "cgroup",
    "cgroup2",
    "debugfs",
    "tracefs",
    "securityfs",
    "configfs",
    "bpf",
    "pstore",
    "efivarfs",
    "mqueue",
    "binfmt_misc",
    "selinuxfs",
];

/// Returns a system folder that is inside `folder`, or that `folder` is inside of.
pub(super) fn of_the_system(folder: &Path) -> Option<PathBuf> {
    let mounts = std::fs::read(MOUNTS).unwrap_or_default();
    by_path(folder).or_else(|| by_mount(folder, &mounts))
}

fn by_path(folder: &Path) -> Option<PathBuf> {
    let touches = |place: &&Path| folder.starts_with(place) || place.starts_with(folder);
    PLACES.into_iter().map(Path::new).find(touches).filter(|_| !folder.starts_with(STORAGE)).map(Path::to_owned)
}

/// Checks by mount points. The innermost mount around `folder` counts. If two mounts have the same path, the later one
/// counts.
fn by_mount(folder: &Path, mounts: &[u8]) -> Option<PathBuf> {
    let mounts: Vec<(PathBuf, bool)> = mounts.split(|byte| *byte == b'\n').filter_map(mount).collect();
    let around = mounts.iter().filter(|(at, _)| folder.starts_with(at));
    let innermost = around.max_by_key(|(at, _)| at.components().count());
    let below = mounts.iter().filter(|(at, _)| at.starts_with(folder));
    innermost.into_iter().chain(below).find(|(_, is_system)| *is_system).map(|(at, _)| at.clone())
}

/// The mount point in a line, and whether [`KINDS`] has the type of its file system.
fn mount(line: &[u8]) -> Option<(PathBuf, bool)> {
    let mut fields = line.split(|byte| *byte == b' ').skip(1);
    let (at, kind) = (fields.next()?, fields.next()?);
    let is_system = KINDS.iter().any(|known| known.as_bytes() == kind);
    Some((PathBuf::from(OsString::from_vec(unescaped(at))), is_system))
}

/// Resolves the escapes of this list (`\040` is a space).
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_places_are_recognised_and_shared_memory_is_storage() {
        for folder in ["/proc", "/proc/1", "/sys/kernel", "/dev", "/dev/fd", "/"] {
            assert!(by_path(Path::new(folder)).is_some(), "{folder}");
        }
        for folder in ["/dev/shm/x", "/home/x/proc", "/development", "/process"] {
            assert_eq!(by_path(Path::new(folder)), None, "{folder}");
        }
    }

    #[test]
    fn a_mount_elsewhere_is_recognised_from_both_sides() {
        let mounts = b"/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/Caf\xe9 vfat rw 0 0\nproc /srv/my\\040root/proc proc rw 0 0\ntmpfs /srv/my\\040root/proc/x tmpfs rw 0 0\n";
        let found = |folder: &str| by_mount(Path::new(folder), mounts);
        let proc = Some(PathBuf::from("/srv/my root/proc"));
        for folder in ["/srv", "/srv/my root", "/srv/my root/proc", "/srv/my root/proc/1"] {
            assert_eq!(found(folder), proc, "{folder}");
        }
        for folder in ["/home", "/srv/other", "/srv/my root/proc/x", "/srv/my root/process"] {
            assert_eq!(found(folder), None, "{folder}");
        }
    }
}
