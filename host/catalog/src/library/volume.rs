//! Volumes of sources and of folders within them, and how a disk is recognised.

use std::path::{Path, PathBuf};

use rusqlite::{Row, params};

use super::Library;
use super::column::{self, StoredPath};
use crate::{Catalog, CatalogError};

/// The volume of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The device number while it is mounted. It may change with each mount, and another disk may get the same number.
    pub device: u64,
    /// The id of the file system; 0 if it has none. Many file systems keep it across mounts.
    pub fsid: u64,
    /// The UUID as a number; absent if the system does not report one.
    pub uuid: Option<u128>,
}

impl Volume {
    /// True if this is the same volume as `other`. Compares the UUIDs if both are known, else the ids of the file systems, else
    /// the device numbers.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        if let (Some(one), Some(other)) = (self.uuid, other.uuid) {
            return one == other;
        }
        if self.fsid != 0 && other.fsid != 0 { self.fsid == other.fsid } else { self.device == other.device }
    }

    pub(super) fn text(self) -> Option<String> {
        self.uuid.map(|uuid| format!("{uuid:032x}"))
    }

    /// Reads the columns `device`, `fsid` and `uuid`, starting with column `first`; `None` if nothing is recorded.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Self>> {
        let number = |column: usize| row.get::<_, Option<i64>>(column).map(|number| number.map(i64::cast_unsigned));
        let uuid: Option<String> = row.get(first + 2)?;
        let uuid = uuid.and_then(|uuid| u128::from_str_radix(&uuid, 16).ok());
        let both = number(first)?.zip(number(first + 1)?);
        Ok(both.map(|(device, fsid)| Self { device, fsid, uuid }))
    }
}

impl Catalog {
    /// The volumes that were mounted within a source.
    pub fn library_mounts(&self, source: i64) -> Result<Vec<(PathBuf, Volume)>, CatalogError> {
        let sql = "SELECT path, device, fsid, uuid FROM library_mounts WHERE source = ?1 ORDER BY path";
        let mut select = self.connection.prepare(sql)?;
        let read = |row: &Row<'_>| Ok((PathBuf::from(row.get::<_, StoredPath>(0)?.0), Volume::read(row, 1)?));
        let rows = select.query_map([source], read)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter_map(|(path, volume)| Some((path, volume?))).collect())
    }
}

impl Library {
    /// Records the volume of a source.
    pub fn record_volume(&self, source: i64, volume: Volume) -> Result<(), CatalogError> {
        self.connection.execute(
            "UPDATE library_sources SET device = ?2, fsid = ?3, uuid = ?4 WHERE id = ?1",
            params![source, volume.device.cast_signed(), volume.fsid.cast_signed(), volume.text()],
        )?;
        Ok(())
    }

    /// Records the volume that is mounted at a folder within a source.
    pub fn record_mount(&self, source: i64, folder: &Path, volume: Volume) -> Result<(), CatalogError> {
        self.connection.execute(
            "INSERT INTO library_mounts (source, path, device, fsid, uuid) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (source, path) DO UPDATE SET device = excluded.device, fsid = excluded.fsid, uuid = excluded.uuid",
            params![
                source,
                column::Path(folder.as_os_str()),
                volume.device.cast_signed(),
                volume.fsid.cast_signed(),
                volume.text()
            ],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_recognised_by_the_best_common_id() {
        let volume = |device, fsid, uuid| Volume { device, fsid, uuid };
        let disk = volume(7, 70, Some(700));
        assert!(disk.is(volume(8, 80, Some(700))) && !disk.is(volume(7, 70, Some(701))));
        // The first pair is two disks with the same device number. The second pair is one disk with two device numbers.
        assert!(!disk.is(volume(7, 80, None)) && disk.is(volume(8, 70, None)));
        assert!(volume(7, 0, None).is(disk) && !volume(8, 0, None).is(disk));
    }
}
