//! Distinct file names for playlists.

use std::collections::HashSet;

use baton_core::text::is_hidden_in_name;
use baton_plugin_kit::{is_older_name, safe_name};

/// The maximum number of bytes of a file name without its ending. With the ending and a number, the name stays below 200
/// bytes, the limit for the name of a report.
const MOST_BYTES: usize = 150;

/// File names in use. Names that differ only in case are equal, because many disks do not distinguish them.
#[derive(Debug, Default)]
pub struct FileNames(HashSet<String>);

impl FileNames {
    /// Reserves a safe name for a playlist, without an ending, that is not in use.
    pub fn reserve(&mut self, name: &str) -> String {
        // An export can become a report, whose name must not have invisible characters.
        let visible: String = name.chars().filter(|c| c.is_whitespace() || !is_hidden_in_name(*c)).collect();
        let plain = safe_name(&visible, MOST_BYTES, "Untitled");
        // A file with a name such as `a.older-1` counts as an older result of another playlist, and may be deleted.
        let plain = if is_older_name(&format!("{plain}.csv")) { plain.replace(".older-", "_older-") } else { plain };
        let mut given = plain.clone();
        let mut number = 2_u32;
        while !self.0.insert(given.to_lowercase()) {
            given = format!("{plain} ({number})");
            number += 1;
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_distinct() {
        let mut names = FileNames::default();
        let given: Vec<_> = ["../../etc", "mix", "MIX", "mix", "a/b", "a:b", "\u{0}\u{1b}", "CON"]
            .map(|name| names.reserve(name))
            .into();
        assert_eq!(given, ["_.._etc", "mix", "MIX (2)", "mix (3)", "a_b", "a_b (2)", "Untitled", "_CON"]);
        assert_eq!(
            (names.reserve("Mix.older-1"), names.reserve("Mix_older-1")),
            ("Mix_older-1".into(), "Mix_older-1 (2)".into())
        );
        assert_eq!(names.reserve("\u{2764}\u{fe0f} Love\u{3164}\u{200d}\n2"), "\u{2764} Love 2");
        assert!(names.reserve(&"ä".repeat(500)).len() <= MOST_BYTES);
    }
}
