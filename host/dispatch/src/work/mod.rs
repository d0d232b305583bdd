//! Runs attempts: `prepare` builds the task for the plugin, `request_permission` decides to which agents the plugin may send
//! handoffs, `run` runs the attempts of the engine's workers, `call` runs an attempt for `baton run`. `running` knows the
//! attempts of this process.

mod call;
mod prepare;
mod request_permission;
mod run;
pub(crate) mod running;

pub use self::call::{Call, CallReport, call};
pub use self::prepare::with_defaults;
pub(crate) use self::run::{Listener, StopSignals, run_batch};
