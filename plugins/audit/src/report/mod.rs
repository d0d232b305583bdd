//! What an audit says: one set of data, written as Markdown for people and as JSON for programs.
//!
//! `model` is the data and the JSON's shape, `assemble` fills it from verdicts, `findings` turns it into the contract's
//! findings, `markdown` writes the phases 0 to 6. No clock and no disk: the same data gives the same bytes.

mod assemble;
mod escape;
pub(crate) mod findings;
mod markdown;
mod model;
mod phases;

pub use assemble::{Assembly, Audited};
pub use findings::Gap;
pub use markdown::markdown;
pub use model::{
    Claimed, Component, FieldLine, FolderLine, MentionLine, PlanReport, ReferenceRow, Report, Row, SCHEMA, Stamp,
};
