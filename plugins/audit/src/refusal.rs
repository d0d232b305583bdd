//! Explains why the host did not open a file.

use std::io;

use baton_plugin_kit::disk::is_not_permitted;

/// The reason why the sandbox does not open a file with several names, and what to do.
pub(crate) const SEVERAL_NAMES: &str = "the sandbox does not open this file, because it has several names (hard links), and the \
    other names may be outside the granted folder: replace the file by a copy of it, or allow it in a workspace with \
    `baton plugin grant audit hard-links`";

/// The reason why a file could not be read.
pub(crate) fn reason(error: &io::Error) -> String {
    if is_not_permitted(error) { SEVERAL_NAMES.to_owned() } else { error.to_string() }
}
