//! The audit's model of a plan: its deliverables and references, each with the lines that name it.
//!
//! This module contains only data: it does not read files or parse Markdown. `reader` fills it and `verify` judges it.
//! Deliverables that the plan states as data (`front_matter`, `lock`) replace those that `reader` found.

mod done;
mod front_matter;
mod gather;
mod lock;
mod model;
mod place;
mod size_assertion;
mod stated;
mod tasks;

pub use done::reports_done;
pub use front_matter::{FrontMatterList, front_matter};
pub use gather::gather;
pub use lock::Lock;
pub use model::{Deliverable, Form, Kind, Mention, Plan, Purpose, Reference, Role, Sighting, SymbolHint};
pub use place::Place;
pub(crate) use place::is_third_party;
pub use size_assertion::{Precision, SizeAssertion};
pub use stated::StatedDeliverable;
pub use tasks::Tasks;
pub(crate) use tasks::{box_state, is_skipped};
