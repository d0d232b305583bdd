//! Changes since the last audit: before and after, regressions, progress, the trend.
//!
//! `compare` compares each plan with the data of the last audit, and records the new data. `model` has the result. `show`
//! makes findings and blocks from the result. This module uses no clock: callers pass the time of an audit.

mod compare;
mod model;
mod show;

pub use compare::{AuditSummary, Comparison, inputs_digest};
pub use model::{Change, Completion, History, PlanChange, PlanCompletion};
