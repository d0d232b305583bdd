//! The audited tree: what there is, found by one walk, and single looks at files that a plan names.
//!
//! The only part beside `discover` that touches a disk. It never follows a symbolic link, never opens what is not a
//! regular file, and never looks at a path that is not below a granted root.

mod disk;
mod entry;
mod list;
mod walk;

pub use disk::EntryKind;
pub use entry::{Content, FoundEntry};
pub use walk::{Index, Root};
