//! Selects the plans of an audit and reads them.
//!
//! `walk` lists a plans folder. `select` selects plans by the arguments or by changed paths. `read` reads one plan, up
//! to the size limit. `reports` selects the reports whose assertions are checked too. `front` parses the front matter
//! of a plan, and `details` derives its owner, priority and other properties. Links are not followed, and only regular
//! files are opened.

mod details;
mod front;
mod read;
mod reports;
mod select;
mod walk;

pub use details::{Details, Priority, details, rank};
pub use front::{FrontMatter, Todo, front};
pub use read::{Text, read};
pub use reports::reports;
pub use select::{Refusal, all, changed, named};
pub use walk::{Discovery, Folder, PlanFile, PlansFolder, shown_join};
