//! Look-up: what in the library sounds like given fingerprints.
//!
//! Unlike the search for duplicates this holds no library in memory: the few that are asked for are indexed, and the library's
//! fingerprints are led past them once, whatever their number. So a look-up needs no index that would have to be kept, and
//! sees what is written down at that moment.
//!
//! What is found is judged as duplicates are: the same sound with another length, speed or version word is not a copy.

mod find;
mod query;

#[cfg(test)]
mod tests;

pub use find::{Match, look_up};
pub use query::LookupQuery;
