//! Finds a track among candidates: the same recording, which another program may have named differently.
//!
//! Titles are parsed. [`version()`] reads which recording of a work a title means (remix, edit, live, part …), [`normalise`]
//! folds spelling, and [`Matcher`] finds a track among candidates. It returns [`Decision::Auto`], [`Decision::Review`] or
//! [`Decision::None`], each with its reasons as data.
//!
//! The rules, the most important first (`judge.rs`, `matcher.rs`):
//!
//! 1. Two tracks with the same id of one service are the same track.
//! 2. An equal ISRC counts only with a second signal (title or length). A different ISRC does not count. The reason for
//!    both: labels give one code to several recordings, and several codes to one recording.
//! 3. Otherwise title, artists and length decide together, and the version words must agree. If the lengths are equal, one
//!    name may differ in its spelling or have more words. Otherwise, the album must be the same too. A word that can mean
//!    another recording (the name of a remix, another main artist, a part) never leads to an automatic match.
//! 4. Titles with words in common or in another spelling (a missing letter, another alphabet, the numbers of a work,
//!    "Artist - Title" as a title) lead to a question if artist and length are equal. Names in two alphabets lead to a
//!    question if album and length are equal. Two titles without a common word do not lead to a question: an artist has
//!    several tracks of one length, so the answer to nearly all such questions would be no.
//! 5. If another candidate is nearly as good as the best one, a person decides, unless the two candidates are known to be
//!    the same recording.
//!
//! **A remaster is the same recording.** Its year is read ([`Version::remaster`]) and never compared: the performance is the
//! same, and services replace the original by the remaster under the same id.
//!
//! This crate uses no I/O, no clock, no randomness, and no floating point in comparisons, so the same input gives the same
//! decision on every machine. Memory and time are bounded for any title (`limits.rs`).
//!
//! | file | what |
//! |---|---|
//! | `name.rs` | spelling: case, accents, quotes, brackets, dashes |
//! | `title.rs`, `segment.rs`, `words.rs`, `number.rs` | the parts of a title and the meaning of their words |
//! | `version.rs` | which recording of a work a title means, and whether two are the same |
//! | `romanise.rs`, `work.rs` | other alphabets in Latin letters; the numbers of classical works |
//! | `artists.rs`, `credit.rs`, `composers.rs` | who is credited; whether two credits are of the same people |
//! | `relation.rs`, `compare.rs`, `alike.rs` | the evidence about two tracks |
//! | `judge.rs` | the verdict on that evidence |
//! | `file_name.rs` | additions of programs to a title |
//! | `readings.rs` | other meanings of "Artist - Title", of file names and of brackets with a second name |
//! | `index.rs`, `matcher.rs` | which candidates are compared, and the decision among them |
//! | `duplicates.rs` | all pairs of tracks of one list that are likely the same |

mod alike;
mod artists;
mod compare;
mod composers;
mod credit;
mod duplicates;
mod file_name;
mod index;
mod judge;
mod limits;
mod matcher;
mod name;
mod number;
mod prepared;
mod readings;
mod reason;
mod relation;
mod romanise;
mod segment;
mod title;
mod track;
mod version;
mod words;
mod work;

#[cfg(test)]
mod labelled;
#[cfg(test)]
mod laws;

pub use artists::artists;
pub use duplicates::{SimilarPair, SimilarPairs};
pub use matcher::{Decision, MatchCandidate, Matcher};
pub use name::normalise;
pub use reason::Reason;
pub use relation::{Artists, Length, Titles};
pub use title::version;
pub use track::{Id, Track};
pub use version::{Agreement, Kind, Version, same_version};
