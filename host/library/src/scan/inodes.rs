//! Whether the inodes of a volume last.
//!
//! A file that was put in the place of another has another inode, also where its size and time are the same; so it is read. But
//! FAT, exFAT and some network folders number their files anew each time they are mounted, or sooner, and reading a
//! whole library again for that takes hours. Where as many files have another inode as have the same one, all with their
//! size and their time to the nanosecond, either the numbers do not last, or the whole library was copied to another place
//! with its times. In both cases the bytes are the same. That many files were replaced by others of the same size and time
//! at once is not thought of; `--verify` reads all.

use super::Listing;

/// Fewer files than this are read again: it takes seconds, and proves it.
const FEW: u64 = 16;

/// Items of one volume that have the size and time that they had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Inodes {
    /// With the same inode.
    pub(super) same: u64,
    /// With another one.
    pub(super) others: u64,
    /// The bytes of these.
    pub(super) bytes: u64,
}

impl Inodes {
    /// Whether those with another inode are the files that they were.
    pub(super) const fn are_the_same_files(self) -> bool {
        self.others >= FEW && self.others >= self.same
    }

    /// Counts those with another inode as what they are.
    pub(super) const fn count(self, listing: &mut Listing) {
        if self.are_the_same_files() {
            listing.unchanged += self.others;
        } else {
            listing.changed += self.others;
            listing.bytes += self.bytes;
        }
    }
}
