//! Ends an attempt. One transaction writes its state, its findings, its reports, its sent or withdrawn requests, its RETURN
//! and the move of its file to the archive. Afterwards `delivery` makes the deliveries.
//!
//! `resolution` decides how the attempt ends; `explain` writes the reason of a failure. `outcome` adds the output. `write`
//! is the transaction; it uses `reports` (the names of the files) and `answer` (the RETURN). `dependencies` and `repeats`
//! apply the effects on other tasks, `evidence` applies the results of checks of RETURNs. `batch` settles several attempts
//! of one agent together.

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
