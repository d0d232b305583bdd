//! The catalog: music tables that all plugins share, in a separate file (`catalog.db`).
//!
//! The tables and the views for writing are in `migrations/`: plugins write through views whose triggers keep the tables
//! consistent, and [`library`] uses the same views. This crate creates and migrates the file, and reads it for people.

#![expect(missing_docs, reason = "a field has no comment where its name and type say what it is")]

mod decide;
mod error;
mod files;
mod find;
pub mod library;
mod open;
mod ranks;
mod review;
mod search;
mod show;
mod stats;
#[cfg(test)]
mod tests;
mod track;

pub use decide::Decisions;
pub use error::CatalogError;
pub use files::LocatedFile;
pub use find::FoundTracks;
pub use open::{Catalog, prepare};
pub use ranks::{FieldRank, rank, rank_field};
pub use review::{ReviewQuestion, ReviewSubject};
pub use search::SearchHit;
pub use show::{ExternalId, Fact, File, Play, PlaylistPlace, TrackDetails};
pub use stats::{NamedCount, Stats};
pub use track::KnownTrack;
