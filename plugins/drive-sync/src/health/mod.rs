//! How a Drive stands: what is there twice, what lies where nothing should, what is missing, and what of that can be fixed without
//! asking. `diagnose` looks, `repair` plans and applies.

mod inspect;
mod repair;
mod report;

pub use inspect::{Health, Kind, Problem, look};
pub use repair::{Plan, RepairResult, Step, apply, plan};
pub use report::{applied_json, health_json, health_markdown, plan_json, plan_markdown};
