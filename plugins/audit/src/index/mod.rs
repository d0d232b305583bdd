//! The audited tree: its entries from one walk, and reads of single files that a plan names.
//!
//! Only this module and `discover` read from a disk. It never follows a symbolic link, opens only regular files, and
//! reads only paths below a granted root.

mod disk;
mod entry;
mod list;
mod walk;

pub use baton_plugin_kit::folder::EntryKind;
pub use entry::{Content, FoundEntry};
pub(crate) use walk::last_name;
pub use walk::{Index, Root};
