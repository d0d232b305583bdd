//! A path of a plan, as it is handed from those who find it to those who give it a role.

use super::features::Features;
use super::lexer::Token;
use crate::plan::Sighting;

/// A path of a plan, before its role is known.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) sighting: Sighting,
    pub(crate) features: Features,
    /// The position of its line; absent for a row of a tree.
    pub(crate) line: Option<usize>,
    pub(crate) token: Option<Token>,
    /// Nothing is promised there, whatever the features say.
    pub(crate) barred: bool,
    /// The column of the cell, in a table.
    pub(crate) column: Option<usize>,
}
