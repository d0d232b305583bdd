//! The frame of a session review: its header and its footer. `session` writes the part between them.

use super::document::{Document, Field, Section};
use super::escape;
use super::model::Stamp;
use crate::limits;
use crate::page::Cell;

/// A review as a document: its header and footer around sections, which may be another part's own
/// ([`super::sections`] makes them of blocks). `status` is a word with its sign.
#[must_use]
pub fn session_document(name: &str, sections: Vec<Section>, status: &str, stamp: &Stamp) -> Document {
    let day = stamp.long.split(' ').next().unwrap_or_default();
    let reviewer = || Field::new("Reviewer", Cell::text(concat!("audit ", env!("CARGO_PKG_VERSION"))));
    Document {
        title: "Session Review, Audit, and Gap Analysis".to_owned(),
        fields: vec![
            Field::new("Date", Cell::text(day)),
            Field::new("Session", Cell::code(escape::line(name, limits::WORDS_BYTES))),
            Field::new("Session Type", Cell::text("Commits, Handoffs and Their Claims")),
            reviewer(),
        ],
        completion: None,
        sections,
        footer: vec![
            Field::new("Review Completed", Cell::text(&stamp.long)),
            reviewer(),
            Field::new("Status", Cell::text(status)),
        ],
    }
}
