//! Keeps databases mirrored in a Drive folder, without duplicates and without losing a column.

pub mod claim;
pub mod drive;
pub mod memory;
pub mod room;
pub mod schema;
pub mod source;
pub mod sync;
pub mod table;
