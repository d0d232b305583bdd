//! Patterns of paths, in the syntax that triggers use too: `*` stays in its folder, `**` does not, `{a,b}` is either.
//!
//! A path is written relative to the root, with `/`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns of one list. Each becomes an automaton; a hundred cost some milliseconds.
const MOST: usize = 100;

/// Bytes of one pattern.
const PATTERN_BYTES: usize = 500;

/// A list of patterns; a path matches when one of them does.
#[derive(Debug, Clone, Default)]
pub struct Globs(GlobSet);

impl Globs {
    /// Reads patterns.
    ///
    /// # Errors
    /// The first pattern that is none, with the reason; too many of them.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, String> {
        if patterns.len() > MOST {
            return Err(format!("{} patterns are too many: at most {MOST}", patterns.len()));
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            if pattern.len() > PATTERN_BYTES {
                return Err(format!("a pattern of {} bytes is too long: at most {PATTERN_BYTES}", pattern.len()));
            }
            let bare = pattern.strip_prefix("./").unwrap_or(pattern);
            let glob = GlobBuilder::new(bare).literal_separator(true).build();
            set.add(glob.map_err(|error| format!("`{pattern}` is no pattern: {}", error.kind()))?);
        }
        set.build().map(Self).map_err(|error| format!("the patterns cannot be used: {error}"))
    }

    /// The same for patterns of the audit's own, which are known to be right.
    #[must_use]
    pub fn own(patterns: &[&str]) -> Self {
        Self::new(patterns).unwrap_or_default()
    }

    /// Whether a path is meant.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }

    /// Whether a name has signs of a pattern.
    #[must_use]
    pub fn is_pattern(name: &str) -> bool {
        name.contains(['*', '?', '[', '{'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_their_folder() {
        let globs = Globs::new(&["logs/*.jsonl", "./**/*PLAN*.md"]).unwrap();
        assert!(globs.matches("logs/a.jsonl") && globs.matches("A_PLAN.md") && globs.matches("x/y/PLAN_b.md"));
        assert!(!globs.matches("logs/a/b.jsonl") && !globs.matches("plan.md"));
        assert!(!Globs::default().matches("a"));
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        assert!(Globs::new(&["a[".to_owned()]).unwrap_err().contains("`a[` is no pattern"));
        assert!(Globs::new(&["x".repeat(501)]).is_err() && Globs::new(&vec!["a"; 101]).is_err());
    }
}
