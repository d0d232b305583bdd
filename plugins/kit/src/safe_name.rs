//! Makes file names that every file system accepts from titles and names of people and services.

use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

/// Names that Windows reserves for devices, with any extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Makes a file name of at most `most` bytes that every file system accepts: in NFC, one line, not hidden, without a space or
/// dot at its end, not the name of a device. `_` replaces characters that Windows, macOS or a shell treats specially. An empty
/// result becomes `fallback`. A name that is already safe is not changed.
#[must_use]
pub fn safe_name(text: &str, most: usize, fallback: &str) -> String {
    let plain: String = text.nfc().filter(|c| !is_invisible(*c)).map(|c| if is_refused(c) { '_' } else { c }).collect();
    let single = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let edges = |c: char| c == '.' || c == ' ';
    let begun = single.trim_matches(edges);
    let mut name = String::new();
    for c in begun.chars() {
        if name.len() + c.len_utf8() > most {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end_matches(edges);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    if name.is_empty() {
        fallback.to_owned()
    } else if DEVICES.contains(&stem.as_str()) {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

fn is_refused(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// Whether a character is invisible: a control character other than white space, a direction mark, a zero-width joiner, or the
/// byte order mark.
fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
}

/// Converts a text to a relative path. `None` if the text has a root, `.` or `..` as a part, an empty part, a control character
/// or `\`.
#[must_use]
pub fn safe_path(text: &str) -> Option<PathBuf> {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_control() || c == '\\');
    let parts = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let path = Path::new(text);
    (plain && parts && path.components().all(|part| matches!(part, Component::Normal(_)))).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_out_of_the_folder_become_plain_names() {
        for (text, name) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "x"),
            (" . ", "x"),
            ("", "x"),
            ("\u{0}\u{1b}[31mred\u{7}", "[31mred"),
            ("AC/DC: Live?", "AC_DC_ Live_"),
            ("a\r\nb\tc", "a b c"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            (".hidden", "hidden"),
            ("ends in dots. . .", "ends in dots"),
            ("cafe\u{301}", "café"),
            ("\u{202e}gpj.exe", "gpj.exe"),
        ] {
            assert_eq!(safe_name(text, 200, "x"), name, "{text:?}");
        }
        assert_eq!(safe_name(&"ä".repeat(200), 21, "x"), "ä".repeat(10));
    }

    #[test]
    fn paths_are_plain_or_none() {
        assert_eq!(safe_path("a/b c.txt"), Some(PathBuf::from("a/b c.txt")));
        for none in ["", "/a", "a//b", "a/", "./a", "a/../b", "..", "a\\b", "a\nb"] {
            assert_eq!(safe_path(none), None, "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn a_safe_name_is_one_path_component_and_is_not_changed_again(text in "\\PC*|.*", most in 8_usize..120) {
            let name = safe_name(&text, most, "x");
            prop_assert!(safe_path(&name).is_some() && !name.contains('/') && name.len() <= most.max(1) + 1);
            prop_assert_eq!(safe_name(&name, most + 1, "x"), name);
        }
    }
}
