//! Lists a source, whatever its kind.

use std::io;

use super::{Item, ListingRequest, SourceKind, SourceListing, SourceRoot, eagle, folder};

/// Lists a place: hands every audio item to `take`, in an order that is the same each time.
///
/// # Errors
/// When the place cannot be reached; then nothing is known of any item.
pub fn walk(place: &SourceRoot, asked: &ListingRequest<'_>, take: &mut dyn FnMut(Item)) -> io::Result<SourceListing> {
    let device = place.reach()?.device;
    match place.kind {
        SourceKind::Folder => Ok(folder::walk(&place.path, device, asked, take)),
        SourceKind::Eagle => eagle::walk(&place.path, device, asked, take),
    }
}
