//! Lists a source into the catalog, in batches. `missing` decides about known items that were not found.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{ComparedItem, KnownItem, Library, ListedState, Source};
use baton_core::shell::quoted;
use jiff::Timestamp;

use super::missing::{MissingQuery, find_missing};
use super::volumes::{Volumes, mounts};
use super::{Event, Listing, Options};
use crate::source::{Item, ListingRequest, SourceListing, SourceRoot, walk};

/// Items of one transaction: some milliseconds.
const PIECE: usize = 1_000;

/// The destination of the listed items.
pub(super) enum ListingTarget<'a> {
    /// The catalog.
    Catalog(&'a mut Library),
    /// Nothing is written (dry run). Items are only compared with the catalog, if it exists and contains the source.
    Nowhere,
}

pub(super) struct Lister<'a> {
    pub(super) known: Option<&'a Catalog>,
    pub(super) source: Option<&'a Source>,
    pub(super) into: ListingTarget<'a>,
    pub(super) others: &'a [PathBuf],
    pub(super) options: &'a Options,
    pub(super) stop: &'a AtomicBool,
    pub(super) now: Timestamp,
}

/// The progress of a listing.
#[derive(Default)]
struct ListingProgress {
    /// The ids of known items, eight bytes each. Nothing is written for an unchanged item.
    known: Vec<i64>,
    volumes: Volumes,
}

pub(super) struct ListedSource {
    pub(super) listing: Listing,
    /// The volume of the source's folder, if the listing was complete.
    pub(super) device: Option<u64>,
}

impl Lister<'_> {
    pub(super) fn list(
        mut self,
        root: &SourceRoot,
        progress: &mut dyn FnMut(&Event<'_>),
    ) -> Result<ListedSource, CatalogError> {
        let mut listing = Listing::new(&root.path, root.kind);
        let scan = match (&self.into, self.source) {
            (ListingTarget::Catalog(library), Some(source)) => library.begin_listing(source.id)?,
            _ => i64::MAX,
        };
        let mut seen = ListingProgress::default();
        let walked = self.walk(root, scan, &mut listing, &mut seen, progress)?;
        let mut device = None;
        let failure = match walked {
            Ok(mut walked) => {
                let failure = self.end(root, scan, &mut walked, &mut listing, seen)?;
                device = (failure.is_none() && !walked.stopped).then_some(walked.device);
                (listing.unread, listing.remarks) = (walked.unread, walked.remarks);
                failure
            }
            // The operator confirmed that the whole source is deleted.
            Err(error) if self.options.confirm_missing && is_missing(&error) => {
                self.mark_all_missing(scan, &mut listing)?;
                None
            }
            Err(error) if is_missing(&error) => {
                let path = quoted(&root.path.to_string_lossy());
                Some(format!("{error}; if the folder was deleted, run `baton library scan --gone {path}`"))
            }
            Err(error) => Some(error.to_string()),
        };
        if let (Some(why), ListingTarget::Catalog(library), Some(source)) = (&failure, &self.into, self.source) {
            library.record_unreachable(source.id, why, self.now)?;
        }
        listing.failure = failure;
        progress(&Event::Listed(&listing));
        Ok(ListedSource { listing, device })
    }

    fn walk(
        &mut self,
        root: &SourceRoot,
        scan: i64,
        listing: &mut Listing,
        seen: &mut ListingProgress,
        progress: &mut dyn FnMut(&Event<'_>),
    ) -> Result<std::io::Result<SourceListing>, CatalogError> {
        let (known, source) = (self.known, self.source);
        // If the catalog fails for an item, the item is listed as new.
        let look_up = |key: &OsStr| -> Option<KnownItem> {
            known.zip(source).and_then(|(it, of)| it.library_item(of.id, key).ok()?)
        };
        let request = ListingRequest { others: self.others, known: &look_up, stop: self.stop };
        let (mut piece, mut failed) = (Vec::with_capacity(PIECE), None);
        let walked = walk(root, &request, &mut |item| {
            piece.push(item);
            if piece.len() == PIECE && failed.is_none() {
                failed = self.take(scan, &piece, listing, seen).err();
                piece.clear();
                progress(&Event::Listing { source: &root.path, items: listing.items });
            }
        });
        match failed {
            Some(error) => Err(error),
            None => self.take(scan, &piece, listing, seen).map(|()| walked),
        }
    }

    /// Marks all items of a deleted source as missing.
    fn mark_all_missing(&mut self, scan: i64, listing: &mut Listing) -> Result<(), CatalogError> {
        let Some((known, source)) = self.known.zip(self.source) else { return Ok(()) };
        let missing: Vec<i64> =
            known.library_not_found(source.id, scan, &|_| false)?.iter().map(|item| item.id).collect();
        listing.missing = u64::try_from(missing.len()).unwrap_or(u64::MAX);
        if let ListingTarget::Catalog(library) = &mut self.into {
            library.end_listing(source.id, &missing, &[], &[], self.now)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        scan: i64,
        piece: &[Item],
        listing: &mut Listing,
        seen: &mut ListingProgress,
    ) -> Result<(), CatalogError> {
        let (known, retry, now) = (self.known.zip(self.source), self.options.retry, self.now);
        let compared = match (&mut self.into, self.source) {
            (ListingTarget::Catalog(library), Some(source)) => library.list(source.id, scan, piece, retry, now)?,
            (ListingTarget::Nowhere, _) => {
                let one = |item: &Item| {
                    let known = known.map(|(known, of)| known.library_item(of.id, &item.key)).transpose()?.flatten();
                    let state = ListedState::of(item, known.as_ref(), retry);
                    Ok(ComparedItem { state, known: known.map(|known| known.id) })
                };
                piece.iter().map(one).collect::<Result<Vec<_>, CatalogError>>()?
            }
            (ListingTarget::Catalog(_), None) => Vec::new(),
        };
        for (item, ComparedItem { state, known }) in piece.iter().zip(compared) {
            seen.known.extend(known);
            count(listing, item, state);
            if item.absent.is_none() {
                seen.volumes.entry(item.volume).or_default().note(item, state, known);
            }
        }
        Ok(())
    }

    /// Decides whether items with another inode are unchanged files. The caller skips this after a partial listing.
    fn decide_inodes(&mut self, volumes: &Volumes) -> Result<(), CatalogError> {
        if let ListingTarget::Catalog(library) = &mut self.into {
            for volume in volumes.values().filter(|volume| !volume.others.is_empty()) {
                library.decide_inodes(&volume.others, volume.are_the_same_files())?;
            }
        }
        Ok(())
    }

    /// Ends the listing: decides about items with another inode and about items that were not found. Returns the reason if a
    /// decision is not possible.
    fn end(
        &mut self,
        root: &SourceRoot,
        scan: i64,
        walked: &mut SourceListing,
        listing: &mut Listing,
        mut seen: ListingProgress,
    ) -> Result<Option<String>, CatalogError> {
        seen.volumes.values().for_each(|volume| volume.count(listing));
        let volume = match root.volume() {
            Err(error) => return Ok(Some(error.to_string())),
            Ok(volume) if volume.device != walked.device => {
                return Ok(Some("another volume is mounted there since the listing began".to_owned()));
            }
            Ok(volume) => volume,
        };
        let (Some((known, source)), false) = (self.known.zip(self.source), walked.stopped) else {
            return Ok(None);
        };
        self.decide_inodes(&seen.volumes)?;
        seen.known.sort_unstable();
        let not_found = known.library_not_found(source.id, scan, &|id| seen.known.binary_search(&id).is_ok())?;
        let mounts = mounts(known, source.id, &seen.volumes, walked.device)?;
        let query = MissingQuery {
            source,
            volume,
            not_found: &not_found,
            volumes: &seen.volumes,
            mounts: &mounts,
            is_confirmed: self.options.confirm_missing,
            is_emptied: self.options.emptied,
        };
        let missing = match find_missing(&query, walked, listing) {
            Ok(missing) => missing,
            Err(why) => return Ok(Some(why)),
        };
        if let ListingTarget::Catalog(library) = &mut self.into {
            let is_kept = |item: &i64| missing.items.binary_search(item).is_err();
            let kept: Vec<i64> = not_found.iter().map(|item| item.id).filter(is_kept).collect();
            library.end_listing(source.id, &missing.items, &kept, &walked.unread_parts(&root.path), self.now)?;
            if missing.is_sure {
                library.record_volume(source.id, volume)?;
            }
            // Another disk is accepted if no item of the previous disk is missing, or if the operator confirmed it.
            for mount in mounts.iter().filter(|mount| !mount.is_other || listing.kept == 0) {
                library.record_mount(source.id, &mount.folder, mount.volume)?;
            }
        }
        Ok(None)
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn count(listing: &mut Listing, item: &Item, state: ListedState) {
    listing.items += 1;
    // An item whose file is absent is recorded as failed, so there is nothing to read.
    if item.absent.is_some() {
        listing.unchanged += 1;
        return;
    }
    match state {
        ListedState::New => listing.new += 1,
        ListedState::Changed => listing.changed += 1,
        ListedState::Pending => listing.pending += 1,
        ListedState::Again => listing.again += 1,
        ListedState::Unchanged => listing.unchanged += 1,
        // `decide_inodes` decides about these items at the end, for the whole volume.
        ListedState::OtherInode => {}
    }
    if state.is_read() {
        listing.bytes += item.size;
    }
}
