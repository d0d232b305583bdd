//! Sends notices to a person when a task needs them, failed or is overdue, according to `[notify]` in `baton.toml`.
//!
//! `baton_dispatch::notices` reads the notices from the chain of events. This module sends them: [`follow`] waits for new
//! events, limits the number of notices, and records the last reported event in the ledger; `receiver` is the command and
//! the desktop; `process` runs their program with limits; `text` formats the input of that program. A notice is sent at
//! least once. The record is written after the programs have ended: a daemon that is killed before that sends the last
//! notice again at its next start, with the same `id`.
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
