//! Patterns for names and paths. Case, and the way an accent is written, make no difference.

use baton_core::glob::Globs;

use super::fold::fold;

/// Rejects a text that is not a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    Globs::new(&[fold(pattern)]).map(drop).map_err(|error| error.to_string())
}

/// True if a name matches. `/` is an ordinary character in a name.
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    let plain = |text: &str| fold(text).replace('/', "\u{2215}");
    Globs::new(&[plain(pattern)]).is_ok_and(|globs| globs.matches(&plain(name)))
}

/// True if a path matches.
pub(crate) fn fits_path(pattern: &str, path: &str) -> bool {
    Globs::new(&[fold(pattern)]).is_ok_and(|globs| globs.matches(&fold(path)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_paths_match_patterns() {
        for (pattern, name, fits) in [
            ("ac/dc*", "AC/DC Live", true),
            ("cafe\u{301}", "CAFÉ", true),
            ("{deep,tech} house", "Tech House", true),
            ("a?c", "abbc", false),
            ("caf?", "Café", true),
            ("!!!", "!!!", true),
            ("*", "a/b", true),
        ] {
            assert_eq!(fits_name(pattern, name), fits, "{pattern} {name}");
        }
        assert!(fits_path("mixes/**", "Mixes/a/b.mp3") && fits_path("*/b.mp3", "a/b.mp3"));
        assert!(!fits_path("*.mp3", "a/b.mp3"));
    }

    #[test]
    fn long_and_invalid_patterns_are_errors() {
        assert!(check(&"x".repeat(501)).is_err() && check(&"{a,b}".repeat(9)).is_err());
        assert!(check("{a,b}*{c,d}").is_ok());
        for broken in ["[", "a[b", "{a,b", "a\\"] {
            assert!(
                check(broken)
                    .unwrap_err()
                    .starts_with(&format!("`{}` is not a valid pattern: ", broken.escape_debug()))
            );
        }
    }

    proptest! {
        #[test]
        fn no_pattern_causes_a_panic(pattern in ".*|[*?{},\\[\\]!\\\\a/]{0,60}", name in ".*|[a/]{0,200}") {
            if check(&pattern).is_ok() {
                let _ = (fits_name(&pattern, &name), fits_path(&pattern, &name));
            }
        }
    }
}
