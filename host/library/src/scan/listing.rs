//! A source is listed into the catalog, piece by piece. What became of what was not seen is `vanished`'s to say.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use baton_ledger::LedgerError;
use baton_ledger::catalog::Catalog;
use baton_ledger::catalog::library::{Known, Library, Source, Standing};
use jiff::Timestamp;

use super::inodes::Inodes;
use super::vanished::{Vanishing, vanish};
use super::{Event, Listing, Options};
use crate::source::{Asked, Item, Place, Walked, walk};

/// Items of one transaction: some milliseconds.
const PIECE: usize = 1_000;

/// Where a listing goes.
pub(super) enum Into<'a> {
    /// Into the catalog.
    Catalog(&'a mut Library),
    /// Nowhere: it is only held against the catalog, where there is one and the source is known. What was seen is kept, eight
    /// bytes an item.
    Nowhere(Vec<i64>),
}

/// A listing under way.
pub(super) struct Lister<'a> {
    /// What is known, for reading.
    pub(super) known: Option<&'a Catalog>,
    /// The source as it is known.
    pub(super) source: Option<&'a Source>,
    pub(super) into: Into<'a>,
    pub(super) others: &'a [PathBuf],
    pub(super) options: &'a Options,
    pub(super) stop: &'a AtomicBool,
    pub(super) now: Timestamp,
    /// Of the source's own volume, and of those within it.
    pub(super) inodes: [Inodes; 2],
}

/// A source that was listed.
pub(super) struct Listed {
    pub(super) listing: Listing,
    /// The volume of its folder, where it was seen to its end.
    pub(super) device: Option<u64>,
}

impl Lister<'_> {
    /// Lists a place.
    ///
    /// # Errors
    /// When the catalog fails. A source that cannot be reached is in the listing that is returned.
    pub(super) fn list(mut self, place: &Place, tell: &mut dyn FnMut(&Event<'_>)) -> Result<Listed, LedgerError> {
        let mut listing = Listing::of(&place.path, place.kind);
        let scan = match (&self.into, self.source) {
            (Into::Catalog(library), Some(source)) => library.begin_listing(source.id)?,
            _ => i64::MAX,
        };
        let walked = self.walk(place, scan, &mut listing, tell)?;
        let mut device = None;
        let failure = match walked {
            Ok(mut walked) => {
                let failure = self.end(place, scan, &mut walked, &mut listing)?;
                device = (failure.is_none() && !walked.stopped).then_some(walked.device);
                (listing.unread, listing.remarks) = (walked.unread, walked.remarks);
                failure
            }
            Err(error) => Some(error.to_string()),
        };
        if let (Some(why), Into::Catalog(library), Some(source)) = (&failure, &self.into, self.source) {
            library.unreachable(source.id, why, self.now)?;
        }
        listing.failure = failure;
        tell(&Event::Listed(&listing));
        Ok(Listed { listing, device })
    }

    fn walk(
        &mut self,
        place: &Place,
        scan: i64,
        listing: &mut Listing,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<std::io::Result<Walked>, LedgerError> {
        let (known, source) = (self.known, self.source);
        // What the catalog does not answer is looked at anew.
        let look_up =
            |key: &OsStr| -> Option<Known> { known.zip(source).and_then(|(it, of)| it.library_item(of.id, key).ok()?) };
        let asked = Asked { others: self.others, known: &look_up, stop: self.stop };
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

    fn take(&mut self, scan: i64, piece: &[Item], listing: &mut Listing) -> Result<(), LedgerError> {
        let (known, retry, now) = (self.known.zip(self.source), self.options.retry, self.now);
        let standings = match (&mut self.into, self.source) {
            (Into::Catalog(library), Some(source)) => library.list(source.id, scan, piece, retry, now)?,
            (Into::Nowhere(seen), _) => {
                let one = |item: &Item| {
                    let known = known.map(|(known, of)| known.library_item(of.id, &item.key)).transpose()?.flatten();
                    seen.extend(known.as_ref().map(|known| known.id));
                    Ok(Standing::of(item, known.as_ref(), retry))
                };
                piece.iter().map(one).collect::<Result<Vec<_>, LedgerError>>()?
            }
            (Into::Catalog(_), None) => Vec::new(),
        };
        for (item, standing) in piece.iter().zip(standings) {
            self.count(listing, item, standing);
        }
        Ok(())
    }

    fn count(&mut self, listing: &mut Listing, item: &Item, standing: Standing) {
        listing.items += 1;
        // What is not there is known to have failed without being read.
        if item.absent.is_some() {
            listing.unchanged += 1;
            return;
        }
        let [own, mounted] = &mut self.inodes;
        let inodes = if item.mounted { mounted } else { own };
        match standing {
            Standing::New => listing.new += 1,
            Standing::Changed => listing.changed += 1,
            Standing::Pending => listing.pending += 1,
            Standing::Again => listing.again += 1,
            Standing::Unchanged => {
                listing.unchanged += 1;
                inodes.same += 1;
            }
            Standing::OtherInode => {
                inodes.others += 1;
                inodes.bytes += item.size;
            }
        }
        if standing.is_read() {
            listing.bytes += item.size;
        }
    }

    /// Ends what is open of the inodes. A part of a listing says nothing about them.
    fn settle_inodes(&self, source: &Source, scan: i64) -> Result<(), LedgerError> {
        let Into::Catalog(library) = &self.into else {
            return Ok(());
        };
        for (inodes, mounted) in self.inodes.iter().zip([false, true]) {
            library.settle_inodes(source.id, scan, mounted, inodes.are_the_same_files())?;
        }
        Ok(())
    }

    /// Ends it: what is open of the inodes, and what was not seen. The reason why nothing can be said, if so.
    fn end(
        &mut self,
        place: &Place,
        scan: i64,
        walked: &mut Walked,
        listing: &mut Listing,
    ) -> Result<Option<String>, LedgerError> {
        self.inodes.iter().for_each(|inodes| inodes.count(listing));
        let volume = match place.reach() {
            Err(error) => return Ok(Some(error.to_string())),
            Ok(volume) if volume.device != walked.device => {
                return Ok(Some("another volume lies there than when its listing began".to_owned()));
            }
            Ok(volume) => volume,
        };
        let (Some((known, source)), false) = (self.known.zip(self.source), walked.stopped) else {
            return Ok(None);
        };
        self.settle_inodes(source, scan)?;
        let mut vanished = known.library_vanished(source.id, scan)?;
        if let Into::Nowhere(seen) = &mut self.into {
            seen.sort_unstable();
            vanished.retain(|item| seen.binary_search(&item.id).is_err());
        }
        let asked = Vanishing {
            source,
            volume,
            vanished: &vanished,
            is_gone: self.options.gone,
            is_emptied: self.options.emptied,
        };
        let gone = match vanish(&asked, walked, listing) {
            Ok(gone) => gone,
            Err(why) => return Ok(Some(why)),
        };
        if let Into::Catalog(library) = &mut self.into {
            library.end_listing(source.id, &gone.items, self.now)?;
            if gone.is_sure {
                library.lies_on(source.id, volume)?;
            }
        }
        Ok(None)
    }
}
