//! What became of a package, in words: for the terminal, the log and the ledger.

use baton_core::shell::words;
use baton_registry::history::Act;
use baton_registry::{Change, Done};

/// One paragraph; the commands that go on are in it.
pub(crate) fn said(done: &Done) -> String {
    let Done { name, version, digest, beyond, grants, .. } = done;
    let short = digest.short(16);
    let asked = words(beyond);
    match done.change {
        Change::Nothing => format!("{name} {version} (sha256:{short}) is installed already"),
        Change::Updated => format!("{name} is {version} (sha256:{short}) now; it keeps its grants"),
        Change::Installed if beyond.is_empty() => format!("{name} {version} (sha256:{short}) is installed"),
        Change::Installed => format!(
            "{name} {version} (sha256:{short}) is installed; it asks for: {asked}\nallow it with: baton plugin grant {name} {asked}"
        ),
        Change::Held => {
            let asks = if beyond.is_empty() { String::new() } else { format!("; it asks for: {asked}") };
            let lost = if grants.is_empty() {
                String::new()
            } else {
                format!("\nthe revision before runs until then; --keep-grants lets the new one have: {}", words(grants))
            };
            format!(
                "{name} {version} (sha256:{short}) waits to be allowed{asks}\nallow it with: baton plugin approve {name}@{short}{lost}"
            )
        }
    }
}

/// The same for the ledger.
pub(crate) fn act(done: &Done, from: &str) -> Act {
    let action = match done.change {
        Change::Nothing => "seen",
        Change::Installed => "installed",
        Change::Updated => "updated",
        Change::Held => "held",
    };
    let reason = format!("{} from {from}", done.version);
    Act { plugin: done.name.clone(), action, reason, digest: done.digest.to_string() }
}
