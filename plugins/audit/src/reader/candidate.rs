//! A path in a plan: `observe` finds it, and `collect` assigns its role.

use super::features::Features;
use super::lexer::Token;
use crate::plan::Sighting;

/// A path in a plan without a role.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) sighting: Sighting,
    pub(crate) features: Features,
    /// The position of its line; `None` for a row of a tree.
    pub(crate) line: Option<usize>,
    pub(crate) token: Option<Token>,
    /// The path never counts as promised, regardless of its features.
    pub(crate) barred: bool,
    /// The column of the table in which it is.
    pub(crate) column: Option<usize>,
}
