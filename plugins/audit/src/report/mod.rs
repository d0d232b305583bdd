//! The report of an audit: one set of data, written in several forms for people and for programs.
//!
//! `model` is the data, `assemble` fills it from verdicts, `parts` has the results of the other parts of the audit,
//! `findings` has the findings of the contract. `pages` makes a `document` of the data, which `markdown` and `html` write;
//! `sarif` and `junit` write the data itself; `render` makes files. `follow_up`, `outbox` and `session` are separate
//! reports. The modules use no clock and no disk: the same data gives the same bytes.

mod artifact;
mod assemble;
mod document;
pub(crate) mod escape;
mod findings;
mod follow_up;
mod gravest;
mod html;
mod junit;
mod markdown;
mod model;
mod outbox;
mod pages;
mod parts;
mod render;
mod rules;
mod sarif;
mod session;
mod thin;
mod wording;

pub use artifact::{Artifact, Form};
pub use assemble::{Assembly, Audited};
pub use document::{Document, Field, Section};
pub use findings::Gap;
pub use follow_up::follow_up;
pub use gravest::Gravest;
pub use html::write as html;
pub use markdown::write as markdown;
pub use model::{
    Component, ExpectedSize, FieldLine, FolderLine, MentionLine, PlanReport, ReferenceRow, Report, Row, SCHEMA, Stamp,
};
pub use outbox::issues;
pub use pages::document;
pub use parts::{FollowUp, FollowUpState, LastReport, Part, Parts};
pub use render::{render, render_all};
pub use session::{health_document, separate, session_document};
