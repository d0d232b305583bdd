//! A temporary git directory that uses the repository's objects, references and index, but not its configuration.
//!
//! The directory contains links and is created for one call. This takes a few system calls; the `git` process takes
//! milliseconds.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::generated::Error;
use super::process::{CallEnd, output};
use super::repository::{Repository, small};

/// The parts of the repository that are used, if they exist.
const BORROWED: [&str; 5] = ["objects", "refs", "packed-refs", "shallow", "reftable"];

/// Settings about the format of files and objects that cannot start a program, with their allowed values.
const HARMLESS: [(&str, &[&str]); 8] = [
    ("core.autocrlf", &["true", "false", "input"]),
    ("core.eol", &["lf", "crlf", "native"]),
    ("core.filemode", &["true", "false"]),
    ("core.ignorecase", &["true", "false"]),
    ("core.precomposeunicode", &["true", "false"]),
    ("core.symlinks", &["true", "false"]),
    ("extensions.objectformat", &["sha1", "sha256"]),
    ("extensions.refstorage", &["files", "reftable"]),
];

/// The maximum of one allocation of `git`, so that a packed file cannot use all memory of the machine.
const ALLOCATION: &str = "512m";

/// The prefix of the directory's name, below the system's temporary folder.
pub const SHADOW_PREFIX: &str = "baton-git-";

/// The name of a file in the directory. The process keeps this file locked while it uses the directory, so a file without a
/// lock shows that the process was killed.
pub const SHADOW_LOCK: &str = ".baton-lock";

/// The directory. It is deleted when the value is dropped.
#[derive(Debug)]
pub(super) struct ShadowFolder {
    folder: TempDir,
    _lock: File,
}

impl ShadowFolder {
    /// # Errors
    /// When it cannot be created, or the machine has no `git`.
    pub(super) fn of(repository: &Repository, end: &CallEnd) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Unavailable(format!("a temporary folder cannot be made: {error}"));
        let folder = tempfile::Builder::new().prefix(SHADOW_PREFIX).tempdir().map_err(failed)?;
        let lock = File::create_new(folder.path().join(SHADOW_LOCK)).map_err(failed)?;
        lock.try_lock().map_err(|error| failed(error.into()))?;
        let shadow = Self { folder, _lock: lock };
        let settings = shadow.settings(repository, end)?;
        shadow.fill(repository, &settings).map_err(failed)?;
        Ok(shadow)
    }

    /// A `git` command that does not use the configuration of the user or the repository.
    pub(super) fn git(&self, repository: &Repository) -> Command {
        let mut git = self.bare();
        git.current_dir(&repository.top)
            .env("GIT_DIR", self.folder.path())
            .env("GIT_WORK_TREE", &repository.top)
            .env("GIT_INDEX_FILE", repository.own.join("index"));
        git
    }

    fn bare(&self) -> Command {
        let mut git = Command::new("git");
        git.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            git.env("PATH", path);
        }
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", ""),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ALLOC_LIMIT", ALLOCATION),
            ("LC_ALL", "C"),
        ] {
            git.env(name, value);
        }
        git.env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path());
        git.args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
        git.args(["-c", "core.attributesFile=/dev/null", "-c", "core.excludesFile=/dev/null"]);
        git
    }

    /// The harmless settings of the repository, as `git` reads them. Includes are not followed.
    fn settings(&self, repository: &Repository, end: &CallEnd) -> Result<String, Error> {
        let mut git = self.bare();
        git.current_dir("/").env("GIT_DIR", self.folder.path().join("none"));
        git.args(["config", "--no-includes", "--null", "--file"]).arg(repository.common.join("config")).arg("--list");
        let listed = output(git, b"", end)?;
        if !listed.succeeded {
            return Err(Error::Unavailable(format!("the repository's configuration is broken: {}", listed.stderr)));
        }
        let text = String::from_utf8_lossy(&listed.bytes);
        let mut settings = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n".to_owned();
        for (name, value) in text.split('\0').filter_map(|entry| entry.split_once('\n')) {
            let known = HARMLESS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let known = known.filter(|(_, values)| values.contains(&value.to_ascii_lowercase().as_str()));
            if let Some((section, key)) = known.and_then(|(known, _)| known.split_once('.')) {
                settings.push_str(&format!("[{section}]\n\t{key} = {value}\n"));
            }
        }
        Ok(settings)
    }

    fn fill(&self, repository: &Repository, settings: &str) -> io::Result<()> {
        let here = self.folder.path();
        fs::write(here.join("config"), settings)?;
        fs::write(here.join("HEAD"), small(&repository.own.join("HEAD"))?)?;
        let borrow = |from: &Path, name: &str| {
            let there = from.join(name);
            if there.exists() { symlink(there, here.join(name)) } else { Ok(()) }
        };
        for name in BORROWED {
            borrow(&repository.common, name)?;
        }
        for entry in fs::read_dir(&repository.own)?.filter_map(Result::ok) {
            // Parts of a split index.
            let name = entry.file_name();
            if let Some(name) = name.to_str().filter(|name| name.starts_with("sharedindex.")) {
                borrow(&repository.own, name)?;
            }
        }
        fs::create_dir(here.join("info"))?;
        borrow(&repository.common, "info/exclude")
    }
}
