//! Telling a person that a task needs them, failed or is overdue, as `[notify]` in `baton.toml` says.
//!
//! What is told, `baton_dispatch::notices` reads from the chain of events. Here is how: [`follow`] waits for new events, limits
//! the number of notices, and notes in the ledger up to which event a person was told; `receiver` is the command and the
//! desktop; `process` runs a program with limits; `text` is what it gets. A notice is given at least once: the note is made
//! after the programs have ended, so a daemon that is killed in between gives the last notice again, with the same `id`.
//!
//! The engine knows nothing of this: notices are one more reader of the ledger, and a program that hangs delays only the next
//! notice.

mod follow;
mod process;
mod rate;
mod receiver;
mod text;

pub(crate) use follow::Follower;
pub(crate) use receiver::{DESKTOP, INSTALL_DESKTOP};
