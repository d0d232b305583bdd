//! Checks for orphans: temporary files of ended processes, uncaptured files in a plugin's inbox, tasks whose file is missing,
//! reason files without their file, folders and links in inboxes.

use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_core::file_name;
use baton_ledger::{LedgerError, Reader, inspect};

use super::facts::{Facts, or_finding, shell_word};
use super::finding::Finding;
use crate::workspace::leftovers::{Leftover, Places};
use crate::workspace::{ServingProcess, State};

const CHECK: &str = "orphans";

/// After this time a running daemon has scanned every inbox several times.
const CAPTURE_TIME: Duration = Duration::from_mins(5);

/// The suffix of a reason file.
const REASON: &str = ".reason.json";

/// The number of newest archived files that are checked.
const ARCHIVED: u32 = 10_000;

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = non_files(facts);
    findings.extend(reasons_without_file(facts));
    let done = with_ledger(facts);
    let place = facts.state.as_ref().map(|state| facts.display(&state.ledger())).unwrap_or_default();
    findings.extend(or_finding(CHECK, place, done, &facts.baton("ledger verify")));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", "no file is left over and none is missing"));
    }
    findings
}

/// The checks that need the ledger. They are skipped if the ledger exists but cannot be read.
fn with_ledger(facts: &Facts) -> Result<Vec<Finding>, LedgerError> {
    let reader = facts.readable();
    if reader.is_none() && !matches!(facts.ledger, Ok(None)) {
        return Ok(Vec::new());
    }
    let mut findings = leftovers(facts, reader);
    if let Some(reader) = reader {
        findings.extend(unknown(facts, reader)?);
        findings.extend(missing(facts, reader)?);
        findings.extend(deleted_from_archive(facts, reader)?);
    }
    Ok(findings)
}

/// The entries of a folder, by name.
fn entries(folder: &Path) -> Vec<DirEntry> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).collect();
    entries.sort_by_key(DirEntry::file_name);
    entries
}

fn name_of(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

/// The time since the last write; zero for a time in the future.
fn age(entry: &DirEntry) -> Duration {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok()).unwrap_or_default()
}

/// Folders and links in inboxes, which Baton never reads.
fn non_files(facts: &Facts) -> Vec<Finding> {
    let drop_box = facts.root.join("handoffs/01_inbox");
    let inboxes = facts.agents.iter().flat_map(baton_dispatch::Agent::inboxes).chain([drop_box.as_path()]);
    let non_files = inboxes
        .flat_map(entries)
        .filter(|entry| !file_name::is_ignored(&name_of(entry)) && entry.file_type().is_ok_and(|kind| !kind.is_file()));
    non_files
        .map(|entry| {
            let path = entry.path();
            let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let what = if link { "is a link" } else { "is not a regular file" };
            let fix = if link {
                format!("cp --remove-destination \"$(readlink -f {0})\" {0}, or rm {0}", shell_word(&path))
            } else {
                format!("mv {} {}", shell_word(&path), shell_word(&facts.root))
            };
            Finding::warn(CHECK, facts.display(&path), format!("{what} in an inbox, and Baton never reads it"), fix)
        })
        .collect()
}

/// `NAME.reason.json` in `03_failed` without `NAME`.
fn reasons_without_file(facts: &Facts) -> Vec<Finding> {
    let folders =
        facts.agents.iter().flat_map(|agent| agent.homes().map(|home| home.join("03_failed")).collect::<Vec<_>>());
    let reasons = folders.flat_map(|folder| {
        let entries = entries(&folder);
        let names: BTreeSet<String> = entries.iter().map(name_of).collect();
        entries.into_iter().filter(move |entry| is_without_file(&name_of(entry), &names))
    });
    reasons
        .map(|entry| {
            let what = "is a reason file, but its file is missing";
            Finding::warn(CHECK, facts.display(&entry.path()), what, format!("rm {}", shell_word(&entry.path())))
        })
        .collect()
}

/// True if the file of a reason file is missing. If the name of the file was too long, Baton cut it to make room for the
/// suffix. In that case any file whose name begins with the cut name counts as the file.
fn is_without_file(name: &str, names: &BTreeSet<String>) -> bool {
    let Some(of) = name.strip_suffix(REASON) else {
        return false;
    };
    // A cut is at a character boundary, so up to four bytes may be missing.
    let cut = name.len() + 4 > file_name::MAX_NAME_BYTES;
    let begins_alike = |other: &String| cut && !other.ends_with(REASON) && other.starts_with(of);
    !names.contains(of) && !names.iter().any(begins_alike)
}

/// Temporary files of ended processes.
fn leftovers(facts: &Facts, reader: Option<&Reader>) -> Vec<Finding> {
    let state = facts.state.as_ref().ok().map(State::folder);
    let places = Places { root: &facts.root, state, agents: &facts.agents };
    let say = |left: Leftover| {
        let what = if left.removable {
            "is the temporary file of a command that was killed; `baton up` removes it"
        } else {
            "is an unused temporary file"
        };
        Finding::warn(CHECK, facts.display(&left.path), what, format!("rm {}", shell_word(&left.path)))
    };
    places.find(reader, SystemTime::now()).into_iter().map(say).collect()
}

/// Files in plugins' inboxes that are so old that a running daemon would have captured them.
fn unknown(facts: &Facts, reader: &Reader) -> Result<Vec<Finding>, LedgerError> {
    let Ok(ServingProcess::Since(_, since)) = &facts.serving else {
        return Ok(Vec::new());
    };
    if !since.elapsed().is_ok_and(|served| served > CAPTURE_TIME) {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for entry in facts.plugins().flat_map(baton_dispatch::Agent::inboxes).flat_map(entries) {
        let (name, path) = (name_of(&entry), entry.path());
        let waits = entry.file_type().is_ok_and(|kind| kind.is_file()) && !file_name::is_ignored(&name);
        if waits && age(&entry) > CAPTURE_TIME && !inspect::knows_file(reader, &facts.display(&path))? {
            let what = "is in a plugin's inbox, and the daemon has not captured it";
            let fix = format!("touch {}; if it stays there, stop `baton up` and start it again", shell_word(&path));
            findings.push(Finding::warn(CHECK, facts.display(&path), what, fix));
        }
    }
    Ok(findings)
}

/// Waiting tasks whose file is missing.
fn missing(facts: &Facts, reader: &Reader) -> Result<Vec<Finding>, LedgerError> {
    let waiting = inspect::waiting_files(reader)?;
    let deleted = waiting.iter().filter(|recorded| is_deleted(&facts.real(&recorded.file)));
    let say = |recorded: &inspect::RecordedFile| {
        let what = format!("is missing, and task {} waits for it", recorded.task);
        let cancel = facts.baton(&format!("cancel {}", recorded.task));
        Finding::warn(CHECK, recorded.file.clone(), what, format!("{cancel}, or put the file back"))
    };
    Ok(deleted.map(say).collect())
}

/// The number of deleted archived files. Deleting them is allowed, so this is not a problem.
fn deleted_from_archive(facts: &Facts, reader: &Reader) -> Result<Option<Finding>, LedgerError> {
    let archived = inspect::archived_files(reader, ARCHIVED)?;
    let deleted = archived.iter().filter(|recorded| is_deleted(&facts.real(&recorded.file))).count();
    let what = format!("{deleted} archived files were deleted; the ledger keeps their content");
    Ok((deleted > 0).then(|| Finding::ok(CHECK, "handoffs", what)))
}

fn is_deleted(path: &Path) -> bool {
    matches!(path.symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_without_its_file_is_found() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let reason = "a.json.reason.json";
        assert!(is_without_file(reason, &names(&[reason, "b.json"])));
        assert!(!is_without_file(reason, &names(&[reason, "a.json"])));
        assert!(is_without_file(reason, &names(&["a-2.json"])), "a reason file keeps the number of its file");
        assert!(!is_without_file("a-2.json.reason.json", &names(&["a-2.json"])));
        let long = "x".repeat(255);
        let cut = format!("{}.reason.json", &long[..255 - REASON.len()]);
        assert!(!is_without_file(&cut, &names(&[&long])) && is_without_file(&cut, &names(&["x"])));
        assert!(!is_without_file("b.json", &names(&[])));
    }
}
