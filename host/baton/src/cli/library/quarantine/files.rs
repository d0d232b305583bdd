//! Moves files into the trash folder and back.

use std::fs;
use std::io;
use std::path::Path;

use super::trash;

/// Renames a file into a folder, which is made if it is missing. Syncs both folders to disk.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    baton_intake::rename_new(from, to)?;
    for folder in [from.parent(), Some(folder)].into_iter().flatten() {
        // If the sync fails, the file has its new name nevertheless.
        if let Err(error) = baton_intake::sync_folder(folder) {
            tracing::debug!(%error, "cannot sync a folder to disk");
        }
    }
    Ok(())
}

/// Why a file could not be renamed, and what to do.
pub(super) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::CrossesDevices => {
            "the trash folder is on another volume; name one on the volume of the file with --trash".to_owned()
        }
        io::ErrorKind::AlreadyExists => "a file with the same name exists already".to_owned(),
        _ => error.to_string(),
    }
}

/// Removes empty folders of the trash.
pub(super) fn remove_empty(file: &Path) {
    let folders = file.ancestors().skip(1);
    for folder in folders.take_while(|folder| folder.components().any(|part| part.as_os_str() == trash::NAME)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}
