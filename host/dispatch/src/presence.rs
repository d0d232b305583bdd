//! Whether a handoff file and its inbox exist.

use std::io::ErrorKind;
use std::path::Path;

/// The reason of a task that waits because its file was missing at its turn.
pub(crate) const FILE_MISSING: &str = "its file is not in the inbox; looking again";

/// The reason of a task that asks a person because its folder was replaced.
pub(crate) const INBOX_MISSING: &str =
    "its inbox was replaced or is not mounted: put the file back and it goes on, or `baton cancel` it";

/// Whether the file does not exist. `false` if the folder cannot be read.
pub(crate) fn is_not_there(file: &Path) -> bool {
    file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Whether the file does not exist although its inbox does.
pub(crate) fn is_missing(file: &Path) -> bool {
    is_not_there(file) && file.parent().is_some_and(|inbox| std::fs::read_dir(inbox).is_ok())
}
