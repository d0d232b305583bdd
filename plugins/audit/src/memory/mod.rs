//! The data of earlier audits, in the plugin's own database.
//!
//! `schema` creates the tables, `memory` reads, `record` writes at the end of a run, `cells` converts values of rows.
//! `facts` stores files' digests, so that a run without changes reads no file.
//!
//! A killed run leaves the old state: each row has the number of its audit, and counts only when that audit is in the table
//! `audits`, which is written last. `settle` discards an audit whose outcome was not recorded. All tables are bounded. Without a
//! granted database the audit runs without this data.

mod cells;
mod facts;
#[expect(clippy::module_inception, reason = "the memory is the module's one subject, the rest are its drawers")]
mod memory;
mod record;
mod schema;
mod settle;

pub use memory::{LastAudit, Memory, Moment, RecordedPlan};
pub use record::{AuditRecord, PlanRecord, Record};
pub(crate) use schema::prepare;
