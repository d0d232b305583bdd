//! The archive folder and the file name for each state in which a task can end.
//!
//! | state of the task | folder beside the inbox | name |
//! |---|---|---|
//! | succeeded, cancelled, duplicate | `02_processed` | unchanged |
//! | failed, rejected | `03_failed` | unchanged |
//! | dead | `03_failed` | `TIME__MAXRETRY__NAME__RETRYn__DATE`, as adopted folders use it |
//! | not answered by an external agent | `02_processed` | `NAME__STALE` |
//! | dropped without a known agent | `handoffs/_unrouted` | unchanged |

use baton_core::{State, file_name};
use baton_ledger::outbox::{self, DeliveryKind};
use jiff::Timestamp;

use crate::settings::{ARCHIVES, INBOX, UNROUTED};

/// The move of a file from its inbox to the archive for `state`. `hash` is the hash of the captured bytes.
pub(crate) fn to_archive(file: &str, hash: Option<String>, state: State) -> outbox::NewDelivery {
    let (inbox, _) = file.rsplit_once('/').unwrap_or(("", file));
    let folder = inbox.strip_suffix(INBOX).unwrap_or(inbox).trim_end_matches('/');
    let [processed, failed] = ARCHIVES;
    let archive = if state.is_processed() { processed } else { failed };
    moved(DeliveryKind::Archive, file, hash, format!("{folder}/{archive}"))
}

/// The move of the file of a task whose last allowed attempt failed. The new name contains `MAXRETRY`.
pub(crate) fn to_dead_letters(file: &str, hash: Option<String>, attempts: u32, now: Timestamp) -> outbox::NewDelivery {
    let archive = to_archive(file, hash, State::Dead);
    outbox::NewDelivery { name: file_name::dead_letter(&archive.name, attempts, now), ..archive }
}

/// The move of the file of an overdue request of an external agent.
pub(crate) fn to_stale(file: &str, hash: Option<String>) -> outbox::NewDelivery {
    let archive = to_archive(file, hash, State::Cancelled);
    outbox::NewDelivery { name: file_name::stale(&archive.name), ..archive }
}

/// The move of a file that names no known agent.
pub(crate) fn to_unrouted(file: &str, hash: Option<String>) -> outbox::NewDelivery {
    moved(DeliveryKind::Archive, file, hash, UNROUTED.to_owned())
}

/// The move of a file from the drop box to the inbox `folder`.
pub(crate) fn to_inbox(file: &str, hash: Option<String>, folder: String) -> outbox::NewDelivery {
    moved(DeliveryKind::Route, file, hash, folder)
}

/// The move of a file into `folder`. The file keeps its name.
fn moved(kind: DeliveryKind, file: &str, hash: Option<String>, folder: String) -> outbox::NewDelivery {
    let name = file.rsplit('/').next().unwrap_or(file).to_owned();
    outbox::NewDelivery { kind, source: Some(file.to_owned()), folder, name, hash, bytes: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_beside_the_inbox() {
        let done = to_archive("handoffs/audit/01_inbox/x.json", None, State::Succeeded);
        assert_eq!((done.folder.as_str(), done.name.as_str()), ("handoffs/audit/02_processed", "x.json"));
        let failed = to_archive("/elsewhere/01_inbox/x.json", None, State::Rejected);
        assert_eq!(failed.folder, "/elsewhere/03_failed");
        let other = to_archive("/drive/new/x.json", None, State::Succeeded);
        assert_eq!(other.folder, "/drive/new/02_processed");
    }

    #[test]
    fn the_names_of_dead_and_stale_files_have_a_mark() {
        let at: Timestamp = "2026-01-03T05:21:54Z".parse().unwrap();
        let dead = to_dead_letters("handoffs/a/01_inbox/x.json", None, 3, at);
        assert_eq!(dead.name, "20260103T052154__MAXRETRY__x__RETRY3__20260103.json");
        assert_eq!(dead.folder, "handoffs/a/03_failed");
        assert_eq!(to_stale("handoffs/a/01_inbox/x.json", None).name, "x__STALE.json");
    }
}
