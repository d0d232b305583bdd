//! The scan: lists sources into the catalog, then reads the pending files.
//!
//! The catalog is the queue. A listing writes new and changed files as `pending`; jobs read pages of them, and one writer
//! commits the results. So scans resume where they stopped, even after a kill: committed files are unchanged at the next
//! scan, and uncommitted ones are still pending.
//!
//! If a source becomes unreachable, while it is listed or read, only this source fails: none of its items becomes missing or
//! failed because of that.

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
