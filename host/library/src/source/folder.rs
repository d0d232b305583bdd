//! A folder and everything below it.
//!
//! The listing skips hidden files and folders, names that match `.batonignore` (the rules of `.gitignore`), folders of systems
//! and devices, and Eagle libraries and other sources, which are listed separately. Symbolic links are not followed: their
//! targets are outside of the folder, or are listed anyway.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::root::{is_eagle, mtime_ns, volume_of};
use super::{Item, ListingRequest, SourceListing, is_audio};

/// The file with ignore rules for its folder and all folders below.
const RULES: &str = ".batonignore";

/// Folders of systems and devices. They contain no music of the user.
const SYSTEM: [&str; 5] = ["$RECYCLE.BIN", "@eaDir", "System Volume Information", "__MACOSX", "lost+found"];

pub(super) fn walk(
    root: &Path,
    device: u64,
    request: &ListingRequest<'_>,
    take: &mut dyn FnMut(Item),
) -> SourceListing {
    let mut walked = SourceListing::new(device);
    for entry in walker(root, request.others).build() {
        if walked.must_stop(request) {
            break;
        }
        match entry {
            Ok(entry) => visit(root, &entry, &mut walked, take),
            Err(error) => record_failure(root, &error, &mut walked),
        }
    }
    walked
}

fn walker(root: &Path, others: &[PathBuf]) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    let (top, others) = (root.to_owned(), others.to_vec());
    builder
        .standard_filters(false)
        .hidden(true)
        .follow_links(false)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| entry.path() == top || !is_left_out(entry, &others))
        .add_custom_ignore_filename(RULES);
    builder
}

fn is_left_out(entry: &DirEntry, others: &[PathBuf]) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let path = entry.path();
    is_folder
        && (SYSTEM.iter().any(|name| OsStr::new(name) == entry.file_name())
            || others.iter().any(|other| other == path)
            || is_eagle(path))
}

fn visit(root: &Path, entry: &DirEntry, walked: &mut SourceListing, take: &mut dyn FnMut(Item)) {
    if let Some(error) = entry.error() {
        walked.remark(error.to_string());
    }
    let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
    if !is_file || !is_audio(entry.path()) {
        return;
    }
    match entry.metadata() {
        Ok(metadata) => take(item(root, entry.path(), &metadata, walked.device)),
        Err(error) => walked.unread(entry.path(), &error),
    }
}

fn item(root: &Path, path: &Path, metadata: &Metadata, device: u64) -> Item {
    let volume = volume_of(path, metadata, device);
    Item {
        key: path.strip_prefix(root).unwrap_or(path).as_os_str().to_owned(),
        path: path.to_owned(),
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        stamp: None,
        size: metadata.len(),
        mtime_ns: mtime_ns(metadata),
        inode: metadata.ino(),
        volume,
        mounted: volume != device,
        absent: None,
    }
}

/// Records what could not be read: the path that the error names, else the whole source.
fn record_failure(root: &Path, error: &ignore::Error, walked: &mut SourceListing) {
    let mut part = error;
    let path = loop {
        match part {
            ignore::Error::WithPath { path, .. } => break path.as_path(),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => part = err,
            _ => break root,
        }
    };
    walked.unread(path, error);
}
