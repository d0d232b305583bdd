//! Which plans are audited, and their text.
//!
//! `walk` lists a plans folder, `select` turns arguments or changed paths into plans, `read` reads one within its bound.
//! Links are not followed and nothing but regular files is opened.

mod read;
mod select;
mod walk;

pub use read::{Text, read};
pub use select::{Refusal, all, changed, named};
pub use walk::{Discovery, Folder, PlanFile, PlansFolder, shown_join};
