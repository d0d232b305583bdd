//! The daemon's loop: one task that owns all decisions, and the lists of files and deliveries that wait for it.

mod carriers;
mod desk;
mod message;
mod serve;

pub use serve::{Engine, Mode, Summary};
