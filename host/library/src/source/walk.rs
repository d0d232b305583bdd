//! Lists a source, whatever its kind.

use std::io;

use super::{Item, ListingRequest, SourceKind, SourceListing, SourceRoot, eagle, folder};

/// Lists a source: passes every audio item to `take`, always in the same order.
///
/// # Errors
/// When the source cannot be reached; then nothing is known of any item.
pub fn walk(place: &SourceRoot, asked: &ListingRequest<'_>, take: &mut dyn FnMut(Item)) -> io::Result<SourceListing> {
    let device = place.reach()?.device;
    match place.kind {
        SourceKind::Folder => Ok(folder::walk(&place.path, device, asked, take)),
        SourceKind::Eagle => eagle::walk(&place.path, device, asked, take),
    }
}
