//! Moves music files into folders. The action `organise` makes a plan, `apply` moves the files, and `undo` moves them back.
//!
//! Planning moves no file, and opens a file only to compare it with another file of the same name and size. The steps of a plan
//! are stored in the plugin's own database; JSON, CSV and Markdown reports show them. `apply` reads the database, so editing a
//! report has no effect. Each step is recorded before it starts, and a killed task resumes where it stopped. Nothing is
//! downloaded, no file is overwritten, and no tag is changed.
//!
//! | file | what |
//! |---|---|
//! | `roots.rs`, `walk.rs` | the granted folders, and the files that may be moved |
//! | `identify.rs` | the track of a file |
//! | `rules.rs`, `pattern.rs`, `template.rs` | the target of a file |
//! | `fold.rs`, `shared_folders.rs`, `targets.rs` | equal names and free names |
//! | `plan.rs`, `draft.rs`, `step.rs`, `report.rs` | the plan and its reports |
//! | `journal.rs`, `history.rs` | plans and steps in the own database, and the moves of earlier plans |
//! | `disk.rs`, `move_file.rs` | the move of one file |
//! | `moving.rs`, `folders.rs`, `apply.rs`, `undo.rs` | the steps of a plan, applied or undone |
//! | `locations.rs` | new paths in the catalog |

mod apply;
mod args;
pub mod disk;
mod draft;
mod fold;
mod folders;
mod history;
mod identify;
mod journal;
mod limits;
mod locations;
mod move_file;
mod moving;
pub(crate) mod pattern;
mod plan;
mod report;
mod roots;
mod rules;
mod shared_folders;
mod step;
mod targets;
mod template;
mod undo;
mod walk;

pub use apply::{apply, apply_with};
pub use moving::MoveTools;
pub use plan::plan;
pub use undo::{undo, undo_with};
