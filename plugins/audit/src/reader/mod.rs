//! Reads a plan's text and finds what it promises.
//!
//! `structure` reads the lines with their headings and labels; `lexer` finds every path of a line, and `tree` finds the
//! paths of drawn trees. `features` describes each path and `model` computes how likely it is promised; `collect` builds the
//! plan. Nothing here reads a disk, and the time of every reader is linear in the length of the text.

mod after;
mod barred;
mod before;
mod candidate;
mod collect;
mod columns;
mod context;
mod endings;
mod features;
mod fields;
mod foreign;
mod front_files;
mod heading;
mod identifiers;
mod keys;
mod lexer;
mod marks;
mod model;
pub(crate) mod names;
mod observe;
mod placeholders;
mod reports;
mod rows;
mod seen;
pub(crate) mod size_assertions;
pub(crate) mod stories;
mod structure;
mod symbols;
mod table;
mod todos;
mod topics;
mod tree;
mod verbs;
mod words;

pub use collect::plan;
pub(crate) use identifiers::{SymbolKind, symbol_statements};
pub use seen::{DocumentWords, SeenPath, seen};
pub(crate) use topics::is_present_state;
pub(crate) use words::is_feature;

/// A path of a plan with its features, for fitting the model.
#[derive(Debug)]
pub struct Observation {
    /// The line, from 1.
    pub line: usize,
    /// The path.
    pub path: String,
    /// Its features.
    pub features: Vec<String>,
    /// The path cannot be promised, regardless of its features.
    pub barred: bool,
}

/// The paths of a text with their features.
#[must_use]
pub fn observations(text: &str) -> Vec<Observation> {
    let text = &*stories::as_markdown(text);
    let document = structure::Document::of(text);
    let rows: Vec<&str> = text.lines().collect();
    let seen = observe::observe(&document, &rows).seen.into_iter();
    let of = |seen: candidate::Candidate| Observation {
        line: seen.sighting.line,
        path: seen.sighting.path,
        features: seen.features.0,
        barred: seen.barred,
    };
    seen.map(of).collect()
}
