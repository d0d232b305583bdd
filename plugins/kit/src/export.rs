//! Writes the files of an export into the folder that is granted for exports. Without such a folder, the files become artifacts
//! in `reports/`.
//!
//! The files are first written under hidden names and then renamed, so a full disk or a killed host leaves no partial file. An
//! existing file with the same bytes stays. An existing file with other bytes is kept as an older result (`older_exports.rs`).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use baton_plugin_sdk::{Artifact, Error, Mount, Outcome, Task};

use crate::disk::to_storage_full;
use crate::older_exports::{NameChoice, OlderResults, copy, ignores_case};

/// Maximum size of all artifacts of an outcome: a little less than the host's limit, which also counts the other parts
/// of the outcome.
const MOST_ARTIFACTS: usize = 15 << 20;

/// Maximum number of files of an export in an outcome: the host allows 100 artifacts, and the plugin adds its reports.
const MOST_FILES: usize = 90;

/// The files of an export.
#[derive(Debug)]
pub struct Exports {
    name: String,
    plugin: String,
    folder: Option<(PathBuf, String)>,
    task: String,
    files: Vec<Artifact>,
    most_older: Option<usize>,
}

impl Exports {
    /// An export into the writable folder `name` of a task.
    #[must_use]
    pub fn new(task: &Task, name: &str) -> Self {
        let folder = task.mounts(name).find(|mount| mount.writable).map(folder_of_mount);
        Self {
            name: name.to_owned(),
            plugin: "PLUGIN".to_owned(),
            folder,
            task: task.id.clone(),
            files: Vec::new(),
            most_older: None,
        }
    }

    /// Sets the name of the plugin, for the command in an error.
    #[must_use]
    pub fn by(self, plugin: &str) -> Self {
        Self { plugin: plugin.to_owned(), ..self }
    }

    /// Keeps at most `most` older results of each file; `None` keeps all.
    #[must_use]
    pub fn keep_older(self, most: Option<usize>) -> Self {
        Self { most_older: most, ..self }
    }

    /// True if the files go into a folder. Otherwise they become reports, and a report never replaces an earlier one.
    #[must_use]
    pub const fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Adds a file. `types.artifact` defines valid names.
    pub fn put(&mut self, name: impl Into<String>, media_type: &str, bytes: Vec<u8>) {
        self.files.push(Artifact { name: name.into(), media_type: media_type.to_owned(), bytes });
    }

    /// Writes the files, or adds them to the outcome. Returns their paths as the operator knows them.
    ///
    /// # Errors
    /// `retryable` if the folder cannot be written to. Then the folder has no file of this export. `permanent` if the files are
    /// too large or too many for reports.
    pub fn finish(self, outcome: &mut Outcome) -> Result<Vec<String>, Error> {
        let Some((folder, shown)) = self.folder else {
            return add_artifacts(self.files, &self.plugin, &self.name, outcome);
        };
        let wrong = |error: io::Error| {
            let error = to_storage_full(error);
            let fix = if error.kind() == io::ErrorKind::StorageFull {
                " Free some space there, or check the disk."
            } else {
                ""
            };
            Error::Retryable(format!(
                "cannot write the export to {shown}: {error}; the folder has no file of this export.{fix}"
            ))
        };
        write_all(&folder, &self.files, &self.task, self.most_older).map_err(wrong)?;
        Ok(self.files.into_iter().map(|file| format!("{shown}/{}", file.name)).collect())
    }
}

fn folder_of_mount(mount: &Mount) -> (PathBuf, String) {
    (PathBuf::from(&mount.path), mount.shown_as.clone())
}

fn add_artifacts(files: Vec<Artifact>, plugin: &str, name: &str, outcome: &mut Outcome) -> Result<Vec<String>, Error> {
    // An outcome may have several exports.
    let all = || outcome.artifacts.iter().chain(&files);
    let (count, bytes) = (all().count(), all().map(|file| file.bytes.len()).sum::<usize>());
    if bytes > MOST_ARTIFACTS || count > MOST_FILES {
        return Err(Error::Permanent(format!(
            "the export has {count} files with {} MB; reports have at most {MOST_FILES} files with {} MB: grant a folder \
             (baton plugin grant {plugin} files:rw={name}=FOLDER)",
            bytes >> 20,
            MOST_ARTIFACTS >> 20
        )));
    }
    let names = files.iter().map(|file| format!("reports/{}", file.name)).collect();
    outcome.artifacts.extend(files);
    Ok(names)
}

/// Writes all files under hidden names, then renames them.
fn write_all(folder: &Path, files: &[Artifact], task: &str, most: Option<usize>) -> io::Result<()> {
    let mut beside = Vec::new();
    let written = files.iter().enumerate().try_for_each(|(number, file)| {
        let hidden = folder.join(format!(".{task}.{number}.part"));
        beside.push(hidden.clone());
        // After a kill this may be a second name (a hard link) of a complete export. Writing to it would change that export.
        drop(fs::remove_file(&hidden));
        let mut open = File::create(&hidden)?;
        open.write_all(&file.bytes)?;
        open.sync_all()
    });
    let mut given = Vec::new();
    let named = written.and_then(|()| {
        let mut older = OlderResults::new(folder, beside.first().is_some_and(|hidden| ignores_case(hidden)))?;
        for (file, hidden) in files.iter().zip(&beside) {
            given.push((folder.join(&file.name), hidden, older.publish(folder, &file.name, hidden)?));
        }
        Ok(older)
    });
    match named {
        Ok(mut older) => {
            older.remove_superseded()?;
            let prune = |most| files.iter().try_for_each(|file| older.prune(&file.name, most));
            most.map_or(Ok(()), prune)
        }
        Err(error) => {
            // After an error, no file of the export stays: the renames are undone, and the hidden files are deleted.
            for (path, hidden, choice) in given.into_iter().rev() {
                undo_rename(&path, hidden, choice);
            }
            for path in beside {
                drop(fs::remove_file(path));
            }
            Err(error)
        }
    }
}

fn undo_rename(path: &Path, hidden: &Path, choice: NameChoice) {
    match choice {
        NameChoice::New => drop(fs::remove_file(path)),
        NameChoice::Replaced { kept, is_new: true } => drop(fs::rename(kept, path)),
        NameChoice::Replaced { kept, is_new: false } => {
            // Makes a copy and not a hard link, because the sandbox does not open a file with two names.
            let again = copy(&kept, hidden, &hidden.with_extension("copy"));
            drop(again.and_then(|()| fs::rename(hidden, path)));
        }
        NameChoice::Same => {}
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
            most_older: None,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_plain_name_is_the_newest_result_and_older_ones_are_numbered_or_pruned() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let export = |bytes: &str, most| {
            let (exports, mut outcome) = (exports(Some(folder.path())), Outcome::new(""));
            let mut exports = exports.keep_older(most);
            exports.put("a.csv", "text/csv", bytes.into());
            assert_eq!(exports.finish(&mut outcome).unwrap(), ["exports/a.csv"]);
            assert!(outcome.artifacts.is_empty());
            assert_eq!(read("a.csv"), bytes);
            names(folder.path())
        };
        assert_eq!(export("1", None), ["a.csv"]);
        assert_eq!(export("1", None), ["a.csv"]);
        assert_eq!(export("2", None), ["a.csv", "a.older-1.csv"]);
        // If a result occurs again, it is kept only once, as the newest one.
        assert_eq!(export("1", None), ["a.csv", "a.older-1.csv", "a.older-2.csv"]);
        assert_eq!(export("2", None), ["a.csv", "a.older-2.csv", "a.older-3.csv"]);
        assert_eq!((read("a.older-2.csv").as_str(), read("a.older-3.csv").as_str()), ("2", "1"));
        fs::write(folder.path().join("a-2.csv"), "somebody's").unwrap();
        assert_eq!(export("3", Some(1)), ["a-2.csv", "a.csv", "a.older-4.csv"]);
        assert_eq!((read("a.older-4.csv").as_str(), read("a-2.csv").as_str()), ("2", "somebody's"));
        assert_eq!(export("4", Some(0)), ["a-2.csv", "a.csv"]);
    }

    #[test]
    fn a_kill_between_two_renames_damages_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "whole").unwrap();
        fs::hard_link(folder.path().join("a.csv"), folder.path().join(".t1.0.part")).unwrap();
        let mut exports = exports(Some(folder.path()));
        exports.put("a.csv", "text/csv", b"other".to_vec());
        assert_eq!(exports.finish(&mut Outcome::new("")).unwrap(), ["exports/a.csv"]);
        assert_eq!(fs::read(folder.path().join("a.older-1.csv")).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["a.csv", "a.older-1.csv"]);
    }

    #[test]
    fn errors_leave_nothing_of_the_export_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut exports = exports(Some(folder.path()));
        fs::write(folder.path().join("b.csv"), "before").unwrap();
        exports.put("a.csv", "text/csv", b"1".to_vec());
        exports.put("b.csv", "text/csv", b"2".to_vec());
        exports.put("no/such/folder.csv", "text/csv", b"3".to_vec());
        assert!(matches!(exports.finish(&mut Outcome::new("")), Err(Error::Retryable(_))));
        assert_eq!(names(folder.path()), ["b.csv"]);
        assert_eq!(fs::read(folder.path().join("b.csv")).unwrap(), b"before");
        // The failed export does not delete the older result of an earlier export.
        fs::write(folder.path().join("b.older-1.csv"), "before").unwrap();
        let mut exports = self::exports(Some(folder.path()));
        exports.put("b.csv", "text/csv", b"2".to_vec());
        exports.put("no/such/folder.csv", "text/csv", b"3".to_vec());
        assert!(exports.finish(&mut Outcome::new("")).is_err());
        assert_eq!(names(folder.path()), ["b.csv", "b.older-1.csv"]);
        assert_eq!(fs::read(folder.path().join("b.csv")).unwrap(), b"before");
    }

    #[test]
    fn without_a_folder_small_exports_are_artifacts() {
        let mut outcome = Outcome::new("");
        let mut small = exports(None);
        small.put("a.csv", "text/csv", b"1".to_vec());
        assert_eq!(small.finish(&mut outcome).unwrap(), ["reports/a.csv"]);
        assert_eq!(outcome.artifacts.len(), 1);
        let mut second = exports(None);
        second.put("b.csv", "text/csv", vec![0; MOST_ARTIFACTS]);
        assert!(second.finish(&mut outcome).is_err(), "the two exports together are too large");
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
