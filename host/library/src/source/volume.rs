//! The identity of a folder's volume.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::statvfs;

use super::Volume;

/// The Linux folder with a link to each block device by its UUID.
const BY_UUID: &str = "/dev/disk/by-uuid";

/// The volume of a folder.
pub(crate) fn volume_at(folder: &Path) -> io::Result<Volume> {
    let device = fs::metadata(folder)?.dev();
    let fsid = statvfs(folder).map_or(0, |volume| volume.f_fsid);
    Ok(Volume { device, fsid, uuid: uuid(device) })
}

/// The UUID of a block device, if the system provides it.
fn uuid(device: u64) -> Option<u128> {
    let mut links = fs::read_dir(BY_UUID).ok()?.filter_map(Result::ok);
    let link = links.find(|link| fs::metadata(link.path()).is_ok_and(|found| found.rdev() == device))?;
    number(link.file_name().to_str()?)
}

/// A UUID as a number. Most file systems have 32 hexadecimal digits, FAT has 8, NTFS 16.
fn number(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    u128::from_str_radix(&digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_of_all_file_systems_are_numbers() {
        assert_eq!(number("00000000-0000-0000-0000-0000000000ff"), Some(255));
        assert_eq!((number("1234-ABCD"), number("01D9F3C2A1B4E5F6")), (Some(0x1234_abcd), Some(0x01d9_f3c2_a1b4_e5f6)));
        assert_eq!((number("x"), number("")), (None, None));
    }

    #[test]
    fn a_folder_is_on_the_volume_of_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        assert!(volume_at(&below).unwrap().is(volume_at(folder.path()).unwrap()));
        assert!(volume_at(&folder.path().join("missing")).is_err());
    }
}
