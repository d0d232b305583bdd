//! Tasks: their rows, the queue, leases, and the ways to name one. Each change of state appends its event in the same
//! transaction, through [`transition`] and nothing else.

mod find;
mod model;
mod queue;
mod row;
mod write;

pub use find::{
    answered_by, at_file, find, first_with_key, get_in, held_by, in_state, input, open_by_agent, recent, waiting_files,
    waits_with,
};
pub use model::{New, Origin, Task};
pub use queue::{
    Queued, abandoned, agents_with_work, due, heartbeat, holds, lease_next, lease_task, next_due, next_queued,
};
pub(crate) use row::{state, timestamp};
pub use write::{insert, revise, set_due, set_file, set_lost, set_returned, transition};

#[cfg(test)]
mod tests;
