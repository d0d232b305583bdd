//! The audit's model of a plan: its deliverables and references, each with the lines that name it.
//!
//! Pure data. Nothing here reads a file or knows of Markdown; `reader` fills it and `verify` judges it. A list of deliverables
//! that the plan states as data (`front_matter`, `lock`) replaces what `reader` found.

mod claim;
mod front_matter;
mod gather;
mod lock;
mod model;
mod place;
mod said;
mod stated;
mod tasks;

pub use claim::{Fit, SizeAssertion};
pub use front_matter::{FrontMatterList, front_matter};
pub use gather::gather;
pub use lock::Lock;
pub use model::{Deliverable, Form, Kind, Mention, Plan, Purpose, Reference, Role, Sighting, SymbolHint};
pub use place::Place;
pub use said::says_done;
pub use stated::StatedDeliverable;
pub use tasks::Tasks;
