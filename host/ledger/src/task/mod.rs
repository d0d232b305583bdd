//! Tasks: their rows, the queue, leases, and the search for a task. Every change of a state goes through
//! [`transition`], which appends the event in the same transaction.

mod claim;
mod depend;
mod find;
pub mod history;
mod model;
mod obligation;
mod queue;
mod reference;
mod row;
mod sent;
mod stalled;
mod write;

pub use claim::{
    Claim, changed_after, claim, claim_of, claims, claims_in, end_claim, ended_after, inbox, is_return_pending,
    is_return_pending_in, of_agent, renew_claims, requests_in_inbox,
};
pub use depend::{
    UnknownDependency, VERIFIED, add_dependencies, dependencies, dependency_name, dependents, drop_dependencies,
    is_named, named, named_or_titled, satisfy, unknown_dependencies, unknown_dependencies_in,
};
pub use find::{
    InboxTask, TaskCount, answered_by, at_file, content, each_recent, file_name, get_in, has_triggered, held_by,
    in_state, input, named_by, next_steps, next_steps_in, open_by_agent, open_by_state, recent, requests_with_id,
    return_with_id, summary_of, unmatched, usage, waiting_files, waits_with, with_key,
};
pub use model::{NewTask, Origin, Task, TaskFilter, TaskSummary};
pub use obligation::{
    CloseReason, Compliance, EscalationStep, delivered_before, due_for_step, obligations, open_obligations,
    record_step, set_closing,
};
pub use queue::{
    QueuedTask, abandoned, agents_with_work, due, heartbeat, holds, lease_task, next_due, next_queued, take_over_lease,
    to_stop,
};
#[cfg(test)]
pub(crate) use reference::find;
pub use reference::{TaskMatches, matching, matching_for};
pub(crate) use row::{CHECKS, evidence, sql_list, state, state_list, timestamp};
pub use sent::{SentFilter, count_sent, newest_return, sent_as, sent_by, sent_with_id};
pub use stalled::{StallLimits, StallReason, StalledTask, stalled, stalled_in};
pub use write::{
    ask_to_stop, give_back_attempt, insert, matched, renew, revise, set_due, set_file, set_lost, set_outcome,
    set_request, set_returned, set_usage, transition,
};

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;
