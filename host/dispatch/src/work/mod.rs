//! Runs attempts: `prepare` makes the plugin's view of a task, `request_permission` decides to whom it may send handoffs, `run`
//! runs the attempts of the engine's workers, `call` one that the operator calls; `running` has the attempts of this process.

mod call;
mod prepare;
mod request_permission;
mod run;
pub(crate) mod running;

pub use self::call::{Call, CallReport, call};
pub use self::prepare::with_defaults;
pub(crate) use self::run::{Listener, StopSignals, run_batch};
