//! What changed since the last audit: before and after, regressions, progress, the trend.
//!
//! `compare` holds each plan against the memory while it is audited and hands it on to be remembered; `model` is what comes
//! of it; `show` makes findings and blocks of that. Nothing here asks a clock: when an audit ran is told from outside.

mod compare;
mod model;
mod show;

pub use compare::{Closing, Comparison, inputs_digest};
pub use model::{Change, Completion, History, PlanChange, PlanCompletion};
