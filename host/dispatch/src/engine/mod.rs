//! The daemon's loop: one task that owns all decisions (`serve`), what it sees (`folders`), what it begins (`start`), what it
//! is answered (`on_message`), and the lists of files and deliveries that wait for it.

mod delivery_workers;
mod file_queue;
mod folders;
mod message;
mod on_message;
mod queue;
mod read_files;
mod refresh;
mod serve;
mod start;
mod state;
mod watched;

pub use self::state::{Engine, Mode, Summary};
