//! Names of playlists: ids made from names, and findings about names that no playlist has.

use std::collections::HashSet;

use baton_plugin_sdk::{Error, Severity};
use unicode_normalization::UnicodeNormalization as _;

use crate::Findings;

/// The id of the liked songs.
pub const LIKED: &str = "liked songs";

/// The id of a playlist whose source has no ids, such as a CSV export: its name in lower case, in composed Unicode, with single
/// spaces. So a renamed playlist counts as a different playlist.
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

/// A name on one line, without control characters.
#[must_use]
pub fn one_line(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let single = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if single.is_empty() { "Untitled".to_owned() } else { single.chars().take(500).collect() }
}

/// The five names that are most similar to a name, by the share of common letter pairs; the most similar first.
#[must_use]
pub fn nearest(name: &str, known: &[String]) -> Vec<String> {
    let pairs = |name: &str| {
        let letters: Vec<char> = playlist_id(name).chars().collect();
        letters.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect::<HashSet<_>>()
    };
    let wanted = pairs(name);
    let similarity = |other: &String| {
        let other = pairs(other);
        2_000 * wanted.intersection(&other).count() / (wanted.len() + other.len()).max(1)
    };
    let mut names: Vec<_> = known.to_vec();
    names.sort_unstable();
    names.dedup();
    names.sort_by_cached_key(|name| std::cmp::Reverse(similarity(name)));
    names.truncate(5);
    names
}

/// Adds a finding for each name of `only` that is not among the playlists `names` of `place`, with the most similar
/// names.
///
/// # Errors
/// When none of the names exists.
pub fn report_unknown(place: &str, only: &[String], names: &[String], findings: &mut Findings) -> Result<(), Error> {
    let known: HashSet<_> = names.iter().map(|name| playlist_id(name)).collect();
    let unknown: Vec<_> = only.iter().filter(|name| !known.contains(&playlist_id(name))).collect();
    let describe = |name: &str| {
        let near: Vec<_> = nearest(name, names).iter().map(|name| one_line(name)).collect();
        let near = if near.is_empty() {
            "it has no playlists".to_owned()
        } else {
            format!("similar names are: {}", near.join(", "))
        };
        (format!("{place} has no playlist named `{}`", one_line(name)), near)
    };
    if let Some(first) = unknown.first().filter(|_| unknown.len() == only.len()) {
        let (title, near) = describe(first);
        return Err(Error::Permanent(format!("{title}; {near}")));
    }
    for name in unknown {
        let (title, near) = describe(name);
        findings.add("no-such-playlist", name, Severity::Medium, title, near);
    }
    Ok(())
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
    }
}
