//! Checks whether the kernel lets a daemon watch every folder: the user's inotify watches, instances and queue on Linux, and
//! the limit of open files. Other systems have no such limits.
//!
//! Baton also works without watches, because a scan each minute finds the files. So a low limit of watches is only a
//! warning. Only a low limit of open files can be a failure.

use std::fs;
use std::path::{Path, PathBuf};

use baton_core::manifest::{Manifest, Trigger};
use rustix::process::{Resource, getrlimit};

use super::configuration;
use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::workspace::CONFIG_FILE;

const CHECK: &str = "watches";

/// The open files of a busy daemon: 64 files being captured, the ledger, plugins and their files.
const FILES: u64 = 256;

/// The minimum of open files.
const FILES_AT_LEAST: u64 = 128;

/// The required length of the kernel's queue, for a burst of changes. A scan finds the changes that do not fit.
const QUEUE: u64 = 1_024;

const COUNTED: usize = 1_000_000;

/// The kernel's limits for the user, and their use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kernel {
    max_watches: u64,
    max_instances: u64,
    max_queue: u64,
    used_watches: u64,
    used_instances: u64,
}

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let folders = count(&watched(facts));
    let mut findings = Vec::new();
    if let Some(inotify) = inotify(Path::new("/proc")) {
        findings.extend(judge(&inotify, folders, facts.is_served()));
    }
    findings.extend(open_files(getrlimit(Resource::Nofile).current));
    findings.extend(missing_audio(facts));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", format!("{folders} folders to watch; the limits of this user suffice")));
    }
    findings
}

/// The folders that `baton up` watches with their subfolders: `handoffs/`, the folders of plugin triggers and the folders
/// of `[[audio]]`.
fn watched(facts: &Facts) -> Vec<PathBuf> {
    let mut trees = vec![facts.root.join("handoffs")];
    let (Ok(lock), Ok(config)) = (&facts.lock, &facts.config) else {
        return trees;
    };
    let manifests = lock.plugins.iter().filter_map(|entry| configuration::manifest(facts, entry).ok());
    for folder in manifests.flat_map(|manifest| trigger_folders(&manifest)) {
        trees.extend(config.folder(&folder).iter().map(|folder| facts.root.join(folder)));
    }
    trees.extend(config.audio(&facts.root));
    trees.sort();
    trees.dedup();
    trees
}

/// Missing folders of `[[audio]]`.
fn missing_audio(facts: &Facts) -> Vec<Finding> {
    let Ok(config) = &facts.config else { return Vec::new() };
    let missing = config.audio(&facts.root).into_iter().filter(|folder| !folder.is_dir());
    let say = |folder: PathBuf| {
        let what = "the folder of [[audio]] is missing, so new audio in it is not found";
        let fix =
            format!("mount it, mkdir -p {}, or correct `folder` under [[audio]] in {CONFIG_FILE}", shell_word(&folder));
        Finding::warn(CHECK, facts.display(&folder), what, fix)
    };
    missing.map(say).collect()
}

fn trigger_folders(manifest: &Manifest) -> Vec<String> {
    let folder = |trigger: &Trigger| match trigger {
        Trigger::Files { folder, .. } => Some(folder.clone()),
        // The watched files are in few folders. If the limit is reached, the scan finds the changes.
        Trigger::Watched { .. } | Trigger::Return { .. } | Trigger::Audio { .. } => None,
    };
    manifest.declares.triggers.iter().filter_map(folder).collect()
}

/// The number of folders in these trees, including their roots; links are not followed.
fn count(trees: &[PathBuf]) -> u64 {
    let mut waiting: Vec<PathBuf> = trees.iter().filter(|tree| tree.is_dir()).cloned().collect();
    let mut seen = 0;
    while let Some(folder) = waiting.pop() {
        seen += 1;
        if seen >= COUNTED {
            break;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        waiting.extend(entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()));
    }
    u64::try_from(seen).unwrap_or(u64::MAX)
}

/// Reads the kernel's limits; `None` without inotify.
fn inotify(proc: &Path) -> Option<Kernel> {
    let limit = |name: &str| -> Option<u64> {
        fs::read_to_string(proc.join("sys/fs/inotify").join(name)).ok()?.trim().parse().ok()
    };
    let mut found = Kernel {
        max_watches: limit("max_user_watches")?,
        max_instances: limit("max_user_instances")?,
        max_queue: limit("max_queued_events")?,
        ..Kernel::default()
    };
    let processes = fs::read_dir(proc).ok()?.filter_map(Result::ok);
    for process in processes.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit())) {
        // The kernel hides the processes of other users. Their watches count towards a separate limit.
        for open in fs::read_dir(process.path().join("fd")).into_iter().flatten().filter_map(Result::ok) {
            if fs::read_link(open.path()).is_ok_and(|to| to.as_os_str() == "anon_inode:inotify") {
                found.used_instances += 1;
                let info = fs::read_to_string(process.path().join("fdinfo").join(open.file_name())).unwrap_or_default();
                let watches = info.lines().filter(|line| line.starts_with("inotify ")).count();
                found.used_watches += u64::try_from(watches).unwrap_or(0);
            }
        }
    }
    Some(found)
}

/// Compares the limits with the need. If a daemon runs (`served`), its watches and its instance are already among the used ones.
fn judge(inotify: &Kernel, folders: u64, served: bool) -> Vec<Finding> {
    let (need, instance) = if served { (0, 0) } else { (folders, 1) };
    let mut findings = Vec::new();
    let mut short = |name: &str, what: String, least: u64| {
        let fix = format!(
            "echo fs.inotify.{name}={least} | sudo tee /etc/sysctl.d/60-baton-{}.conf && sudo sysctl --system",
            name.replace('_', "-")
        );
        findings.push(Finding::warn(CHECK, format!("/proc/sys/fs/inotify/{name}"), what, fix));
    };
    let Kernel { max_watches, max_instances, max_queue, used_watches, used_instances } = *inotify;
    if used_watches.saturating_add(need) > max_watches {
        let what = format!("{need} folders must be watched, but {used_watches} of {max_watches} watches are in use");
        let room = used_watches.saturating_add(need).saturating_mul(2);
        short("max_user_watches", what, room.next_power_of_two());
    }
    if used_instances.saturating_add(instance) > max_instances {
        let what = format!("all {max_instances} inotify instances of this user are in use");
        short("max_user_instances", what, max_instances.saturating_mul(2).max(128));
    }
    if max_queue < QUEUE {
        let what = format!(
            "the queue has room for only {max_queue} changes; Baton finds further changes in the next scan, within a minute"
        );
        short("max_queued_events", what, 16_384);
    }
    findings
}

/// Checks the limit of open files. `current` is the soft limit; `None` means unlimited.
fn open_files(current: Option<u64>) -> Option<Finding> {
    let current = current.filter(|current| *current < FILES)?;
    let what = format!("a process may have only {current} files open; a busy daemon needs {FILES}");
    let fix = "ulimit -n 4096, before `baton up` in the same shell";
    let finding = if current < FILES_AT_LEAST { Finding::fail } else { Finding::warn };
    Some(finding(CHECK, "", what, fix))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    const ROOMY: Kernel =
        Kernel { max_watches: 1_000, max_instances: 128, max_queue: 16_384, used_watches: 900, used_instances: 5 };

    fn fixes(inotify: Kernel, folders: u64, served: bool) -> Vec<String> {
        judge(&inotify, folders, served).into_iter().filter_map(|finding| finding.fix).collect()
    }

    #[test]
    fn used_and_needed_watches_are_added_up() {
        assert!(fixes(ROOMY, 100, false).is_empty());
        let short = fixes(ROOMY, 101, false);
        assert!(short[0].contains("fs.inotify.max_user_watches=2048 "), "{short:?}");
        assert!(fixes(ROOMY, 101, true).is_empty(), "the daemon has its watches already");
    }

    #[test]
    fn the_last_free_watcher_is_sufficient() {
        assert!(fixes(Kernel { used_instances: 127, ..ROOMY }, 1, false).is_empty());
        let none_left = Kernel { used_instances: 128, ..ROOMY };
        assert!(fixes(none_left, 1, false)[0].contains("max_user_instances=256 "));
        assert!(fixes(none_left, 1, true).is_empty());
    }

    #[test]
    fn a_short_queue_is_named() {
        assert!(fixes(Kernel { max_queue: 1_023, ..ROOMY }, 1, false)[0].contains("max_queued_events=16384 "));
    }

    #[test]
    fn open_files_are_judged() {
        let status = |current| open_files(current).map(|finding| finding.status);
        assert_eq!([None, Some(256), Some(1 << 20)].map(status), [None, None, None]);
        assert_eq!((status(Some(255)), status(Some(127))), (Some(Status::Warn), Some(Status::Fail)));
    }

    #[test]
    fn folders_are_counted_without_following_links() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::create_dir_all(folder.path().join("c")).unwrap();
        fs::write(folder.path().join("c/file"), "").unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        assert_eq!(count(&[folder.path().to_owned(), folder.path().join("missing")]), 4);
    }

    #[test]
    fn without_inotify_there_is_no_finding() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(inotify(folder.path()), None);
    }
}
