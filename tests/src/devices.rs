//! Device files in an ordinary folder, for tests of which files may be opened.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::{Skipped, skip};

/// Name, major and minor number of character devices that every Linux has in `/dev`.
const DEVICES: [(&str, u32, u32); 5] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("tty", 5, 0)];

/// Creates `folder` with the devices `null`, `zero`, `full`, `random` and `tty`.
///
/// # Errors
/// When this user may not create device files.
pub fn make_devices(folder: &Path) -> Result<(), Skipped> {
    let mode = Mode::from_raw_mode(0o666);
    let make = |(name, major, minor): (&str, u32, u32)| {
        Ok(mknodat(CWD, folder.join(name), FileType::CharacterDevice, mode, makedev(major, minor))?)
    };
    fs::create_dir(folder)
        .and_then(|()| DEVICES.into_iter().try_for_each(make))
        .map_err(|error| skip(format!("this user may not create device files ({error})")))
}
