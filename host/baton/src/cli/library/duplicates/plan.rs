//! Writes the plan: a file with the suggestions, which `baton library quarantine` carries out.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use baton_library::duplicates::Duplicates;
use serde_json::json;

use super::json::{as_json, unreachable};

/// Writes a new file with the groups that fingerprints prove. Matches by title are left out, because a person must check
/// them.
pub(super) fn write(path: &Path, found: &Duplicates) -> anyhow::Result<()> {
    let (files, bytes) = found.superfluous();
    let plan = json!({
        "schema": 1,
        "kind": "duplicates-plan",
        "made_at": jiff::Timestamp::now().to_string(),
        "note": "nothing was deleted; `keep` is a suggestion. A file is unchanged since the comparison if its SHA-256 is `sha256`.",
        "superfluous": { "files": files, "bytes": bytes },
        "unreachable": unreachable(found),
        "groups": found.groups.iter().map(|group| as_json(found, group)).collect::<Vec<_>>(),
    });
    let made = File::options().write(true).create_new(true).open(path);
    let mut file = match made {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} already exists; give the plan another name", path.display())
        }
        made => made.with_context(|| format!("failed to create {}", path.display()))?,
    };
    file.write_all(format!("{plan:#}\n").as_bytes()).with_context(|| format!("failed to write {}", path.display()))
}
