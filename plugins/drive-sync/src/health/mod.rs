//! Inspects the Drive for duplicates, misplaced and missing files (`diagnose`), and fixes the problems that need no decision
//! of a person (`repair`).

mod inspect;
mod repair;
mod report;

pub use inspect::{Health, Kind, Problem, inspect_drive};
pub use repair::{Plan, RepairResult, Step, apply, plan};
pub use report::{applied_json, health_json, health_markdown, plan_json, plan_markdown};
