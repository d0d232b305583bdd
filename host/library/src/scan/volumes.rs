//! What a listing saw of each volume, and whether the inodes of a volume last.
//!
//! A file that was put in the place of another has another inode, also where its size and time are the same; so it is read. But
//! FAT, exFAT and some network folders number their files anew each time they are mounted, or sooner, and reading a
//! whole library again for that takes hours. Where as many files have another inode as have the same one, all with their
//! size and their time to the nanosecond, either the numbers do not last, or the whole library was copied to another place
//! with its times. In both cases the bytes are the same. That many files were replaced by others of the same size and time
//! at once is not thought of; `--verify` reads all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::ListedState;

use super::Listing;
use crate::source::{Item, Volume, mounted_at, volume_at};

/// Fewer files than this are read again: it takes seconds, and proves it.
const FEW: usize = 16;

/// What was seen, by the number of the volume.
pub(super) type Volumes = BTreeMap<u64, OnVolume>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OnVolume {
    pub(super) known: u64,
    /// Those with the size, time and inode that they had.
    same: usize,
    /// The numbers of those with that size and time and another inode.
    pub(super) others: Vec<i64>,
    bytes: u64,
    pub(super) one: Option<PathBuf>,
}

impl OnVolume {
    /// Notes an item of the volume that is there, with the number by which it was known.
    pub(super) fn note(&mut self, item: &Item, standing: ListedState, known: Option<i64>) {
        self.known += u64::from(known.is_some());
        if self.one.is_none() {
            self.one = Some(item.path.clone());
        }
        match standing {
            ListedState::Unchanged => self.same += 1,
            ListedState::OtherInode => {
                self.others.extend(known);
                self.bytes += item.size;
            }
            ListedState::New | ListedState::Changed | ListedState::Pending | ListedState::Again => {}
        }
    }

    /// Whether those with another inode are the files that they were.
    pub(super) const fn are_the_same_files(&self) -> bool {
        self.others.len() >= FEW && self.others.len() >= self.same
    }

    /// Counts those with another inode as what they are.
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

/// A volume that is mounted within a source. Another disk at the same folder may have the number of the first one, and some of its
/// files.
pub(super) struct Mount {
    /// Where it is mounted.
    pub(super) folder: PathBuf,
    pub(super) volume: Volume,
    /// Whether another one was there before.
    pub(super) is_other: bool,
}

/// The volumes that were seen within a source whose folder lies on `device`.
pub(super) fn mounts(known: &Catalog, source: i64, volumes: &Volumes, device: u64) -> Result<Vec<Mount>, CatalogError> {
    let before = known.library_mounts(source)?;
    let within = volumes.iter().filter(|(number, _)| **number != device);
    let mount = |(number, seen): (&u64, &OnVolume)| {
        let folder = mounted_at(seen.one.as_ref()?, *number)?.to_owned();
        let volume = volume_at(&folder).ok()?;
        let is_other = before.iter().any(|(path, known)| *path == folder && !known.is(volume));
        Some(Mount { folder, volume, is_other })
    };
    Ok(within.filter_map(mount).collect())
}
