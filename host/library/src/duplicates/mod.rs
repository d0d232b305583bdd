//! What is there twice: files of one recording, grouped, each group with the file that is worth keeping and why.
//!
//! Three kinds of proof, from strong to weak: the same audio packets, the same sound ([`baton_fingerprint`]'s index), and,
//! only where a file has no fingerprint, the same title, artist and length ([`metadata`]). The last is kept apart: it is a
//! question to a person and is in no group.
//!
//! Versions are not duplicates: two files that sound alike and differ in length, in speed, in ten seconds of their sound (an edit) or
//! in what their titles say (remix, edit, live, instrumental …) are listed as [`Versions`] and never suggested for anything. So are
//! those of which it is not certain that they are copies ([`Difference::Review`]). Nothing here deletes, moves or writes a file.

mod away;
mod better;
mod classes;
mod find;
mod groups;
mod item;
mod links;
mod listen;
mod metadata;
mod proof;
mod versions;
mod whole;

pub use away::Away;
pub use better::Points;
pub use find::{Duplicates, Ear, Heard, Wanted, find};
pub use groups::{Group, Other};
pub use item::{Item, Lossless};
pub use listen::listen;
pub(crate) use metadata::track as called;
pub use metadata::{Likely, THRESHOLD};
pub use proof::{Alike, Pair, Proof};
pub(crate) use versions::difference;
pub use versions::{Difference, Doubt, Versions};
pub use whole::{Whole, WholePrints};
pub(crate) use whole::{compare, play_on};
