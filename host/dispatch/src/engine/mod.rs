//! The daemon's loop: one task that owns all decisions, and the list of files that wait for it.

mod desk;
mod message;
mod serve;

pub use serve::{Engine, Mode, Summary};
