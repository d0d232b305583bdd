//! Whether a handoff file and its inbox exist.

use std::io::ErrorKind;
use std::path::Path;

/// Why a task waits whose file was not there when its turn came.
pub(crate) const FILE_MISSING: &str = "its file is not in the inbox; looking again";

/// Why a task asks a person whose folder was replaced.
pub(crate) const INBOX_MISSING: &str =
    "its inbox was replaced or is not mounted: put the file back and it goes on, or `baton cancel` it";

/// Whether nothing is there. A folder that cannot be read says nothing.
pub(crate) fn is_not_there(file: &Path) -> bool {
    file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Whether the file is gone and its inbox is there.
pub(crate) fn is_missing(file: &Path) -> bool {
    is_not_there(file) && file.parent().is_some_and(|inbox| std::fs::read_dir(inbox).is_ok())
}
