//! How an attempt ends: its state, its findings, its reports, the handoffs that it emitted or took back (`post`), the RETURN
//! and the move to the archive, all in one transaction. Nothing is delivered here; see `carry`.
//!
//! `resolution` decides, `outcome` is that with all that goes out with it, `write` is the transaction, with `reports` (the names
//! of the files) and `answer` (the RETURN); `settle_batch` settles what one agent has done in one go.

mod answer;
mod outcome;
mod reports;
mod resolution;
mod settle_batch;
mod write;

pub(crate) use self::settle_batch::settle;
