//! djay's library as data: what its database says, joined, with everything that does not fit as a finding.
//!
//! It is read from a snapshot and never written. djay writes in steps (a play first, where its track lies half a second later), so
//! a part that is missing is no fault: a track without analysis, a play of a track that is not there.
//!
//! | file | what |
//! |---|---|
//! | `place.rs` | where the database is, below the granted folder |
//! | `schema.rs` | whether it is a library of the djay that is known |
//! | `raw.rs` | rows before they are joined |
//! | `read.rs` | rows to records, and the joins |
//! | `records.rs` | objects to records |
//! | `source.rs` | where a track is: files, Apple's library, services |
//! | `playlists.rs` | playlists, from the pages of a view |
//! | `check.rs` | djay's own indexes against what was read |
//! | `model.rs` | the records |
//! | `unread.rs` | why objects cannot be read, counted |

mod check;
mod model;
mod place;
mod playlists;
mod raw;
mod read;
mod records;
mod schema;
mod source;
mod unread;

pub use model::{Item, Library, Play, Playlist, Session, Source, Track};
pub use place::{FoundDatabase, find};
pub use read::read;
pub use schema::MOST_ROWS;
pub use source::source;
