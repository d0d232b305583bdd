//! Where a plugin's exports go: into the folder that was granted for them, else to the workspace's `reports/` as artifacts.
//!
//! All files of an export appear together at its end, each under its whole name at once: they are written beside as hidden
//! files first, so that a full disk or a killed host leaves no half of one. A file that is there already with the same bytes is
//! left; under one with other bytes nothing is lost, because the new one gets `-2`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use baton_plugin_sdk::{Artifact, Error, Mount, Outcome, Task};

use crate::disk::refused;

/// What the artifacts of an outcome may have together, with room for the rest of it.
const MOST_ARTIFACTS: usize = 15 << 20;

/// How many of the 100 artifacts of an outcome may be an export's; the rest is for the plugin's own reports.
const MOST_FILES: usize = 90;

/// Files in the making.
#[derive(Debug)]
pub struct Exports {
    name: String,
    plugin: String,
    folder: Option<(PathBuf, String)>,
    task: String,
    files: Vec<Artifact>,
}

impl Exports {
    /// Exports of a task into its writable folder `name`.
    #[must_use]
    pub fn of(task: &Task, name: &str) -> Self {
        let folder = task.mounts(name).find(|mount| mount.writable).map(of_mount);
        Self { name: name.to_owned(), plugin: "PLUGIN".to_owned(), folder, task: task.id.clone(), files: Vec::new() }
    }

    /// The same, of a plugin by its name, which an error needs for its command.
    #[must_use]
    pub fn by(self, plugin: &str) -> Self {
        Self { plugin: plugin.to_owned(), ..self }
    }

    /// Adds a file; see `types.artifact` for what a name may be.
    pub fn put(&mut self, name: impl Into<String>, media_type: &str, bytes: Vec<u8>) {
        self.files.push(Artifact { name: name.into(), media_type: media_type.to_owned(), bytes });
    }

    /// Writes the files, or hands them to the outcome. Gives what people call the places of the written ones.
    ///
    /// # Errors
    /// `retryable` when the folder cannot be written to, with nothing of this export in it; `permanent` when there is no folder and the
    /// files are too large or too many for reports.
    pub fn finish(self, outcome: &mut Outcome) -> Result<Vec<String>, Error> {
        let Some((folder, shown)) = self.folder else {
            return hand_in(self.files, (&self.plugin, &self.name), outcome);
        };
        let wrong = |error: io::Error| {
            let error = refused(error);
            let mend =
                if error.kind() == io::ErrorKind::StorageFull { " Make room there, or look at the disk." } else { "" };
            Error::Retryable(format!(
                "the export cannot be written to {shown}: {error}; nothing of it was left there.{mend}"
            ))
        };
        write_all(&folder, &self.files, &self.task)
            .map(|names| names.into_iter().map(|name| format!("{shown}/{name}")).collect())
            .map_err(wrong)
    }
}

fn of_mount(mount: &Mount) -> (PathBuf, String) {
    (PathBuf::from(&mount.path), mount.shown_as.clone())
}

fn hand_in(files: Vec<Artifact>, (plugin, name): (&str, &str), outcome: &mut Outcome) -> Result<Vec<String>, Error> {
    // Several exports may go into one outcome.
    let all = || outcome.artifacts.iter().chain(&files);
    let (count, bytes) = (all().count(), all().map(|file| file.bytes.len()).sum::<usize>());
    if bytes > MOST_ARTIFACTS || count > MOST_FILES {
        return Err(Error::Permanent(format!(
            "the export has {count} files and {} MB, and reports take {MOST_FILES} and {}: grant a folder for it \
             (baton plugin grant {plugin} files:rw={name}=FOLDER)",
            bytes >> 20,
            MOST_ARTIFACTS >> 20
        )));
    }
    let names = files.iter().map(|file| format!("reports/{}", file.name)).collect();
    outcome.artifacts.extend(files);
    Ok(names)
}

/// Writes all beside, then gives all their names.
fn write_all(folder: &Path, files: &[Artifact], task: &str) -> io::Result<Vec<String>> {
    let mut beside = Vec::new();
    let written = files.iter().enumerate().try_for_each(|(number, file)| {
        let hidden = folder.join(format!(".{task}.{number}.part"));
        beside.push(hidden.clone());
        // After a kill it may be a second name of a whole export, whose bytes are not to be written over.
        drop(fs::remove_file(&hidden));
        let mut open = File::create(&hidden)?;
        open.write_all(&file.bytes)?;
        open.sync_all()
    });
    let mut names = Vec::new();
    let named = written.and_then(|()| {
        for (file, hidden) in files.iter().zip(&beside) {
            names.push(give_name(folder, file, hidden)?);
        }
        Ok(())
    });
    if let Err(error) = named {
        // What got its name just now belongs to an export that is not there as a whole.
        let given = names.into_iter().filter(|(_, made)| *made).map(|(name, _)| folder.join(name));
        beside.into_iter().chain(given).for_each(|path| drop(fs::remove_file(path)));
        return Err(error);
    }
    Ok(names.into_iter().map(|(name, _)| name).collect())
}

/// The first name that is free, or that has the same bytes, and whether it was free.
fn give_name(folder: &Path, file: &Artifact, hidden: &Path) -> io::Result<(String, bool)> {
    for number in 1..=1_000 {
        let name = numbered(&file.name, number);
        let path = folder.join(&name);
        match take_name(hidden, &path) {
            Ok(()) => return Ok((name, true)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same = path.metadata().is_ok_and(|found| found.is_file() && found.len() == file.bytes.len() as u64);
                if same && fs::read(&path).is_ok_and(|bytes| bytes == file.bytes) {
                    fs::remove_file(hidden)?;
                    return Ok((name, false));
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("a thousand files are called like {}", file.name)))
}

/// Gives the written file a name that must be free. A second name for it fails when one is there, and nothing is ever half done; where
/// a disk knows no second names, the name is taken by an empty file, which the written one then replaces at once.
fn take_name(hidden: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, path) {
        Ok(()) => fs::remove_file(hidden),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            File::create_new(path)?;
            fs::rename(hidden, path).inspect_err(|_| drop(fs::remove_file(path)))
        }
    }
}

fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (number, Some((stem, ending))) if !stem.is_empty() => format!("{stem}-{number}.{ending}"),
        (number, _) => format!("{name}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports(folder: Option<&Path>) -> Exports {
        let folder = folder.map(|folder| (folder.to_owned(), "exports".to_owned()));
        Exports {
            name: "exports".to_owned(),
            plugin: "deck".to_owned(),
            folder,
            task: "t1".to_owned(),
            files: Vec::new(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_same_is_written_once_and_other_bytes_get_another_name() {
        let folder = tempfile::tempdir().unwrap();
        for (bytes, shown) in [("1", "exports/a.csv"), ("1", "exports/a.csv"), ("2", "exports/a-2.csv")] {
            let (mut exports, mut outcome) = (exports(Some(folder.path())), Outcome::new(""));
            exports.put("a.csv", "text/csv", bytes.into());
            assert_eq!(exports.finish(&mut outcome).unwrap(), [shown]);
            assert!(outcome.artifacts.is_empty());
        }
        assert_eq!(names(folder.path()), ["a-2.csv", "a.csv"]);
    }

    #[test]
    fn a_kill_between_two_names_harms_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "whole").unwrap();
        fs::hard_link(folder.path().join("a.csv"), folder.path().join(".t1.0.part")).unwrap();
        let mut exports = exports(Some(folder.path()));
        exports.put("a.csv", "text/csv", b"other".to_vec());
        assert_eq!(exports.finish(&mut Outcome::new("")).unwrap(), ["exports/a-2.csv"]);
        assert_eq!(fs::read(folder.path().join("a.csv")).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["a-2.csv", "a.csv"]);
    }

    #[test]
    fn errors_leave_nothing_of_the_export_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut exports = exports(Some(folder.path()));
        exports.put("a.csv", "text/csv", b"1".to_vec());
        exports.put("no/such/folder.csv", "text/csv", b"2".to_vec());
        assert!(matches!(exports.finish(&mut Outcome::new("")), Err(Error::Retryable(_))));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn without_a_folder_they_are_artifacts_while_they_are_small() {
        let mut outcome = Outcome::new("");
        let mut small = exports(None);
        small.put("a.csv", "text/csv", b"1".to_vec());
        assert_eq!(small.finish(&mut outcome).unwrap(), ["reports/a.csv"]);
        assert_eq!(outcome.artifacts.len(), 1);
        let mut second = exports(None);
        second.put("b.csv", "text/csv", vec![0; MOST_ARTIFACTS]);
        assert!(second.finish(&mut outcome).is_err(), "together with the first it is too large");
        let (mut large, mut many) = (exports(None), exports(None));
        large.put("a.csv", "text/csv", vec![0; MOST_ARTIFACTS + 1]);
        (0..=MOST_FILES).for_each(|number| many.put(format!("{number}.csv"), "text/csv", Vec::new()));
        for refused in [large, many] {
            let error = refused.finish(&mut outcome);
            assert!(
                matches!(&error, Err(Error::Permanent(text)) if text.contains("plugin grant deck files:rw=exports=FOLDER")),
                "{error:?}"
            );
        }
    }
}
