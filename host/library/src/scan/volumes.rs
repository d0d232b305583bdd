//! The items of each volume that a listing found, and whether the volume's inode numbers are stable.
//!
//! A replaced file has another inode, even with the same size and time; so it is read again. But FAT, exFAT and some
//! network file systems assign new inode numbers at each mount or sooner, and reading a whole library again takes
//! hours. The scan counts the files whose size and time (in nanoseconds) are unchanged. If at least half of them have a
//! different inode, the inode numbers are not stable, or the library was copied with its times. In both cases the
//! content is the same. The scan then does not detect files that were replaced by files of the same size and time;
//! `--verify` reads all files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::ListedState;

use super::Listing;
use crate::source::{Item, Volume, mounted_at, volume_at};

/// Fewer files than this are read again, which takes only seconds.
const MIN_OTHER_INODES: usize = 16;

/// The found items by volume number.
pub(super) type Volumes = BTreeMap<u64, VolumeItems>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VolumeItems {
    pub(super) known: u64,
    /// Items with unchanged size, time and inode.
    same: usize,
    /// The ids of items with unchanged size and time, but another inode.
    pub(super) others: Vec<i64>,
    bytes: u64,
    pub(super) example: Option<PathBuf>,
}

impl VolumeItems {
    /// Counts an existing item of the volume. `known` is its id in the catalog.
    pub(super) fn note(&mut self, item: &Item, state: ListedState, known: Option<i64>) {
        self.known += u64::from(known.is_some());
        if self.example.is_none() {
            self.example = Some(item.path.clone());
        }
        match state {
            ListedState::Unchanged => self.same += 1,
            ListedState::OtherInode => {
                self.others.extend(known);
                self.bytes += item.size;
            }
            ListedState::New | ListedState::Changed | ListedState::Pending | ListedState::Again => {}
        }
    }

    /// True if items with another inode are unchanged files.
    pub(super) const fn are_the_same_files(&self) -> bool {
        self.others.len() >= MIN_OTHER_INODES && self.others.len() >= self.same
    }

    /// Adds the items with another inode to the report.
    pub(super) fn count(&self, listing: &mut Listing) {
        let others = u64::try_from(self.others.len()).unwrap_or(u64::MAX);
        if self.are_the_same_files() {
            listing.unchanged += others;
        } else {
            listing.changed += others;
            listing.bytes += self.bytes;
        }
    }
}

/// A volume that is mounted within a source. If another disk is mounted at the same folder, it may have the same volume
/// number and some equal files.
pub(super) struct Mount {
    /// The path at which it is mounted.
    pub(super) folder: PathBuf,
    pub(super) volume: Volume,
    /// Another volume was mounted there before.
    pub(super) is_other: bool,
}

/// The volumes that are mounted within a source. The folder of the source is on the volume `device`.
pub(super) fn mounts(known: &Catalog, source: i64, volumes: &Volumes, device: u64) -> Result<Vec<Mount>, CatalogError> {
    let before = known.library_mounts(source)?;
    let within = volumes.iter().filter(|(number, _)| **number != device);
    let mount = |(number, seen): (&u64, &VolumeItems)| {
        let folder = mounted_at(seen.example.as_ref()?, *number)?.to_owned();
        let volume = volume_at(&folder).ok()?;
        let is_other = before.iter().any(|(path, known)| *path == folder && !known.is(volume));
        Some(Mount { folder, volume, is_other })
    };
    Ok(within.filter_map(mount).collect())
}
