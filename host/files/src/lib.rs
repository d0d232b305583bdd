//! Opens, reads and replaces files at paths to which other programs may write. A person, a sync tool or a plugin can put a
//! link, a pipe or a device at such a path. Baton does not follow the link, and never blocks on the pipe.
//!
//! The crate does not know the purpose of a file: callers give the path, the limit and the mode.

mod open;
mod read;
mod regular;
mod replace;

pub use open::{open, open_or_create, open_target, open_with, touch};
pub use read::{read, read_target, read_target_text, read_text};
pub use regular::{check, check_target};
pub use replace::{PRIVATE, SHARED, StagedFile, create, folder_of, publish, replace, sync_folder};
