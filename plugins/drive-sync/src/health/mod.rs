//! How a Drive stands: what is there twice, what lies where nothing should, what is missing, and what of that can be mended without
//! asking. `diagnose` looks, `repair` plans and applies.

mod look;
mod repair;
mod report;

pub use look::{Health, Kind, Trouble, look};
pub use repair::{Applied, Plan, Step, apply, plan};
pub use report::{applied_json, health_json, health_markdown, plan_json, plan_markdown};
