//! The ledger: one SQLite file with every handoff, every transition, and every open delivery.
//!
//! Writes survive `kill -9` and power loss: WAL with `synchronous = FULL`, and [`Ledger::write`] returns only after the
//! commit. One thread commits all waiting writes in one transaction (group commit), so many handoffs in a busy inbox need
//! only one fsync. Several processes may open the file: each write is an immediate transaction and reads its data inside
//! this transaction.
//!
//! The ledger makes no decisions: `dispatch` decides about transitions.
//!
//! Every function that reads or writes a database returns an error when the database fails: the disk is full, another
//! process holds the lock for too long, or the file is damaged. If a write fails, nothing of its transaction is stored.
//! Error sections of functions name only other causes.

#![expect(missing_docs, reason = "a field has no comment where its name and type say what it is")]

pub mod agent_call;
pub mod attempt_log;
pub mod backup;
pub mod budget;
pub mod command_check;
pub mod command_run;
mod database;
mod error;
pub mod event;
pub mod export;
pub mod finding;
pub mod flag;
pub mod identity;
pub mod inspect;
mod lanes;
pub mod lock;
pub mod mark;
mod open;
pub mod outbox;
pub mod plugin_requests;
mod presence;
pub mod prune;
pub mod read_file;
pub mod repeats;
pub mod restore;
pub mod return_check;
pub mod seal;
pub mod supervision;
pub mod tail;
pub mod task;
pub mod verify;
pub mod watched;
mod whole_file;
mod writer;

pub use database::{Reader, Tx};
pub use error::LedgerError;
pub use writer::{Ledger, WriterProgress};
