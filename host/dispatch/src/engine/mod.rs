//! The daemon's loop. `serve` waits for changes and messages and passes them to the four parts of the engine:
//! `inboxes`, `workers`, `deliveries`, `triggers`. Each part has its own state, `on_message` and `next_wake`. `state`
//! has the data that the parts share, `message` the results of jobs and the requests between parts.

mod deliveries;
mod delivery_queue;
mod evidence;
mod file_queue;
mod folder_watch;
mod inboxes;
mod message;
mod path_queue;
mod plugin_reload;
mod recover;
mod serve;
mod stamps;
mod state;
mod triggers;
mod watched_files;
mod workers;

pub use self::recover::try_again;
pub use self::serve::Engine;
pub use self::state::{Mode, Summary};
