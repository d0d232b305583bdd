//! Finds temporary files of killed writers by their exact names, their writers and their age. Files of users never match,
//! because only Baton's writers use these names. The caller checks the owner of a file ([`is_own`]).

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, geteuid, test_kill_process};

/// The minimum age of a leftover. Writing and renaming a temporary file takes seconds.
pub const LEFT: Duration = Duration::from_hours(1);

/// The number of random digits in the name of a temporary file.
const RANDOM: usize = 16;

/// The writer of a temporary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// The delivery with this id in some ledger. An open delivery needs this file.
    Delivery(i64),
    /// The process with this id.
    Process(u32),
    /// A command or a workspace that does not need the file any more after an interruption.
    Once,
}

impl Writer {
    /// The writer of a temporary file with this name; `None` if Baton does not use such names.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let token = name.strip_prefix(".baton")?.strip_suffix(".tmp")?;
        if let Some(process) = [".lock.", "-ledger.", "-removed.", "-latest.", "-restore-"]
            .iter()
            .find_map(|what| token.strip_prefix(what))
        {
            return number(process).map(Self::Process);
        }
        let token = token.strip_prefix('-')?;
        if let Some(random) = ["h-", "backup-", "prune-", "owner-"].iter().find_map(|what| token.strip_prefix(what)) {
            let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            return (random.len() == RANDOM && random.bytes().all(lower)).then_some(Self::Once);
        }
        number(token).map(Self::Delivery)
    }

    /// True if the writer is a process that may still run. For a delivery, the caller checks the ledger.
    fn lives(self) -> bool {
        let Self::Process(process) = self else { return false };
        let process = i32::try_from(process).ok().and_then(Pid::from_raw);
        process.is_some_and(|process| test_kill_process(process) != Err(rustix::io::Errno::SRCH))
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The temporary files directly in `folder` that killed writers left, by name: regular files that were not written for at
/// least the time [`LEFT`]. Empty if the folder cannot be read.
#[must_use]
pub fn leftovers(folder: &Path, now: SystemTime) -> Vec<(PathBuf, Writer)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some((entry.path(), Writer::of(entry.file_name().to_str()?)?)))
        .filter(|(path, writer)| is_old(path, now) && !writer.lives())
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn is_old(path: &Path, now: SystemTime) -> bool {
    let Ok(file) = path.symlink_metadata() else { return false };
    let age = file.modified().ok().and_then(|written| now.duration_since(written).ok()).unwrap_or_default();
    file.is_file() && age > LEFT
}

/// True if the effective user of this process owns the file.
#[must_use]
pub fn is_own(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|file| file.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_baton_gives_are_its_temporaries() {
        for (name, writer) in [
            (".baton-12.tmp", Some(Writer::Delivery(12))),
            (".baton-latest.12.tmp", Some(Writer::Process(12))),
            (".baton-h-0123456789abcdef.tmp", Some(Writer::Once)),
            (".baton-backup-0123456789abcdef.tmp", Some(Writer::Once)),
            (".baton-owner-0123456789abcdef.tmp", Some(Writer::Once)),
            (".baton-ledger.77.tmp", Some(Writer::Process(77))),
            (".baton-removed.77.tmp", Some(Writer::Process(77))),
            (".baton.lock.77.tmp", Some(Writer::Process(77))),
            (".baton-restore-77.tmp", Some(Writer::Process(77))),
            (".baton-notes.tmp", None),
            (".baton-h-mine.tmp", None),
            (".baton-h-0123456789ABCDEF.tmp", None),
            (".baton-+12.tmp", None),
            (".baton-.tmp", None),
            (".baton-12.tmp.json", None),
            ("baton-12.tmp", None),
            (".baton-ledger", None),
            (".baton-99999999999999999999.tmp", None),
        ] {
            assert_eq!(Writer::of(name), writer, "{name}");
        }
    }

    #[test]
    fn a_leftover_is_an_old_file_whose_writer_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let own = format!(".baton-ledger.{}.tmp", std::process::id());
        for name in [".baton-7.tmp", &own, ".baton-notes.tmp", "a.json"] {
            fs::write(path(name), "x").unwrap();
        }
        fs::create_dir(path(".baton-8.tmp")).unwrap();
        std::os::unix::fs::symlink("a.json", path(".baton-9.tmp")).unwrap();
        let now = SystemTime::now();
        assert_eq!(leftovers(folder.path(), now), []);
        let later = now + LEFT + Duration::from_mins(1);
        assert_eq!(leftovers(folder.path(), later), [(path(".baton-7.tmp"), Writer::Delivery(7))]);
        assert_eq!(leftovers(&path("missing"), later), []);
    }
}
