//! The input and the result of a listing, besides the items.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::KnownItem;

/// The maximum number of unread parts and of remarks that are kept. A flag records that there are more.
const KEPT: usize = 200;

/// The input of a listing, besides the source.
pub struct ListingRequest<'a> {
    /// Folders that are separate sources; the listing skips them.
    pub others: &'a [PathBuf],
    /// Returns the catalog's item for a key; `None` if there is none.
    pub known: &'a dyn Fn(&OsStr) -> Option<KnownItem>,
    /// Stops the listing early.
    pub stop: &'a AtomicBool,
}

/// A part of a source that could not be read. The catalog's items of this part do not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPart {
    /// The folder or file.
    pub path: PathBuf,
    /// The system's reason.
    pub why: String,
}

/// The result of a listing, besides the items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceListing {
    /// The volume of the source's folder.
    pub device: u64,
    /// Parts that could not be read.
    pub unread: Vec<UnreadPart>,
    /// Warnings for the operator: a wrong ignore rule, a broken index.
    pub remarks: Vec<String>,
    /// There were more unread parts than are kept, so every part of the source counts as unread.
    pub many: bool,
    /// The listing was stopped early: an item that was not seen may exist.
    pub stopped: bool,
}

impl SourceListing {
    pub(super) fn new(device: u64) -> Self {
        Self { device, ..Self::default() }
    }

    /// True if the listing must stop; records it in the result.
    pub(super) fn must_stop(&mut self, request: &ListingRequest<'_>) -> bool {
        self.stopped = request.stop.load(Ordering::Relaxed);
        self.stopped
    }

    pub(crate) fn unread(&mut self, path: &Path, why: &impl ToString) {
        if self.unread.len() < KEPT {
            self.unread.push(UnreadPart { path: path.to_owned(), why: why.to_string() });
        } else {
            self.many = true;
        }
    }

    pub(crate) fn remark(&mut self, remark: String) {
        if self.remarks.len() < KEPT {
            self.remarks.push(remark);
        }
    }

    /// The parts that could not be read. If there were more than are kept: the source's folder.
    pub(crate) fn unread_parts(&self, root: &Path) -> Vec<PathBuf> {
        if self.many { vec![root.to_owned()] } else { self.unread.iter().map(|unread| unread.path.clone()).collect() }
    }

    /// True if `path` is in a part that was not read.
    #[must_use]
    pub fn is_below_unreadable(&self, path: &Path) -> bool {
        self.many || self.unread.iter().any(|unread| path.starts_with(&unread.path))
    }
}
