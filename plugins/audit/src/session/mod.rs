//! The review of a session: the commits of a range, the handoffs of that time, and the gaps between them.
//!
//! `range` finds the commits and the time, `commits` reads the commit messages, `handoffs` reads the requests and RETURNs,
//! and `gaps` finds contradictions. `review` combines the results, and `sections` shows them. `words` finds paths and
//! commits in a text.

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
