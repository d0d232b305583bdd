//! Alignment (phase 4): whether processes run on time, whether their integrations work, which requests are open, and whether
//! issue trackers agree with the files.
//!
//! `processes` looks for late runs, `integrations` for failing ones, `stale` for requests without an answer, `trackers`
//! for issues whose state is not the files' state; `assess` puts them together, `blocks` shows them.

mod assess;
mod blocks;
mod integrations;
mod processes;
mod stale;
mod trackers;

pub use assess::{Alignment, Sources, assess};
pub use blocks::blocks;
pub use integrations::{Health, IntegrationRow};
pub use processes::{ProcessRow, Punctuality};
pub use stale::StaleRow;
pub use trackers::{FileEvidence, IssueState, TrackedIssue, Trackers, trackers};
