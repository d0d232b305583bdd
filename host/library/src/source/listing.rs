//! What a listing of a source needs, and what it reports beside the items.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::KnownItem;

/// Parts that could not be read and remarks of which the text is kept; of more only that there were more.
const KEPT: usize = 200;

/// What a listing needs beside the place.
pub struct ListingRequest<'a> {
    /// Folders that are sources of their own and left out here.
    pub others: &'a [PathBuf],
    /// What is known of an item already.
    pub known: &'a dyn Fn(&OsStr) -> Option<KnownItem>,
    /// Ends it in the middle.
    pub stop: &'a AtomicBool,
}

/// A part of a source that could not be read: what was known of it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPart {
    /// The folder or file.
    pub path: PathBuf,
    /// The system's reason.
    pub why: String,
}

/// What a listing saw beside the items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceListing {
    /// The volume of the source's folder.
    pub device: u64,
    /// Parts that could not be read.
    pub unread: Vec<UnreadPart>,
    /// What else a person should know: a wrong ignore rule, a broken index.
    pub remarks: Vec<String>,
    /// Whether there were more parts than are kept, so that nothing is known of any.
    pub many: bool,
    /// Whether it was ended in the middle, so that nothing is known of what was not seen.
    pub stopped: bool,
}

impl SourceListing {
    pub(super) fn on(device: u64) -> Self {
        Self { device, ..Self::default() }
    }

    /// Whether it is to end here.
    pub(super) fn ends(&mut self, asked: &ListingRequest<'_>) -> bool {
        self.stopped = asked.stop.load(Ordering::Relaxed);
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

    /// The parts that could not be read: the source's folder where there are more than are kept.
    pub(crate) fn unread_parts(&self, root: &Path) -> Vec<PathBuf> {
        if self.many { vec![root.to_owned()] } else { self.unread.iter().map(|unread| unread.path.clone()).collect() }
    }

    /// Whether `path` lies in a part that was not read.
    #[must_use]
    pub fn missed(&self, path: &Path) -> bool {
        self.many || self.unread.iter().any(|unread| path.starts_with(&unread.path))
    }
}
