//! Fingerprints to where other programs see them: to Eagle's items as a tag ([`eagle`]), and, only when that is asked for,
//! into the files' own tags ([`tags`]).
//!
//! Both say first what they would do and do it only when told to. Both read again what they have written, because the other
//! side is not ours: a server may say that it has saved and has not, a writer of tags may not know a file's form. Doing it
//! again changes nothing, so whatever was cut off is simply begun anew.
//!
//! Nothing here computes a fingerprint; what is told comes from the catalog ([`KnownItem`]).

pub mod eagle;
mod known;
mod mark;
mod merge;
pub mod tags;

pub use known::{Format, Item, KnownItem, known};
pub use mark::Mark;
pub use merge::{MergedTags, merged};
