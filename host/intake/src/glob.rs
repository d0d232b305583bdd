//! File patterns, as `globset` understands them: `*` stays inside a folder, `**` crosses folders, `{a,b}` is a choice.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::IntakeError;

/// A compiled pattern over relative paths.
#[derive(Clone, Debug)]
pub struct Glob(GlobMatcher);

impl Glob {
    /// Compiles a pattern. Fails if it is invalid.
    pub fn new(pattern: &str) -> Result<Self, IntakeError> {
        let wrong = |error: globset::Error| IntakeError::Glob { glob: pattern.to_owned(), reason: error.to_string() };
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(wrong)?;
        Ok(Self(glob.compile_matcher()))
    }

    /// Whether the relative path matches.
    #[must_use]
    pub fn fits(&self, relative: &Path) -> bool {
        self.0.is_match(relative)
    }
}
