//! The audit's model of a plan: its deliverables and references, each with the lines that name it.
//!
//! Pure data. Nothing here reads a file or knows of Markdown; `reader` fills it and `verify` judges it.

mod claim;
mod gather;
mod model;
mod place;
mod said;

pub use claim::{Fit, SizeAssertion};
pub use gather::gather;
pub use model::{Deliverable, Form, Kind, Mention, Plan, Purpose, Reference, Role, Sighting, SymbolHint};
pub use place::Place;
pub use said::says_done;
