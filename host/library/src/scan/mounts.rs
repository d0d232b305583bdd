//! The volumes that are mounted within a source, held against those that were there before: another disk at a folder may have the
//! number of the first, and some of its files.

use std::path::PathBuf;

use baton_ledger::LedgerError;
use baton_ledger::catalog::Catalog;

use super::volumes::Volumes;
use crate::source::{Volume, mounted_at, volume_at};

/// A volume within a source.
pub(super) struct Mount {
    /// Where it is mounted.
    pub(super) folder: PathBuf,
    pub(super) volume: Volume,
    /// Whether another one was there before.
    pub(super) is_other: bool,
}

/// The volumes that were seen within a source whose folder lies on `device`.
pub(super) fn mounts(known: &Catalog, source: i64, volumes: &Volumes, device: u64) -> Result<Vec<Mount>, LedgerError> {
    let before = known.library_mounts(source)?;
    let within = volumes.iter().filter(|(number, _)| **number != device);
    let mount = |(number, seen): (&u64, &super::volumes::OnVolume)| {
        let folder = mounted_at(seen.one.as_ref()?, *number)?.to_owned();
        let volume = volume_at(&folder).ok()?;
        let is_other = before.iter().any(|(path, known)| *path == folder && !known.is(volume));
        Some(Mount { folder, volume, is_other })
    };
    Ok(within.filter_map(mount).collect())
}
