//! What the audit knows from earlier audits, in the plugin's own database.
//!
//! `schema` makes the tables, `memory` reads, `record` writes at the end of a run, `cells` reads values of rows. `facts` keeps
//! files' digests, so that a run after which nothing changed reads no file; `findings` keeps which findings are open.
//!
//! A run that dies leaves the old state: what a run writes carries the number of its audit and counts only once that audit
//! is in the table `audits`, which is the last thing that is written; `settle` takes it back when its outcome was not taken.
//! Everything is bounded. Where no database is granted the audit does without.

mod cells;
mod facts;
mod findings;
#[expect(clippy::module_inception, reason = "the memory is the module's one subject, the rest are its drawers")]
mod memory;
mod record;
mod schema;
mod settle;

pub use findings::{FindingState, Turnover, turnover};
pub use memory::{KeptPlan, LastAudit, Memory, Moment};
pub use record::{AuditRecord, PlanRecord, Record};
