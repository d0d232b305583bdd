//! Lists a source of any kind.

use std::io;

use super::{Item, ListingRequest, SourceKind, SourceListing, SourceRoot, eagle, folder};

/// Lists a source: passes every audio item to `take`, always in the same order. An unreachable source is an error.
pub fn walk(root: &SourceRoot, request: &ListingRequest<'_>, take: &mut dyn FnMut(Item)) -> io::Result<SourceListing> {
    let device = root.volume()?.device;
    match root.kind {
        SourceKind::Folder => Ok(folder::walk(&root.path, device, request, take)),
        SourceKind::Eagle => eagle::walk(&root.path, device, request, take),
    }
}
