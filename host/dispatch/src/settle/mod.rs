//! Ends an attempt: its state, findings, reports, sent or withdrawn requests, RETURN and move to the archive, all in
//! one transaction. Afterwards `delivery` carries out the deliveries.
//!
//! `resolution` decides the end, with the text of `explain`. `outcome` adds the output. `write` is the transaction,
//! with `reports` (the names of the files) and `answer` (the RETURN). `dependencies` and `repeats` apply the effects on
//! other tasks, `evidence` applies the results of checks of RETURNs. `batch` settles several attempts of one agent
//! together.

mod answer;
mod batch;
pub(crate) mod dependencies;
pub(crate) mod evidence;
mod explain;
mod outcome;
pub(crate) mod plugin_requests;
pub(crate) mod repeats;
mod reports;
mod resolution;
mod write;

pub(crate) use self::batch::{settle, settle_aborted};
pub(crate) use self::dependencies::set_state;
