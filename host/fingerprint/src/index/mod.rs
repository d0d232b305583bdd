//! Finds similar fingerprints by their words.
//!
//! `key` selects the keys of a fingerprint, and `postings` indexes them. `batch` and `sweep` look up many fingerprints in
//! the memory order of the index. `search` selects the fingerprints with enough hits at one shift, `align` measures how well
//! two fingerprints agree at this shift, `judge` decides whether they are duplicates, and `windows` finds where copies
//! differ most. `duplicates` (all against all), `lookup` (one against all) and `groups` use these modules.
//!
//! This module does not know files, names or lengths: the library decides whether two similar fingerprints are one recording,
//! and which file to keep.

mod align;
mod batch;
mod duplicates;
mod groups;
mod judge;
mod key;
mod lookup;
mod numbering;
mod postings;
mod prints;
mod search;
mod sweep;
#[cfg(test)]
mod test_data;
mod windows;

pub use align::Alignment;
pub use duplicates::{Pair, duplicates};
pub use groups::{Group, Groups, groups};
pub use judge::IndexMatch;
pub use lookup::{Lookup, SPEEDS};
pub use prints::Prints;
pub use windows::{Windows, windows};
