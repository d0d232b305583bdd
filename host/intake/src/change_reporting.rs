//! Checks whether the system reports every change in a folder. For a network file system, it reports only the changes that
//! this machine makes.

use std::path::Path;

/// File systems that another machine or another system on this machine may change without a report. The values are the
/// numbers of the file systems in `statfs`.
#[cfg(target_os = "linux")]
const SHARED: [u32; 12] = [
    0x6969,      // NFS
    0x517B,      // SMB1
    0xFE53_4D42, // SMB2
    0xFF53_4D42, // CIFS
    0x5346_414F, // OpenAFS
    0x6B41_4653, // AFS of the kernel
    0x00C3_6400, // Ceph
    0x7375_7245, // Coda
    0x0102_1997, // 9P
    0x6573_5546, // FUSE
    0x786F_4256, // shared folders of VirtualBox
    0xBACB_ACBC, // shared folders of VMware
];

/// True if the system reports every change in `folder`; `false` if this is unknown.
#[must_use]
pub fn reports_changes(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|system| is_local(&system))
}

#[cfg(target_os = "linux")]
fn is_local(system: &rustix::fs::StatFs) -> bool {
    // The type of the file system is a number of 32 bits; its Rust type differs between platforms.
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
    fn for_a_missing_folder_changes_are_not_reported() {
        assert!(!reports_changes(Path::new("/missing/folder")));
    }
}
