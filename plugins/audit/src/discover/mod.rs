//! Which plans are audited, and their text.
//!
//! `walk` lists a plans folder, `select` turns arguments or changed paths into plans, `read` reads one within its bound; `reports`
//! finds documents beside the plans;
//! `front` reads its front matter, `details` says what is to be known of it before it is judged.
//! Links are not followed and nothing but regular files is opened.

mod details;
mod front;
mod read;
mod reports;
mod select;
mod walk;

pub use details::{Details, Priority, details, rank};
pub use front::{Front, Todo, front};
pub use read::{Text, read};
pub use reports::reports;
pub use select::{Refusal, all, changed, named};
pub use walk::{Discovery, Folder, PlanFile, PlansFolder, shown_join};
