//! Tasks that need attention from outside: overdue requests of external agents (`overdue`), files that are missing while their
//! tasks wait (`missing_files`), and the events that a person is notified of (`notices`).

mod missing_files;
pub mod notices;
mod overdue;

pub(crate) use self::missing_files::check_missing_files;
pub(crate) use self::overdue::{EscalationResult, run_escalations};
