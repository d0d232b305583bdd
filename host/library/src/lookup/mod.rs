//! Look-up: the items of the library that are similar to given fingerprints.
//!
//! Unlike the search for duplicates, a look-up does not load the library: it indexes the few queries and compares each
//! fingerprint of the library with them. So it needs no persistent index and sees the current catalog.
//!
//! Matches are judged as duplicates are: the same sound with another length, speed or version word is not a copy.

mod find;
mod query;

#[cfg(test)]
mod tests;

pub use find::{Match, look_up};
pub use query::LookupQuery;
