//! Folders in which the system shows itself as files: processes, devices, settings of the kernel. No grant may contain one or be
//! inside one. `/proc` has memory, environment and open files of the daemon and of every other program of the user; `/dev` has
//! disks and terminals.
//!
//! Folders are recognised by their path and, where the system lists its mounts, by the kind of file system, because `proc` can be
//! mounted anywhere.

use std::path::{Path, PathBuf};

/// The usual places.
const PLACES: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Shared memory is ordinary storage.
const STORAGE: &str = "/dev/shm";

/// The mounts of this process, as Linux lists them (`fstab(5)`).
const MOUNTS: &str = "/proc/self/mounts";

/// Kinds of file systems that hold no files of anybody.
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

/// The folder of the system that `folder` contains or is inside of.
pub(super) fn of_the_system(folder: &Path) -> Option<PathBuf> {
    let mounts = std::fs::read_to_string(MOUNTS).unwrap_or_default();
    by_path(folder).or_else(|| by_mount(folder, &mounts))
}

fn by_path(folder: &Path) -> Option<PathBuf> {
    let touches = |place: &&Path| folder.starts_with(place) || place.starts_with(folder);
    PLACES.into_iter().map(Path::new).find(touches).filter(|_| !folder.starts_with(STORAGE)).map(Path::to_owned)
}

/// Of the mounts around `folder`, the innermost counts; of two at one place the later one.
fn by_mount(folder: &Path, mounts: &str) -> Option<PathBuf> {
    let mounts: Vec<(PathBuf, bool)> = mounts.lines().filter_map(mount).collect();
    let around = mounts.iter().filter(|(at, _)| folder.starts_with(at));
    let innermost = around.max_by_key(|(at, _)| at.components().count());
    let below = mounts.iter().filter(|(at, _)| at.starts_with(folder));
    innermost.into_iter().chain(below).find(|(_, is_system)| *is_system).map(|(at, _)| at.clone())
}

/// Where a line's file system is mounted, and whether it is one of the system's.
fn mount(line: &str) -> Option<(PathBuf, bool)> {
    let mut fields = line.split(' ').skip(1);
    let (at, kind) = (fields.next()?, fields.next()?);
    Some((PathBuf::from(unescaped(at)), KINDS.contains(&kind)))
}

/// A path with a character in place of each of the four escapes of this list.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escape, character)| path.replace(escape, character))
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
        let mounts = "/dev/sda1 / ext4 rw 0 0\nproc /srv/my\\040root/proc proc rw 0 0\ntmpfs /srv/my\\040root/proc/x tmpfs rw 0 0\n";
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
