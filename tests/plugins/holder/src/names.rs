//! Locks, each held by one attempt at a time.

use std::fs::{File, OpenOptions};
use std::time::Duration;

use baton_plugin_sdk::locks::{self, Error as LockError};
use baton_plugin_sdk::{Error, Outcome, Task, progress};

use super::args::{folder, text};

/// Waits for the lock, then creates a file that must not exist, works for a short time, and deletes the file.
pub(super) fn alone(task: &Task) -> Result<Outcome, Error> {
    let (name, mark) = (text(task, "name")?, format!("{}/busy", folder(task)?));
    let mut waited = 0;
    let lock = loop {
        match locks::take(&name)? {
            Some(lock) => break lock,
            None => waited += 1,
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let made = OpenOptions::new().write(true).create_new(true).open(&mark);
    made.map_err(|error| Error::Permanent(format!("OPEN: somebody else is here: {error}")))?;
    std::thread::sleep(Duration::from_millis(20));
    if !lock.holds()? {
        return Err(Error::Permanent("OPEN: the lock was lost".to_owned()));
    }
    std::fs::remove_file(&mark).map_err(|error| Error::Permanent(format!("OPEN: somebody took it: {error}")))?;
    drop(lock);
    Ok(Outcome::new(format!("Was alone after {waited} times.")))
}

/// Holds the lock until the task is cancelled or its process is ended, and creates a file for the test meanwhile.
pub(super) fn hold(task: &Task) -> Result<Outcome, Error> {
    let (name, mark) = (text(task, "name")?, format!("{}/held", folder(task)?));
    let Some(_lock) = locks::take(&name)? else {
        return Err(Error::Permanent("another attempt has the lock".to_owned()));
    };
    File::create(&mark).map_err(|error| Error::Permanent(error.to_string()))?;
    while !progress::cancelled() {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Outcome::new("Was ended."))
}

/// Acquires the lock and traps.
pub(super) fn trap(task: &Task) -> Result<Outcome, Error> {
    let name = text(task, "name")?;
    let Some(_lock) = locks::take(&name)? else {
        return Err(Error::Permanent("another attempt has the lock".to_owned()));
    };
    std::process::abort();
}

/// Checks which names are valid, and that a dropped lock is free.
pub(super) fn names() -> Result<Outcome, Error> {
    for wrong in ["", "a\nb", &"x".repeat(201)] {
        if !matches!(locks::take(wrong), Err(LockError::Invalid(_))) {
            return Err(Error::Permanent(format!("OPEN: {wrong:?} was not an error")));
        }
    }
    let first = locks::take("a")?;
    if first.is_none() || locks::take("a")?.is_some() {
        return Err(Error::Permanent("OPEN: the lock was not acquired".to_owned()));
    }
    drop(first);
    match locks::take("a")? {
        Some(_) => Ok(Outcome::new("Acquired the lock, released it, acquired it again.")),
        None => Err(Error::Permanent("OPEN: the lock was not released".to_owned())),
    }
}
