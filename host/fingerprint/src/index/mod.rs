//! Finds fingerprints that sound alike, from their words alone.
//!
//! `key` says what of a print is looked for, `postings` where it is, `batch` and `sweep` ask for many prints in the order in which
//! that lies in memory, `search` says which prints have enough of it at one shift, `align` how well two agree there, `judge` whether that makes them duplicates,
//! `windows` where copies differ most. On this stand
//! `duplicates` (all against all), `lookup` (one against all) and `groups`.
//!
//! It knows nothing of files, names or lengths: whether two prints that agree are one recording in two files, or the better one
//! is to be kept, is for the library to say.

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
