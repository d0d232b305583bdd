//! Reads djay's library: joins the records of its database and reports inconsistencies as findings.
//!
//! The library is read from a snapshot and never written. djay writes in steps (a play first, the location of its track half a
//! second later). So missing parts, such as a track without analysis or a play of a missing track, are not errors.
//!
//! | file | what |
//! |---|---|
//! | `locate.rs` | the path of the database, below the granted folder |
//! | `schema.rs` | checks that djay's version is supported |
//! | `raw.rs` | the rows of the database, before they are joined to records |
//! | `read.rs` | rows to records, and the joins |
//! | `records.rs` | objects to records |
//! | `source.rs` | the locations of a track: files, Apple's library, services |
//! | `playlists.rs` | playlists, from the pages of a view |
//! | `check.rs` | compares djay's own indexes with the objects |
//! | `model.rs` | the records |
//! | `unreadable.rs` | counts the reasons why objects cannot be read |

mod check;
mod locate;
mod model;
mod playlists;
mod raw;
mod read;
mod records;
mod schema;
mod source;
mod unreadable;

pub use locate::{FoundDatabase, find};
pub use model::{Item, Library, Play, Playlist, Session, Source, Track};
pub use read::read;
pub use schema::MOST_ROWS;
pub use source::source;
