//! The floors: the minimum of durable work for the same result on the same disk.
//!
//! **The grouped floor** ([`grouped`]) takes the files that wait in an inbox in groups of up to 256, as large as a group
//! commit of Baton's ledger, and for each group
//!
//! 1. reads every file, appends all bytes to one log, and syncs the log once (`fdatasync`);
//! 2. writes a RETURN of the usual size for each under a hidden name and syncs it, [`WRITERS`] files at a time;
//! 3. renames every RETURN to its name and every original into the archive, never replacing anything;
//! 4. syncs the folders of RETURNs, of the archive and of the inbox, once each.
//!
//! It is fair because a program with the guarantees of Baton can omit none of it: bytes that survive a power
//! loss before any other step, RETURNs that are never partly visible, originals that are never lost or overwritten. It
//! is fast because it does nothing else: it parses nothing, stores no state, runs no plugin, and after a crash it may
//! answer twice. One writer that syncs one file after another would be several times slower: the file system puts
//! concurrent syncs into one commit of its journal, so the floor syncs concurrently. `syncfs` would need
//! fewer calls, but it also waits for the data of every other program, so it is not a lower bound.
//!
//! **The floor of one** ([`Single`]) does the durable steps from a file to its plugin, or to its RETURN, one
//! after another, because an idle host has nothing to group.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Files in one group.
const GROUP: usize = 256;

/// Files that are written and synced at the same time, as many as Baton reads at the same time.
const WRITERS: usize = 64;

/// The size of a RETURN of the no-op plugin, in bytes.
const RETURN: usize = 1100;

/// The size of one append to the log of [`Single`] in bytes: a page of a database.
const PAGE: usize = 4096;

/// Processes every file in `base/01_inbox` with the minimum of durable work; returns the time.
///
/// # Errors
/// When a step fails.
pub(crate) fn grouped(base: &Path) -> anyhow::Result<Duration> {
    let [inbox, done, returns] = ["01_inbox", "02_processed", "returns"].map(|name| base.join(name));
    for folder in [&inbox, &done, &returns] {
        fs::create_dir_all(folder)?;
    }
    let begun = Instant::now();
    let mut log = OpenOptions::new().append(true).create(true).open(base.join("log"))?;
    let entries = fs::read_dir(&inbox)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<PathBuf>, _>>()?;
    files.sort();
    for group in files.chunks(GROUP) {
        capture(group, &mut log)?;
        answer(group, &returns)?;
        for file in group {
            let name = file.file_name().context("a file has a name")?;
            rename(&hidden(&returns, name), &returns.join(name))?;
            rename(file, &done.join(name))?;
        }
        for folder in [&returns, &done, &inbox] {
            File::open(folder)?.sync_all()?;
        }
    }
    Ok(begun.elapsed())
}

fn capture(group: &[PathBuf], log: &mut File) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for file in group {
        bytes.extend(fs::read(file)?);
    }
    log.write_all(&bytes)?;
    log.sync_data()?;
    Ok(())
}

fn answer(group: &[PathBuf], returns: &Path) -> anyhow::Result<()> {
    let waiting = Mutex::new(group.iter());
    let work = || -> anyhow::Result<()> {
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
        while let Some(file) = next() {
            let name = file.file_name().context("a file has a name")?;
            let mut file = File::create_new(hidden(returns, name))?;
            file.write_all(&[b' '; RETURN])?;
            file.sync_all()?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(work)).collect();
        let ended = writers.into_iter().map(|writer| writer.join().map_err(|_| anyhow::anyhow!("a writer panicked")));
        ended.collect::<Result<Vec<_>, _>>()?.into_iter().collect()
    })
}

fn hidden(folder: &Path, name: &std::ffi::OsStr) -> PathBuf {
    folder.join(format!(".{}.tmp", name.to_string_lossy()))
}

fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

/// The floor of one file on an idle host.
pub(crate) struct Single {
    folder: PathBuf,
    log: File,
    number: u32,
}

impl Single {
    /// Creates `folder` with an empty log.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new(folder: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder)?;
        let log = OpenOptions::new().append(true).create(true).open(folder.join("log"))?;
        Ok(Self { folder, log, number: 0 })
    }

    /// Writes the data that must be on the disk before a plugin starts: the capture of the file, then the start of its attempt.
    /// These are two synced appends, one after the other.
    ///
    /// # Errors
    /// When a step fails.
    pub(crate) fn until_start(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        self.append()?;
        self.append()?;
        Ok(begun.elapsed())
    }

    /// Writes the data that must be on the disk between the plugin's end and a visible RETURN: the outcome; the RETURN's file
    /// under a hidden name, and its folder; the record that the file is complete. Then renames the file.
    ///
    /// # Errors
    /// When a step fails.
    pub(crate) fn until_return(&mut self) -> anyhow::Result<Duration> {
        self.number += 1;
        let [hidden, named] = ["tmp", "json"].map(|ending| self.folder.join(format!("{}.{ending}", self.number)));
        let begun = Instant::now();
        self.append()?;
        let mut file = File::create_new(&hidden)?;
        file.write_all(&[b' '; RETURN])?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        self.append()?;
        rename(&hidden, &named)?;
        Ok(begun.elapsed())
    }

    fn append(&mut self) -> anyhow::Result<()> {
        self.log.write_all(&[b' '; PAGE])?;
        self.log.sync_data()?;
        Ok(())
    }
}
