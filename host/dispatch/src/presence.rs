//! Checks whether files and folders exist, and their type.

use std::io::ErrorKind;
use std::path::Path;

/// The reason of a waiting task: its file was missing when an attempt was about to start.
pub(crate) const FILE_MISSING: &str = "its file is not in the inbox; Baton searches for it";

/// The beginning of [`INBOX_MISSING`], and of the reason that older versions of Baton wrote.
pub(crate) const INBOX_REPLACED: &str = "its inbox was replaced or is not mounted";

/// The reason of a task that waits for a person because its inbox was replaced.
pub(crate) const INBOX_MISSING: &str =
    "its inbox was replaced or is not mounted: put the file back to continue, or `baton cancel` the task";

/// True if the file does not exist. `false` if the file's folder cannot be read.
pub(crate) fn is_not_there(file: &Path) -> bool {
    file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// True if the file does not exist, but its inbox exists.
pub(crate) fn is_missing(file: &Path) -> bool {
    is_not_there(file) && file.parent().is_some_and(|inbox| std::fs::read_dir(inbox).is_ok())
}

/// Whether the path is a folder and not a link to a folder. A folder without read permission counts as missing.
pub(crate) fn is_plain_folder(folder: &Path) -> std::io::Result<bool> {
    match folder.symlink_metadata() {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => Ok(false),
            _ => Err(error),
        },
    }
}

/// True if the path is a symbolic link, also a broken one.
pub(crate) fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}
