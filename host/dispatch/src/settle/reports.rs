//! The reports of an attempt: checks the names that the plugin chose, and finds unused names in `reports/`.

use std::collections::BTreeSet;
use std::path::Path;

use baton_core::text::is_hidden_in_name;
use baton_core::{Digest, file_name};
use baton_ledger::{LedgerError, Tx, outbox};
use baton_sandbox::wit;

/// The first artifact name that is invalid, or that occurs twice.
pub(super) fn bad_name(artifacts: &[wit::Artifact]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    artifacts.iter().map(|artifact| artifact.name.as_str()).find(|name| !is_artifact_name(name) || !seen.insert(*name))
}

fn is_artifact_name(name: &str) -> bool {
    let plain = !name.is_empty() && name.len() <= 200 && !name.starts_with('.');
    plain && !name.chars().any(|c| is_hidden_in_name(c) || matches!(c, '/' | '\\'))
}

/// An artifact with its final name.
pub(super) struct NamedArtifact {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) hash: String,
    /// `None` if a file with this name and the same bytes exists already.
    pub(super) bytes: Option<Vec<u8>>,
}

impl NamedArtifact {
    /// The path of the artifact's file, relative to the workspace.
    pub(super) fn place(&self) -> String {
        format!("reports/{}", self.name)
    }
}

/// Chooses file names in `reports/` for the artifacts of one attempt. If a file with other bytes has one of the plugin's
/// names, on disk or in the outbox, all artifacts of the attempt get the same number in their names, for example `-2`. If a
/// file with the same bytes exists, Baton uses this file as the report.
pub(super) fn name_all(
    tx: &Tx<'_>,
    reports: &Path,
    artifacts: &[wit::Artifact],
) -> Result<Vec<NamedArtifact>, LedgerError> {
    let mut number = 1_u32;
    loop {
        let named: Result<Vec<_>, _> = artifacts.iter().map(|artifact| name(tx, reports, artifact, number)).collect();
        match named?.into_iter().collect::<Option<Vec<NamedArtifact>>>() {
            Some(named) => return Ok(named),
            None => number = number.saturating_add(1),
        }
    }
}

/// The artifact with `number` in its name; `None` if a file with other bytes has that name.
fn name(
    tx: &Tx<'_>,
    reports: &Path,
    artifact: &wit::Artifact,
    number: u32,
) -> Result<Option<NamedArtifact>, LedgerError> {
    let suffix = if number == 1 { String::new() } else { format!("-{number}") };
    let name = file_name::with_insert(&artifact.name, &suffix);
    let hash = Digest::of(&artifact.bytes);
    let path = reports.join(&name);
    let existing = path.symlink_metadata();
    // A file of another size is not read, because this runs in a transaction.
    let same = existing.as_ref().is_ok_and(|file| file.len() == artifact.bytes.len() as u64)
        && baton_intake::hash_file(&path).is_ok_and(|found| found == hash);
    let taken = !same && (existing.is_ok() || outbox::is_reserved(tx, "reports", &name)?);
    let bytes = (!same).then(|| artifact.bytes.clone());
    let named = NamedArtifact { name, media_type: artifact.media_type.clone(), hash: hash.to_string(), bytes };
    Ok((!taken).then_some(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_name_is_never_a_path() {
        for name in ["", "../x", "a/b", ".hidden", "a\\b", "a\0", "a\nb", &"x".repeat(201)] {
            assert!(!is_artifact_name(name), "{name:?}");
        }
        for name in ["\u{202e}dm.a", "a\u{200b}.md", "a\u{3164}.md", "a\u{fe0f}.md", "a\u{e0100}.md", "a\u{2800}.md"] {
            assert!(!is_artifact_name(name), "{name:?}");
        }
        assert!(is_artifact_name("PLANS_AUDIT_REPORT_20260118_101500.md"));
    }
}
