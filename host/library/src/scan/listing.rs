//! A source is listed into the catalog, piece by piece; what was there and was not seen is missing, unless nothing could be
//! known of it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use baton_ledger::LedgerError;
use baton_ledger::catalog::Catalog;
use baton_ledger::catalog::library::{Known, Library, Source, Standing, Vanished};
use jiff::Timestamp;

use super::{Event, Listing, Options};
use crate::source::{Asked, Item, Place, Walked, walk};

/// Items of one transaction: some milliseconds.
const PIECE: usize = 1_000;

/// Where a listing goes.
pub(super) enum Into<'a> {
    /// Into the catalog.
    Catalog(&'a mut Library, &'a Source),
    /// Nowhere: it is only held against the catalog, where there is one and the source is known.
    Nowhere(Option<i64>),
}

/// A listing under way.
pub(super) struct Lister<'a> {
    /// What is known, for reading.
    pub(super) known: Option<&'a Catalog>,
    pub(super) into: Into<'a>,
    pub(super) others: &'a [PathBuf],
    pub(super) options: &'a Options,
    pub(super) now: Timestamp,
}

impl Lister<'_> {
    /// Lists a place.
    ///
    /// # Errors
    /// When the catalog fails. A source that cannot be reached is in the listing that is returned.
    pub(super) fn list(mut self, place: &Place, tell: &mut dyn FnMut(&Event<'_>)) -> Result<Listing, LedgerError> {
        let mut listing = Listing::of(&place.path, place.kind);
        let scan = match &self.into {
            Into::Catalog(library, source) => library.begin_listing(source.id)?,
            Into::Nowhere(_) => 0,
        };
        let walked = self.walk(place, scan, &mut listing, tell)?;
        let failure = match &walked {
            Ok(walked) => self.end(place, scan, walked, &mut listing)?,
            Err(error) => Some(error.to_string()),
        };
        if let Ok(walked) = walked {
            (listing.unread, listing.remarks) = (walked.unread, walked.remarks);
        }
        if let (Some(why), Into::Catalog(library, source)) = (&failure, &self.into) {
            library.unreachable(source.id, why, self.now)?;
        }
        listing.failure = failure;
        tell(&Event::Listed(&listing));
        Ok(listing)
    }

    fn walk(
        &mut self,
        place: &Place,
        scan: i64,
        listing: &mut Listing,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<std::io::Result<Walked>, LedgerError> {
        let (known, source) = (self.known, self.source());
        // What the catalog does not answer is looked at anew.
        let look_up =
            |key: &OsStr| -> Option<Known> { known.zip(source).and_then(|(it, id)| it.library_item(id, key).ok()?) };
        let asked = Asked { others: self.others, known: &look_up };
        let (mut piece, mut failed) = (Vec::with_capacity(PIECE), None);
        let walked = walk(place, &asked, &mut |item| {
            piece.push(item);
            if piece.len() == PIECE && failed.is_none() {
                failed = self.take(scan, &piece, listing).err();
                piece.clear();
                tell(&Event::Listing { source: &place.path, items: listing.items });
            }
        });
        match failed {
            Some(error) => Err(error),
            None => self.take(scan, &piece, listing).map(|()| walked),
        }
    }

    fn source(&self) -> Option<i64> {
        match &self.into {
            Into::Catalog(_, source) => Some(source.id),
            Into::Nowhere(source) => *source,
        }
    }

    fn take(&mut self, scan: i64, piece: &[Item], listing: &mut Listing) -> Result<(), LedgerError> {
        let (known, retry) = (self.known, self.options.retry);
        let standings = match &mut self.into {
            Into::Catalog(library, source) => library.list(source.id, scan, piece, retry, self.now)?,
            Into::Nowhere(source) => {
                let one = |item: &Item| {
                    let known = known.zip(*source).map(|(known, id)| known.library_item(id, &item.key)).transpose()?;
                    Ok(Standing::of(item, known.flatten().as_ref(), retry))
                };
                piece.iter().map(one).collect::<Result<Vec<_>, LedgerError>>()?
            }
        };
        for (item, standing) in piece.iter().zip(standings) {
            count(listing, item, standing);
        }
        Ok(())
    }

    /// What was not seen is missing; the reason why nothing can be said, if so.
    fn end(
        &mut self,
        place: &Place,
        scan: i64,
        walked: &Walked,
        listing: &mut Listing,
    ) -> Result<Option<String>, LedgerError> {
        let Into::Catalog(library, source) = &mut self.into else {
            return Ok(None);
        };
        if let Err(error) = place.reach() {
            return Ok(Some(error.to_string()));
        }
        let vanished = library.vanished(source.id, scan)?;
        if listing.items == 0 && !vanished.is_empty() {
            return Ok(Some(format!(
                "nothing is there, where {} items were: its volume may be disconnected; if they are gone for good, \
                 `baton library sources --forget` ends it",
                vanished.len()
            )));
        }
        let is_gone = |item: &&Vanished| !walked.missed(&item.path) && !is_unmounted(item, walked.device);
        let gone: Vec<i64> = vanished.iter().filter(is_gone).map(|item| item.id).collect();
        listing.missing = size(gone.len());
        listing.kept = size(vanished.len() - gone.len());
        library.end_listing(source.id, &gone, self.now)?;
        Ok(None)
    }
}

/// Whether an item lay on a volume of its own, and where that was is the source's own now.
fn is_unmounted(item: &Vanished, device: u64) -> bool {
    let nearest = item.path.ancestors().skip(1).find_map(|folder| fs::metadata(folder).ok());
    item.mounted && nearest.is_none_or(|folder| folder.dev() == device)
}

fn count(listing: &mut Listing, item: &Item, standing: Standing) {
    listing.items += 1;
    // What is not there is known to have failed without being read.
    if item.absent.is_some() {
        listing.unchanged += 1;
        return;
    }
    match standing {
        Standing::New => listing.new += 1,
        Standing::Changed => listing.changed += 1,
        Standing::Pending => listing.pending += 1,
        Standing::Again => listing.again += 1,
        Standing::Unchanged => listing.unchanged += 1,
    }
    if standing.is_read() {
        listing.bytes += item.size;
    }
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
