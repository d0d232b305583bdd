//! Finds a track among candidates: the same recording, which another program may have named differently.
//!
//! A title is parsed, not reduced to what two titles share. [`version()`] reads which recording of a work is meant (remix,
//! edit, live, part …), [`normalise`] folds spelling, [`Matcher`] finds a track among candidates and returns
//! [`Decision::Auto`], [`Decision::Review`] or [`Decision::None`], each with its reasons as data.
//!
//! The rules, in the order in which they count (`judge.rs`, `matcher.rs`):
//!
//! 1. A shared id of one service is the same track.
//! 2. An ISRC acquits and does not convict: an equal one counts with a second signal (title or length), another one says
//!    nothing, because labels give one code to several recordings and several codes to one.
//! 3. Else title, artists, and length decide together, and version words must agree. Of two versions with equal length
//!    the words are believed.
//! 4. What people spell in many ways (a letter left out, another alphabet, the numbers of a work, "Artist - Title" as a title) is a
//!    question where artist and length bear it out, never an answer.
//! 5. What is nearly as good as the best makes the decision a person's, unless both are known to be one recording.
//!
//! **A remaster is the same recording.** Its year is read and kept ([`Version::remaster`]) and never compared: the
//! performance is the same, and services replace the one by the other under the same id.
//!
//! Pure: no I/O, no clock, no randomness, no floating point in what is compared; the same input gives the same decision on
//! every machine. Memory and time are bounded whatever a title holds (`limits.rs`).
//!
//! | file | what |
//! |---|---|
//! | `name.rs` | spelling: case, accents, quotes, brackets, dashes |
//! | `title.rs`, `segment.rs`, `words.rs`, `number.rs` | the parts of a title and what their words say |
//! | `version.rs` | which recording of a work, and whether two are the same |
//! | `romanise.rs`, `work.rs` | other alphabets in Latin letters; the numbers of classical works |
//! | `artists.rs`, `credit.rs`, `composers.rs` | who is credited; whether two credits are of the same people |
//! | `relation.rs`, `compare.rs`, `alike.rs` | what two tracks have in common |
//! | `judge.rs` | what that makes of them |
//! | `file_name.rs` | what programs that write files add to a title |
//! | `readings.rs` | what else "Artist - Title" may mean |
//! | `index.rs`, `matcher.rs` | which candidates are looked at, and the decision among them |
//! | `duplicates.rs` | which tracks of one list are likely the same by their names, all pairs of them |

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
