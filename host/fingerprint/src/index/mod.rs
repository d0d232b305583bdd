//! Which of many fingerprints sound alike, from their words alone.
mod align;
mod key;
mod postings;
mod prints;
mod search;
#[doc(hidden)]
pub mod dev { pub use super::align::*; pub use super::postings::*; pub use super::search::*; pub use super::key::*; }
