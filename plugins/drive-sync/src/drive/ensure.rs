//! Finds or creates the one folder of a database, or merges several folders. The caller must hold the database's lock from the
//! first check on. Without the lock, two programs could both find no folder and create two folders.
//!
//! The choice between several folders does not depend on times, because merging changes the times. The folder with the wanted
//! name is the first choice. Then follow folders without a number after the id, then folders with the lowest number and name.

use std::fs;
use std::io;
use std::path::Path;

use super::listing::is_csv;
use super::merge::move_to_free;
use super::one_file::is_one;
use super::{
    Change, Folder, ParsedName, Undo, at_writing, base_name, belongs, children, find, is_folder, is_one_id, merge_into,
};

/// The folder, and how it was found.
#[derive(Debug)]
pub struct EnsureResult {
    /// The folder's name: `{title}_{id}`.
    pub name: String,
    /// True if the folder was created now.
    pub made: bool,
    /// The number of folders that were merged into it.
    pub merged: usize,
    /// Its old name, if it was renamed.
    pub renamed_from: Option<String>,
    /// Folders with the id in their names that may belong to something else. They were not changed.
    pub others: Vec<String>,
}

/// Finds or creates the folder of a database. `before` are its known earlier titles. Folders that may belong to something else
/// are kept. The caller holds the database's lock.
///
/// # Errors
/// If the Drive cannot be read or written, or another kind of file has the name. `undo` has the changes up to then; a second call
/// continues.
pub fn ensure(root: &Path, title: &str, id: &str, before: &[&str], undo: &mut Undo) -> io::Result<EnsureResult> {
    let folders = find(root, id)?;
    let name = base_name(title, as_written(&folders, id));
    let titles: Vec<&str> = before.iter().copied().chain([title]).collect();
    let (mut found, mut others): (Vec<_>, Vec<_>) =
        folders.iter().cloned().partition(|folder| belongs(root, &folder.name, id, &titles));
    // If the only folder with this id is empty, it is renamed to the present title. Nothing can be lost.
    if let ([], [lone]) = (found.as_slice(), others.as_slice())
        && children(&root.join(&lone.name))?.is_empty()
    {
        found = std::mem::take(&mut others);
    }
    let others = others.into_iter().map(|folder| folder.name).collect();
    found.sort_by_key(|folder| rank(folder, &name));
    let mut folders = found.into_iter();
    let Some(primary) = folders.next() else {
        let made = match fs::create_dir(root.join(&name)) {
            // Another program created the folder at the same moment.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_folder(&root.join(&name)) => false,
            created => {
                created.map_err(|error| at_writing(&root.join(&name), &error))?;
                undo.push(Change::MadeFolder { path: name.clone() });
                true
            }
        };
        return Ok(EnsureResult { name, made, merged: 0, renamed_from: None, others });
    };
    let mut merged = 0;
    for other in folders {
        merge_into(root, &other.name, &primary.name, undo)?;
        merged += 1;
    }
    let renamed_from = (primary.name != name).then_some(primary.name);
    if let Some(before) = &renamed_from {
        rename_folder(root, before, &name, undo)?;
    }
    name_files(root, &name, id, undo)?;
    Ok(EnsureResult { name, made: false, merged, renamed_from, others })
}

/// The id in the given spelling if a folder has this spelling, else in the spelling of the first folder. So a folder is not
/// renamed only because its UUID has other dashes.
fn as_written<'a>(folders: &'a [Folder], id: &'a str) -> &'a str {
    let written = || folders.iter().filter_map(|folder| ParsedName::parse(&folder.name)).map(|named| named.id);
    if written().any(|written| written.eq_ignore_ascii_case(id)) { id } else { written().next().unwrap_or(id) }
}

fn rank(folder: &Folder, wanted: &str) -> (bool, u32, String) {
    (folder.name != wanted, folder.copy.map_or(0, |number| number.saturating_add(1)), folder.name.clone())
}

fn rename_folder(root: &Path, before: &str, name: &str, undo: &mut Undo) -> io::Result<()> {
    let target = root.join(name);
    // If the names differ only in case, `target` can be the folder itself, on a disk that ignores case.
    let itself = before.eq_ignore_ascii_case(name);
    if !itself && fs::symlink_metadata(&target).is_ok() {
        return Err(io::Error::other(format!("{name} is not a folder; rename it")));
    }
    fs::rename(root.join(before), &target).map_err(|error| at_writing(&target, &error))?;
    undo.push(Change::Moved { from: before.to_owned(), to: name.to_owned() });
    Ok(())
}

/// Renames the CSV and its manifest to the folder's name if they have an older title. If files with both titles exist, they
/// are merged.
fn name_files(root: &Path, name: &str, id: &str, undo: &mut Undo) -> io::Result<()> {
    let folder = root.join(name);
    for ending in [".csv", crate::schema::SIDECAR] {
        let wanted = format!("{name}{ending}");
        let ours = children(&folder)?.into_iter().filter(|(file, kind)| kind.is_file() && is_of(file, ending, id));
        if fs::symlink_metadata(folder.join(&wanted)).is_ok() {
            for (old, _) in
                ours.filter(|(file, _)| *file != wanted && is_one(&folder.join(file), &folder.join(&wanted)))
            {
                fs::remove_file(folder.join(&old)).map_err(|error| at_writing(&folder.join(&old), &error))?;
                undo.push(Change::RemovedTwin { path: format!("{name}/{old}"), same_as: format!("{name}/{wanted}") });
            }
            continue;
        }
        let mut ours = ours;
        if let (Some((only, _)), None) = (ours.next(), ours.next()) {
            move_to_free(&folder.join(&only), &folder.join(&wanted))
                .map_err(|error| at_writing(&folder.join(&only), &error))?;
            undo.push(Change::Moved { from: format!("{name}/{only}"), to: format!("{name}/{wanted}") });
        }
    }
    Ok(())
}

fn is_of(file: &str, ending: &str, id: &str) -> bool {
    let stem = file.strip_suffix(ending).filter(|_| ending != ".csv" || is_csv(file));
    stem.and_then(ParsedName::parse).is_some_and(|named| is_one_id(named.id, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        children(folder).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_folder_is_created_once() {
        let root = tempfile::tempdir().unwrap();
        let mut undo = Undo::default();
        assert!(ensure(root.path(), "Music: Tracks", "id-1", &[], &mut undo).unwrap().made);
        let again = ensure(root.path(), "Music: Tracks", "id-1", &[], &mut undo).unwrap();
        assert_eq!((again.name.as_str(), again.made, again.merged), ("Music Tracks_id-1", false, 0));
        assert_eq!(names(root.path()), ["Music Tracks_id-1"]);
        assert_eq!(undo.changes().len(), 1);
    }

    #[test]
    fn several_folders_are_merged_into_the_one_with_the_right_name() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "T_id-1 (2)/T_id-1 (2).csv", "third");
        write(root.path(), "Old title_id-1/Old title_id-1.csv", "__page_id,older");
        write(root.path(), "T_id-1 (1)/T_id-1.csv", "second");
        write(root.path(), "T_id-1 (1)/.archive/b.csv", "backup");
        write(root.path(), "T_id-1/T_id-1.csv", "first");
        write(root.path(), "T (1)_id-2/T (1)_id-2.csv", "another database");
        let ensured = ensure(root.path(), "T", "id-1", &[], &mut Undo::default()).unwrap();
        assert_eq!((ensured.name.as_str(), ensured.merged), ("T_id-1", 3));
        assert_eq!(names(root.path()), ["T (1)_id-2", "T_id-1"]);
        let folder = root.path().join("T_id-1");
        let expected =
            [".archive", "Old title_id-1.csv", "T_id-1 (2).csv", "T_id-1 (from T_id-1 (1)).csv", "T_id-1.csv"];
        assert_eq!(names(&folder), expected);
        assert_eq!(fs::read_to_string(folder.join("T_id-1.csv")).unwrap(), "first");
    }

    #[test]
    fn a_new_title_renames_the_folder_and_its_csv() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "Old_id-1 (1)/Old_id-1 (1).csv", "1");
        write(root.path(), "Old_id-1/Old_id-1.csv", "2");
        let ensured = ensure(root.path(), "New (1)", "id-1", &["Old"], &mut Undo::default()).unwrap();
        assert_eq!(ensured.renamed_from.as_deref(), Some("Old_id-1"));
        // Two files can belong to the database, and nothing identifies the right one.
        assert_eq!(names(&root.path().join("New (1)_id-1")), ["Old_id-1 (1).csv", "Old_id-1.csv"]);
        fs::remove_file(root.path().join("New (1)_id-1/Old_id-1 (1).csv")).unwrap();
        ensure(root.path(), "New (1)", "id-1", &[], &mut Undo::default()).unwrap();
        assert_eq!(names(&root.path().join("New (1)_id-1")), ["New (1)_id-1.csv"]);
    }

    #[test]
    fn errors_when_a_file_has_the_name() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "T_id-1", "a file");
        assert!(ensure(root.path(), "T", "id-1", &[], &mut Undo::default()).is_err());
        write(root.path(), "Old_id-1/x", "1");
        let error = ensure(root.path(), "T", "id-1", &["Old"], &mut Undo::default()).unwrap_err();
        assert!(error.to_string().contains("not a folder"), "{error}");
        assert_eq!(fs::read_to_string(root.path().join("T_id-1")).unwrap(), "a file");
    }
}
