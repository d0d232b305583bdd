//! Tasks that need somebody's attention: overdue requests of external agents (`overdue`), tasks that wait although their
//! file is missing (`missing_files`), and tasks whose events cause a notice to a person (`notices`).

mod missing_files;
pub mod notices;
mod overdue;

pub(crate) use self::missing_files::check_missing_files;
pub(crate) use self::overdue::{EscalationResult, run_escalations};
