//! Duplicates: groups of files of one recording. Each group names the file to keep and the reasons.
//!
//! There are three kinds of proof, from strong to weak: the same audio packets, similar fingerprints
//! ([`baton_fingerprint`]'s index), and the same title, artist and length ([`metadata`]). The third proof is used only if a
//! file has no fingerprint. It never makes a group: reports show it as a question to a person.
//!
//! Versions are not duplicates. Two similar files are [`Versions`] if they differ in length, in speed, in ten seconds of
//! their sound (an edit) or in the version words of their titles (remix, edit, live, instrumental …). Pairs that may or may
//! not be copies ([`Difference::Review`]) are also listed as [`Versions`]. No file of such a pair is suggested for removal.
//! Nothing here deletes, moves or writes a file.

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
mod whole_files;

pub use compare_sounds::find_similar;
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
pub use whole_files::{WholePrints, WholePrintsFn};
pub(crate) use whole_files::{compare, exceeds_fingerprinted_part};
