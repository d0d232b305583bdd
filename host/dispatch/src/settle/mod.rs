//! How an attempt ends: its state, its findings, its reports, the requests that it sent or withdrew (`plugin_requests`), the RETURN and
//! the move to the archive, all in one transaction. `delivery` delivers them afterwards.
//!
//! `resolution` decides, `outcome` adds the output, `write` is the transaction, with `reports` (the names of the files) and
//! `answer` (the RETURN); `settle_batch` settles several attempts of one agent together.

mod answer;
mod outcome;
mod reports;
mod resolution;
mod settle_batch;
mod write;

pub(crate) use self::settle_batch::settle;
