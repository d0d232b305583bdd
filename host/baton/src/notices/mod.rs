//! Sends notices to a person when a task needs them, failed or is overdue, according to `[notify]` in `baton.toml`.
//!
//! `baton_dispatch::notices` reads the notices from the chain of events. This module sends them: [`follow`] waits for new
//! events, limits the number of notices, and records in the ledger the last reported event; `receiver` is the command and the
//! desktop; `process` runs a program with limits; `text` is its input. A notice is sent at least once: the record is written
//! after the programs have ended, so a daemon that is killed in between sends the last notice again, with the same `id`.
//!
//! The engine does not know this module: notices are one more reader of the ledger, and a program that hangs delays only the
//! next notice.

mod follow;
mod process;
mod rate;
mod receiver;
mod text;

pub(crate) use follow::Follower;
pub(crate) use receiver::{DESKTOP, INSTALL_DESKTOP};
