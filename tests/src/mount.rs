//! Mounts file systems for a test: a small one that can be filled, or one that can be made read-only. Both need root.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Skipped, skip};

/// A file system that is mounted on a folder. Dropping the value unmounts it.
#[derive(Debug)]
pub struct Mount {
    folder: PathBuf,
}

impl Mount {
    /// Mounts a file system of `kib` KiB in memory, with a copy of the folder's content.
    ///
    /// # Errors
    /// When this user may not mount.
    ///
    /// # Panics
    /// When no temporary folder can be created.
    pub fn small(folder: &Path, kib: u32) -> Result<Self, Skipped> {
        let aside = tempfile::tempdir().expect("a temporary folder");
        copy(folder, aside.path());
        run("mount", ["-t", "tmpfs", "-o", &format!("size={kib}k"), "baton-tests"], folder)
            .map_err(|reason| missing(&reason))?;
        let mount = Self { folder: folder.to_owned() };
        copy(aside.path(), folder);
        Ok(mount)
    }

    /// Mounts the folder on itself, so that it can be made read-only.
    ///
    /// # Errors
    /// When this user may not mount.
    pub fn same(folder: &Path) -> Result<Self, Skipped> {
        run("mount", [OsStr::new("--bind"), folder.as_os_str()], folder).map_err(|reason| missing(&reason))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Makes `folder` visible at `at` too.
    ///
    /// # Errors
    /// When this user may not mount.
    pub fn over(folder: &Path, at: &Path) -> Result<Self, Skipped> {
        run("mount", [OsStr::new("--bind"), folder.as_os_str()], at).map_err(|reason| missing(&reason))?;
        Ok(Self { folder: at.to_owned() })
    }

    /// Makes the file system read-only, even for root.
    ///
    /// # Panics
    /// When the remount fails.
    pub fn read_only(&self) {
        run("mount", ["-o", "remount,bind,ro"], &self.folder).expect("it can be made read only");
    }

    /// Makes the file system writable again.
    ///
    /// # Panics
    /// When the remount fails.
    pub fn writable(&self) {
        run("mount", ["-o", "remount,bind,rw"], &self.folder).expect("it can be made writable");
    }

    /// Fills the file system.
    ///
    /// # Panics
    /// When no file can be written.
    pub fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("a file for ballast");
        for size in [64 << 10, 4 << 10, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Frees the space that [`Self::fill`] has used.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn free(&self) {
        fs::remove_file(self.ballast()).expect("the ballast can go");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join(".ballast")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // The unmount is lazy, because the daemon of a failed test may still have open files there.
        drop(run("umount", ["--lazy"], &self.folder));
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = run("cp", [OsStr::new("-a"), from.join(".").as_os_str()], to);
    copied.expect("the folder can be copied");
}

fn run<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>, folder: &Path) -> Result<(), String> {
    let ran = Command::new(program).args(args).arg(folder).output().map_err(|error| error.to_string())?;
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

fn missing(reason: &str) -> Skipped {
    skip(format!("this user may not mount ({}), try `unshare -rm`", reason.trim()))
}
