//! Names of playlists: the id that one has where its service gives none, and file names that are safe and distinct.

use std::collections::HashSet;

use baton_core::text::is_hidden_in_name;
use baton_plugin_kit::{is_older_name, safe_name};
use unicode_normalization::UnicodeNormalization as _;

/// The id of the liked songs, which are no playlist at Spotify.
pub const LIKED: &str = "liked songs";

/// Bytes of a file name without its ending: with an ending and a number it stays below the 200 of a report's name.
const MOST_BYTES: usize = 150;

/// The id of a playlist that has only a name: the name in one case, composed, with single spaces. An export as CSV holds no id,
/// so a playlist that was renamed is another one.
#[must_use]
pub fn playlist_id(name: &str) -> String {
    let composed: String = name.nfc().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let folded = composed.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let id: String = folded.chars().take(500).collect();
    match id.as_str() {
        "" => "untitled".to_owned(),
        "liked_songs" => LIKED.to_owned(),
        _ => id,
    }
}

/// Names in one line, without what no screen shows.
#[must_use]
pub fn shown(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let single = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if single.is_empty() { "Untitled".to_owned() } else { single.chars().take(500).collect() }
}

/// A number with what is counted: `1 entry`, `2 entries`.
#[must_use]
pub fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Of names at most five that are most like one, the nearest first: of each two letters that follow each other those that both have.
#[must_use]
pub fn nearest(name: &str, known: &[String]) -> Vec<String> {
    let pairs = |name: &str| {
        let letters: Vec<char> = playlist_id(name).chars().collect();
        letters.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect::<HashSet<_>>()
    };
    let asked = pairs(name);
    let alike = |other: &String| {
        let other = pairs(other);
        2_000 * asked.intersection(&other).count() / (asked.len() + other.len()).max(1)
    };
    let mut names: Vec<_> = known.to_vec();
    names.sort_unstable();
    names.dedup();
    names.sort_by_cached_key(|name| std::cmp::Reverse(alike(name)));
    names.truncate(5);
    names
}

/// File names that were given: each once, whatever its case, because half of the world's disks make no difference.
#[derive(Debug, Default)]
pub struct FileNames(HashSet<String>);

impl FileNames {
    /// A safe name for a playlist, without an ending, that none had before.
    pub fn give(&mut self, name: &str) -> String {
        // An export can become a report, whose name must not have invisible characters.
        let visible: String = name.chars().filter(|c| c.is_whitespace() || !is_hidden_in_name(*c)).collect();
        let plain = safe_name(&visible, MOST_BYTES, "Untitled");
        // Such a name is an older result of another playlist, and may be pruned.
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
    fn ids_do_not_depend_on_case_and_spaces() {
        assert_eq!(playlist_id("  Late   NIGHT\u{7} "), "late night");
        assert_eq!(playlist_id("Cafe\u{301}"), playlist_id("CAFÉ"));
        assert_eq!((playlist_id("Liked_Songs").as_str(), playlist_id(" ").as_str()), (LIKED, "untitled"));
        assert_ne!(playlist_id("Mix!"), playlist_id("Mix?"));
    }

    #[test]
    fn the_nearest_names_come_first() {
        let known: Vec<_> = ["Zed", "Late Night", "Night Bus", "late nights"].map(str::to_owned).into();
        assert_eq!(nearest("Late Nihgt", &known)[..2], ["Late Night", "late nights"]);
        assert!(nearest("", &[]).is_empty());
        assert_eq!(
            (counted(1, "entry", "entries"), counted(0, "entry", "entries")),
            ("1 entry".into(), "0 entries".into())
        );
    }

    #[test]
    fn file_names_are_safe_and_distinct() {
        let mut names = FileNames::default();
        let given: Vec<_> =
            ["../../etc", "mix", "MIX", "mix", "a/b", "a:b", "\u{0}\u{1b}", "CON"].map(|name| names.give(name)).into();
        assert_eq!(given, ["_.._etc", "mix", "MIX (2)", "mix (3)", "a_b", "a_b (2)", "Untitled", "_CON"]);
        assert_eq!(
            (names.give("Mix.older-1"), names.give("Mix_older-1")),
            ("Mix_older-1".into(), "Mix_older-1 (2)".into())
        );
        assert_eq!(names.give("\u{2764}\u{fe0f} Love\u{3164}\u{200d}\n2"), "\u{2764} Love 2");
        assert!(names.give(&"ä".repeat(500)).len() <= MOST_BYTES);
    }
}
