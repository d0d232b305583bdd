//! The reports besides the audit report: the session review and the health report. Each has a header and a footer around the
//! sections of other modules.

use serde::Serialize;

use super::artifact::{Artifact, json};
use super::document::{Document, Field, Section};
use super::model::Stamp;
use super::{Gap, escape, html, markdown};
use crate::limits;
use crate::page::{Block, Cell, Table};

/// A review as a document: a header and a footer around its sections. `status` is a sign and a word.
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

/// The health report as a document; the findings come first.
#[must_use]
pub fn health_document(sections: Vec<Section>, findings: &[Gap], status: &str, stamp: &Stamp) -> Document {
    let mut rows = Table::new(&["Finding", "Weight", "Evidence"]);
    for gap in findings {
        rows.row([Cell::text(&gap.title), Cell::text(gap.weight.word()), Cell::text(&gap.evidence)]);
    }
    let none = || Block::Text("None.".to_owned());
    let first = Section::new("Findings", vec![if findings.is_empty() { none() } else { Block::Table(rows) }]);
    Document {
        title: "System Health".to_owned(),
        fields: vec![
            Field::new("Date", Cell::text(&stamp.long)),
            Field::new("Agent", Cell::text(concat!("audit ", env!("CARGO_PKG_VERSION")))),
        ],
        completion: None,
        sections: std::iter::once(first).chain(sections).collect(),
        footer: vec![Field::new("Status", Cell::text(status))],
    }
}

/// The files of a separate report: Markdown, HTML and JSON.
///
/// # Errors
/// When `data` cannot be written as JSON.
pub fn separate(name: &str, mut document: Document, data: &impl Serialize) -> Result<Vec<Artifact>, serde_json::Error> {
    document.cut(limits::ROWS);
    let file = |ending: &str, media_type, bytes| Artifact { name: format!("{name}.{ending}"), media_type, bytes };
    Ok(vec![
        file("md", "text/markdown", markdown(&document).into_bytes()),
        file("html", "text/html", html(&document).into_bytes()),
        file("json", "application/json", json(data)?),
    ])
}
