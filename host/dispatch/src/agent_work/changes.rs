//! Notifies all waiting sessions of a process when the ledger changes.

use std::time::Duration;

use baton_ledger::{Reader, WriterProgress};
use tokio::sync::watch;

/// How often the ledger is checked for commits of other processes.
const CHECK: Duration = Duration::from_millis(500);

/// Increases the number in `sender` at each commit of this process or of another process.
pub(super) async fn follow_changes(
    reader: Reader,
    mut pulse: watch::Receiver<WriterProgress>,
    sender: watch::Sender<u64>,
) {
    let (mut seen, mut alive) = (reader.version().unwrap_or_default(), true);
    loop {
        tokio::select! {
            changed = pulse.changed(), if alive => {
                alive = changed.is_ok();
                sender.send_modify(|count| *count += 1);
            }
            () = tokio::time::sleep(CHECK) => {
                let version = reader.version().unwrap_or(seen);
                if version != seen {
                    seen = version;
                    sender.send_modify(|count| *count += 1);
                }
            }
        }
    }
}
