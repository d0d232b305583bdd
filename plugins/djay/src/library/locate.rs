//! Finds the database: the path in the arguments below a granted folder, or the usual paths of djay.

use std::path::{Path, PathBuf};

use baton_plugin_kit::folder::{Entry, list};
use baton_plugin_kit::safe_path;
use baton_plugin_sdk::{Error, Mount};

const FILE: &str = "MediaLibrary.db";

/// The usual paths of the database below the granted folder. The granted folder can be the library's own folder, djay's folder,
/// or the folder of all music.
const KNOWN: [&str; 11] = [
    "",
    "djay Media Library.djayMediaLibrary",
    "djay Media Library",
    "djay/djay Media Library.djayMediaLibrary",
    "djay/djay Media Library",
    "djay Pro 2/djay Media Library.djayMediaLibrary",
    "djay Pro 2/djay Media Library",
    "Music/djay/djay Media Library.djayMediaLibrary",
    "Music/djay/djay Media Library",
    "Music/djay Pro 2/djay Media Library.djayMediaLibrary",
    "Music/djay Pro 2/djay Media Library",
];

/// The possible paths of the folder with djay's daily copies. Each copy is in a folder that has the date as its name.
const BACKUPS: [&str; 3] = ["Backups", "djay/Backups", "Music/djay/Backups"];

/// Maximum number of folders that are searched for backups.
const MOST_DAYS: usize = 5_000;

/// A database file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDatabase {
    /// Its path in the sandbox.
    pub path: String,
    /// Its path as the operator knows it.
    pub shown: String,
}

/// Finds the database: `named` below one of the folders or, without `named`, at djay's usual path. If `backup` is true,
/// finds only the newest backup.
///
/// # Errors
/// `permanent` if there is no database, or the path leaves the folder. The error names the paths that were tried.
pub fn find(mounts: &[&Mount], named: Option<&str>, backup: bool) -> Result<FoundDatabase, Error> {
    if named.is_some() && backup {
        return Err(Error::Permanent(
            "the arguments `library` and `backup` exclude each other: leave one of them out; `library` may name a backup".to_owned(),
        ));
    }
    let candidates = |mount: &Mount| match named {
        Some(named) => named_paths(named),
        None if backup => Ok(backups(Path::new(&mount.path))),
        None => Ok(KNOWN.iter().map(|folder| Path::new(folder).join(FILE)).collect()),
    };
    for mount in mounts {
        for below in candidates(mount)? {
            let path = Path::new(&mount.path).join(&below);
            if path.is_file() {
                let shown = format!("{}/{}", mount.shown_as, below.to_string_lossy());
                return Ok(FoundDatabase { path: path.to_string_lossy().into_owned(), shown });
            }
        }
    }
    let folders: Vec<_> = mounts.iter().map(|mount| mount.shown_as.as_str()).collect();
    let folders = folders.join(" and ");
    Err(Error::Permanent(match (named, backup) {
        (Some(named), _) => format!("there is no djay library `{named}` below {folders}"),
        (None, true) => {
            format!(
                "there is no backup of djay below {folders}: no folder named by a date was found in {}",
                BACKUPS.join(", ")
            )
        }
        (None, false) => format!(
            "there is no {FILE} in {folders}, nor in its subfolders {}; name the path with the argument `library`, or \
             read the newest backup with `backup`",
            KNOWN.iter().filter(|folder| !folder.is_empty()).copied().collect::<Vec<_>>().join(", ")
        ),
    }))
}

/// The paths to try: first the database inside `named`, in case `named` is a folder, then `named` itself.
fn named_paths(named: &str) -> Result<Vec<PathBuf>, Error> {
    let below = safe_path(named).ok_or_else(|| {
        Error::Permanent(format!("the argument `library` must be a path below the granted folder, not `{named}`"))
    })?;
    Ok(vec![below.join(FILE), below])
}

/// The possible paths of the backups below a folder, newest first.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for place in BACKUPS {
        for Entry { name: day, .. } in list(&folder.join(place), MOST_DAYS).unwrap_or_default().entries {
            if day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
                let library = Path::new(place).join(&day);
                let forms = ["djay Media Library", "djay Media Library.djayMediaLibrary"];
                found.extend(forms.map(|form| (day.clone(), library.join(form).join(FILE))));
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn mount(folder: &Path) -> Mount {
        Mount {
            name: "djay".to_owned(),
            path: folder.to_string_lossy().into_owned(),
            shown_as: "Music".to_owned(),
            host_path: folder.to_string_lossy().into_owned(),
            writable: false,
        }
    }

    fn put(folder: &Path, file: &str) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn usual_paths_are_found_and_backups_only_with_the_argument() {
        let folder = tempfile::tempdir().unwrap();
        let mount = mount(folder.path());
        let found = |named, backup| find(&[&mount], named, backup).map(|found| found.shown);
        put(folder.path(), "djay/Backups/2026-01-17/djay Media Library/MediaLibrary.db");
        put(folder.path(), "djay/Backups/2026-01-18/djay Media Library/MediaLibrary.db");
        put(folder.path(), "djay/Backups/latest/djay Media Library/MediaLibrary.db");
        assert!(matches!(found(None, false), Err(Error::Permanent(text)) if text.contains("`backup`")));
        assert_eq!(found(None, true).unwrap(), "Music/djay/Backups/2026-01-18/djay Media Library/MediaLibrary.db");
        put(folder.path(), "djay/djay Media Library/MediaLibrary.db");
        assert_eq!(found(None, false).unwrap(), "Music/djay/djay Media Library/MediaLibrary.db");
        put(folder.path(), "MediaLibrary.db");
        assert_eq!(found(None, false).unwrap(), "Music/MediaLibrary.db");
        assert_eq!(
            found(Some("djay/djay Media Library"), false).unwrap(),
            "Music/djay/djay Media Library/MediaLibrary.db"
        );
    }

    #[test]
    fn libraries_of_an_older_djay_are_found_under_both_names() {
        for folder in ["djay Pro 2", "Music/djay Pro 2"] {
            for form in ["djay Media Library.djayMediaLibrary", "djay Media Library"] {
                let root = tempfile::tempdir().unwrap();
                put(root.path(), &format!("{folder}/{form}/MediaLibrary.db"));
                let found = find(&[&mount(root.path())], None, false).unwrap();
                assert_eq!(found.shown, format!("Music/{folder}/{form}/MediaLibrary.db"));
            }
        }
    }

    #[test]
    fn a_library_and_a_backup_at_once_are_refused() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "MediaLibrary.db");
        let both = find(&[&mount(root.path())], Some("MediaLibrary.db"), true);
        assert!(matches!(both, Err(Error::Permanent(text)) if text.contains("`library` and `backup`")));
    }

    #[test]
    fn errors_on_names_outside_the_folder_or_without_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let mount = mount(folder.path());
        for (named, why) in [
            ("../x", "below the granted folder"),
            ("/etc/passwd", "below the granted"),
            ("x.db", "no djay library `x.db`"),
        ] {
            let error = find(&[&mount], Some(named), false).unwrap_err();
            assert!(matches!(error, Error::Permanent(text) if text.contains(why)), "{named}");
        }
    }
}
