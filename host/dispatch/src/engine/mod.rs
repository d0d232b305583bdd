//! The daemon's loop: one task that owns all decisions (`serve`), what it sees (`look`), what it begins (`start`), what it
//! is answered (`hear`), and the lists of files and deliveries that wait for it.

mod carriers;
mod desk;
mod hear;
mod look;
mod message;
mod queue;
mod read_files;
mod refresh;
mod serve;
mod start;
mod watched;

pub use serve::{Engine, Mode, Summary};
