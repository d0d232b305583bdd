//! The scan: lists sources into the catalog, then reads what waits there.
//!
//! The catalog is the queue. A listing writes what is new or changed as `pending`; jobs take pages of that, and one writer
//! commits what comes of each. So scans resume where they stopped, even when killed: what was committed is unchanged
//! the next time, what was being read is still pending.
//!
//! A source that cannot be reached, at the listing or in the middle of reading, fails for itself: none of its items is
//! missing or failed because of that.

mod asf;
mod event;
mod in_progress;
mod listing;
mod lock;
mod missing;
mod one;
mod options;
mod queue;
mod run;
mod tags;
#[cfg(test)]
mod tests;
mod volumes;
mod work;

pub use event::{Event, Listing, Reads, Report};
pub use lock::forget;
pub use one::Comparison;
pub use options::{Options, ReadFn};
pub use run::scan;
