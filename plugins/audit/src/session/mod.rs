//! The review of a session: the commits of a range, the handoffs of that time, and what does not fit together.
//!
//! `range` says which time is meant, `commits` reads what commits claim, `handoffs` what was asked and answered, `gaps`
//! what is missing; `review` puts them together, `sections` shows them. `words` finds paths and commits in a text.

mod commits;
mod gaps;
mod handoffs;
mod range;
mod review;
mod sections;
mod words;

pub use commits::CommitRow;
pub use gaps::SessionGap;
pub use handoffs::HandoffRow;
pub use range::Range;
pub use review::{Metrics, SessionReview, Sources, review};
pub use sections::sections;
