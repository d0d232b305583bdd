//! `baton restore`: replaces the ledger by a backup.

use std::path::{Path, PathBuf};

use baton_ledger::restore;
use jiff::Timestamp;

use super::{WorkspaceOptions, ledger};
use crate::exit::Code;
use crate::output;
use crate::workspace::{UpLock, head};

/// Replace the ledger of the workspace by a backup; the daemon must be stopped
///
/// The file is checked first: its structure and its chain of events. An existing ledger is replaced only
/// with --force; it is kept beside the restored one as ledger.db.before-restore-TIME.
///
/// The restored ledger has no record of anything that happened after the backup. No handoff is lost: Baton captures the
/// files in inboxes again, even if the replaced ledger already had them. Files that were archived after the backup stay in
/// the archive. If a task was open in the backup, but its file is in the archive now, Baton cancels the task. Baton
/// delivers the open deliveries of the backup again, so a sender may get a second RETURN. If a request was completed after
/// the backup, and its file is put into an inbox again, the request runs again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file that `baton backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace an existing ledger; the old ledger is kept beside the restored ledger
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Fails if a daemon runs, a ledger exists and `--force` was not given, or the file is not an intact ledger.
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let _lock = UpLock::take(&workspace.state)?;
        let to = workspace.state.ledger();
        let was_there = to.symlink_metadata().is_ok();
        let keep_as = self.force.then(|| free_name(&to, Timestamp::now()));
        let tip = restore::restore(&self.file, &to, keep_as.as_deref())?;
        head::restored(&workspace)?;
        let restored = ledger::events(tip.events);
        output::print(&format!("restored from {}: {restored}, head {}\n", self.file.display(), tip.head));
        if let Some(kept) = keep_as.filter(|_| was_there) {
            output::note(&format!("the previous ledger is {}", kept.display()));
        }
        Ok(Code::Good)
    }
}

/// A free name for the old ledger: with the time of the restore, and a number if necessary.
fn free_name(ledger: &Path, now: Timestamp) -> PathBuf {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let name = |number: String| PathBuf::from(format!("{}.before-restore-{stamp}{number}", ledger.display()));
    let names = std::iter::once(name(String::new())).chain((2_u32..).map(|number| name(format!("-{number}"))));
    names.into_iter().find(|name| name.symlink_metadata().is_err()).unwrap_or_else(|| name("-0".to_owned()))
}
