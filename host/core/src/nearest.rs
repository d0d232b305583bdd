//! Finds the known name that is most similar to a mistyped one, for "did you mean". Baton only suggests such a name and
//! never uses it.

use crate::agents::fold;

/// The minimum similarity (Jaro-Winkler, 0 to 1) of a name that Baton suggests. A name with a typing error has at least
/// 0.9; two names of one family have about 0.8.
pub const ALIKE: f64 = 0.8;

/// The minimum similarity for names that often have the same beginning, such as keys.
pub const VERY_ALIKE: f64 = 0.9;

/// The name in `names` that is most similar to `written`; `None` if no name has the similarity `at_least`. Ignores case,
/// spaces, `-` and `_`.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>, at_least: f64) -> Option<&'a str> {
    let written = fold(written);
    let near = |name: &'a str| (strsim::jaro_winkler(&written, &fold(name)), name);
    let best = names.into_iter().map(near).filter(|(likeness, _)| *likeness >= at_least);
    best.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
}

/// "did you mean `X`?", or `otherwise` if there is no similar name.
#[must_use]
pub fn or_meant<'a>(written: &str, names: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    match nearest(written, names, ALIKE) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}

/// The name in `names` that a person may confuse with `name`: one name begins with the words of the other name
/// (`claude`, `Claude-MM1`), or they differ by a typing error.
#[must_use]
pub fn confusable<'a>(name: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let words = |name: &str| -> Vec<String> {
        let words = name.split([' ', '-', '_']).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let own = words(name);
    let begins = |other: &&str| {
        let other = words(other);
        own.starts_with(&other) || other.starts_with(&own)
    };
    let begun = names.clone().into_iter().find(begins);
    begun.or_else(|| nearest(name, names, VERY_ALIKE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_similar_to_the_name_and_another_name_is_not() {
        let names = ["audit", "Claude-MM1", "Cursor-MM1"];
        assert_eq!(nearest("Cluade-MM1", names, ALIKE), Some("Claude-MM1"));
        assert_eq!(nearest("audti", names, ALIKE), Some("audit"));
        assert_eq!(nearest("Spotify", names, ALIKE), None);
        assert_eq!(nearest("handof-id", ["handoff_id", "title"], VERY_ALIKE), Some("handoff_id"));
        assert_eq!(or_meant("audti", names, "no"), "did you mean `audit`?");
    }

    #[test]
    fn names_of_one_family_are_confusable_and_others_are_not() {
        let names = ["Claude-MM1", "Cursor-MM1", "Notion-AI-Research"];
        for (name, near) in [
            ("claude", Some("Claude-MM1")),
            ("claude-mm1-helper", Some("Claude-MM1")),
            ("cluade-mm1", Some("Claude-MM1")),
            ("cursor-mm3", Some("Cursor-MM1")),
            ("notion", Some("Notion-AI-Research")),
            ("notion-sync", None),
            ("cursed", None),
            ("audit", None),
        ] {
            assert_eq!(confusable(name, names), near, "{name}");
        }
    }
}
