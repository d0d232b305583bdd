//! The result of an installation as text: for the terminal, the log and the ledger.

use baton_core::grants::grant_command;
use baton_core::shell::words;
use baton_core::text::one_line;
use baton_registry::history::HistoryEntry;
use baton_registry::{Change, InstallResult, signer};

/// Some lines, with the commands for the next step.
pub(crate) fn describe(done: &InstallResult) -> String {
    let InstallResult { name, digest, beyond, grants, holder, key, .. } = done;
    let (version, short) = (one_line(&done.version), digest.short(16));
    let requested = words(beyond);
    let goes: String = done.destinations.iter().map(|line| format!("\n  {line}")).collect();
    if let Some(holder) = holder.as_ref().filter(|_| done.change == Change::NeedsApproval) {
        let asks = if beyond.is_empty() { String::new() } else { format!("\nit asks for: {requested}{goes}") };
        let who = signer(key.as_deref());
        return format!(
            "WARNING: {name} {version} (sha256:{short}, {who}) has the name of another plugin: `{name}` belongs to \
             {holder}{asks}\nnothing was replaced; to replace it by this package: \
             baton plugin approve {name}@{short} --replace {name}"
        );
    }
    match done.change {
        Change::Nothing => format!("{name} {version} (sha256:{short}) is installed already"),
        Change::Updated => format!("{name} is now {version} (sha256:{short}); it keeps its grants"),
        Change::Installed if beyond.is_empty() => format!("{name} {version} (sha256:{short}) is installed"),
        Change::Installed => format!(
            "{name} {version} (sha256:{short}) is installed; it asks for: {requested}{goes}\nallow it with: {}",
            grant_command(name, beyond)
        ),
        Change::NeedsApproval => {
            let asks = if beyond.is_empty() { String::new() } else { format!("; it asks for: {requested}{goes}") };
            let does: String = done.does.iter().map(|line| format!("\n  + {line}")).collect();
            let lost = if grants.is_empty() {
                String::new()
            } else {
                format!(
                    "\nthe previous revision runs until then; --keep-grants also gives the new revision: {}",
                    words(grants)
                )
            };
            format!(
                "{name} {version} (sha256:{short}) waits for approval{asks}{does}\nallow it with: baton plugin approve {name}@{short}{lost}"
            )
        }
    }
}

/// The entry for the ledger.
pub(crate) fn history_entry(done: &InstallResult, from: &str) -> HistoryEntry {
    let action = match done.change {
        Change::Nothing => "seen",
        Change::Installed => "installed",
        Change::Updated => "updated",
        Change::NeedsApproval => "held",
    };
    let held = done.holder.as_ref().map(|holder| format!("; the name belongs to {holder}"));
    let reason = format!("{} from {from}{}", done.version, held.unwrap_or_default());
    HistoryEntry { plugin: done.name.clone(), action, reason, digest: done.digest.to_string() }
}
