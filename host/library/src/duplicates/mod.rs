//! Duplicates: groups of files of one recording, each with the file that is worth keeping and the reasons.
//!
//! Three kinds of proof, from strong to weak: the same audio packets, the same sound ([`baton_fingerprint`]'s index), and,
//! only where a file has no fingerprint, the same title, artist and length ([`metadata`]). The last is kept apart: it is a
//! question to a person and is in no group.
//!
//! Versions are not duplicates: two files that sound alike and differ in length, in speed, in ten seconds of their sound (an edit) or
//! in what their titles say (remix, edit, live, instrumental …) are listed as [`Versions`] and never suggested for anything. So are
//! those of which it is not certain that they are copies ([`Difference::Review`]). Nothing here deletes, moves or writes a file.

mod classes;
mod compare_sounds;
mod find;
mod groups;
mod item;
mod links;
mod metadata;
mod proof;
mod quality;
mod unreachable;
mod versions;
mod whole;

pub use compare_sounds::listen;
pub use find::{CompareFn, CompareResult, DuplicateOptions, Duplicates, find};
pub use groups::{Group, SuperfluousFile};
pub use item::{Item, Lossless};
pub(crate) use metadata::track as called;
pub use metadata::{LikelyPair, THRESHOLD};
pub use proof::{Pair, Proof, Similarity};
pub use quality::QualityScore;
pub use unreachable::UnreachableSource;
pub(crate) use versions::difference;
pub use versions::{Difference, Doubt, Versions};
pub use whole::{WholePrints, WholePrintsFn};
pub(crate) use whole::{compare, play_on};
