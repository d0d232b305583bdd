//! Whether the system reports every change in a folder. On a network file system it reports only what this machine changes.

use std::path::Path;

/// File systems whose files other machines, or other systems on this one, change without a report: NFS, SMB1, SMB2 and CIFS,
/// AFS, Ceph, Coda, 9P, FUSE, shares of `VirtualBox` and `VMware`.
#[cfg(target_os = "linux")]
const SHARED: [u32; 12] = [
    0x6969,
    0x517B,
    0xFE53_4D42,
    0xFF53_4D42,
    0x5346_414F,
    0x00C3_6400,
    0x7375_7245,
    0x0102_1997,
    0x6573_5546,
    0x786F_4256,
    0xBACB_ACBC,
    0x6B41_4653,
];

/// Whether every change in `folder` is reported. `false` where that cannot be told.
#[must_use]
pub fn reports_changes(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|system| is_local(&system))
}

#[cfg(target_os = "linux")]
fn is_local(system: &rustix::fs::StatFs) -> bool {
    // The type is a number of 32 bits, whose width and sign differ between platforms.
    let found = i128::from(system.f_type) & 0xFFFF_FFFF;
    !SHARED.iter().any(|shared| found == i128::from(*shared))
}

#[cfg(target_os = "macos")]
fn is_local(system: &rustix::fs::StatFs) -> bool {
    const MNT_LOCAL: u32 = 0x1000;
    system.f_flags & MNT_LOCAL != 0
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn is_local(_: &rustix::fs::StatFs) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_missing_reports_nothing() {
        assert!(!reports_changes(Path::new("/missing/folder")));
    }
}
