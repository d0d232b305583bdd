//! Escapes untrusted text (manifests, handoffs, file names, texts of plugins) before a person sees it.
//!
//! A terminal interprets some characters instead of showing them: control characters move the cursor and change
//! colours, a line break starts a line that looks like output of Baton, bidirectional controls reorder the text beside
//! them, others are invisible. This module replaces each of them by a readable escape (`\n`, `\u{202e}`), so that a
//! text can neither imitate nor hide anything. Text is escaped only for output; the ledger and JSON keep the original.

use std::borrow::Cow;

use crate::file_name::cut;

/// Characters that are not control characters, but that a terminal interprets or does not show, as ranges with both
/// ends included. Most have Unicode's property `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`, Unicode
/// 16), which includes reserved code points. A comment marks the others.
const HIDDEN: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    // Line and paragraph separator. They do not have the property.
    ('\u{2028}', '\u{2029}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    // The Braille pattern without dots. It does not have the property, but is invisible.
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    // Without U+FE0E and U+FE0F, see `PRESENTATION`.
    ('\u{fe00}', '\u{fe0d}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    // Interlinear annotation controls. They do not have the property.
    ('\u{fff9}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags and the variation selectors 17 to 256.
    ('\u{e0000}', '\u{e0fff}'),
];

/// The variation selectors for the text or emoji form of the previous character. They have the property, but common
/// emoji (`⚠️`) contain them, so an escape would make ordinary text hard to read.
const PRESENTATION: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];

/// Whether a terminal would interpret or hide the character instead of showing it.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c)))
}

/// True if a file name must not contain the character: all unprintable characters, and every variation selector,
/// because two names that differ only by a selector look the same.
#[must_use]
pub fn is_hidden_in_name(c: char) -> bool {
    is_unprintable(c) || PRESENTATION.contains(&c)
}

/// `text` as one line, with an escape for each unprintable character.
#[must_use]
pub fn one_line(text: &str) -> String {
    escape(text, |_| false)
}

/// `text` with its line breaks, and an escape for every other unprintable character. For blocks of lines that Baton
/// composes; untrusted text uses [`one_line`].
#[must_use]
pub fn lines(text: &str) -> String {
    escape(text, |c| c == '\n')
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if stays(c) || !is_unprintable(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => shown.extend(c.escape_unicode()),
        }
    }
    shown
}

/// JSON text with an escape for each unprintable character in its strings. The value is the same, and a terminal shows
/// it safely.
#[must_use]
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        if (c.is_ascii() && c != '\u{7f}') || !is_unprintable(c) {
            // serde_json escapes all ASCII control characters in strings except DEL, so any other control character is
            // between two values.
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

/// A text of at most `most` bytes; a longer text is cut, and its length is added.
#[must_use]
pub fn at_most(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let rest = format!(" … (cut off: {} bytes, at most {most} are kept)", text.len());
    Cow::Owned(format!("{}{rest}", cut(text, most.saturating_sub(rest.len()))))
}

/// The words before a plugin's text in a sentence of Baton.
pub const PLUGIN_SAYS: &str = "the plugin says: ";

/// A text of a plugin as part of a sentence: one line, marked as text of the plugin.
#[must_use]
pub fn plugin_says(text: &str) -> String {
    format!("{PLUGIN_SAYS}{}", one_line(text.trim()))
}

/// A next step of a plugin, for a person or another agent: one line, marked as text of the plugin.
#[must_use]
pub fn plugin_suggests(plugin: &str, step: &str) -> String {
    format!("plugin {} suggests: {}", one_line(plugin), one_line(step.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_interprets_or_hides_are_escaped() {
        assert_eq!(one_line("a\nb\t\u{1b}[31m\r"), "a\\nb\\t\\u{1b}[31m\\r");
        assert_eq!(
            one_line("\u{202e}cod.exe\u{2066}\u{200b}\u{2028}\u{e0041}\u{9b}"),
            "\\u{202e}cod.exe\\u{2066}\\u{200b}\\u{2028}\\u{e0041}\\u{9b}"
        );
        assert_eq!(lines("a\nb\u{7}"), "a\nb\\u{7}");
        assert_eq!(one_line("a\u{3164}\u{34f}\u{2800}\u{115f}b"), "a\\u{3164}\\u{34f}\\u{2800}\\u{115f}b");
        for plain in ["", "Größe 東京 ⚠\u{fe0f} 🎵", "C:\\new \"x\" 'y'", "שלום"] {
            assert_eq!((one_line(plain), lines(plain)), (plain.to_owned(), plain.to_owned()));
        }
    }

    #[test]
    fn a_long_text_is_cut_to_its_limit_and_marked_as_cut() {
        assert_eq!(at_most("short", 5), "short");
        let long = "ä".repeat(500_000);
        let shown = at_most(&long, 200);
        assert!(shown.ends_with("ä … (cut off: 1000000 bytes, at most 200 are kept)"), "{shown}");
        assert!((190..=200).contains(&shown.len()), "{}", shown.len());
    }

    #[test]
    fn a_next_step_is_one_line_and_names_its_plugin() {
        assert_eq!(plugin_suggests("p", " a\nnext: b\u{1b}[2K\n"), "plugin p suggests: a\\nnext: b\\u{1b}[2K");
    }

    #[test]
    fn every_invisible_character_is_known() {
        for c in "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180e}\u{180f}\u{200b}\u{2028}\u{202e}\u{2060}\
                  \u{206f}\u{2800}\u{3164}\u{fe00}\u{fe0d}\u{feff}\u{ffa0}\u{fff0}\u{fffb}\u{1bca0}\u{1bca3}\u{1d173}\u{1d17a}\
                  \u{e0000}\u{e0041}\u{e0100}\u{e0fff}"
            .chars()
        {
            assert!(is_unprintable(c) && is_hidden_in_name(c), "{c:?}");
        }
        for c in PRESENTATION {
            assert!(!is_unprintable(c) && is_hidden_in_name(c), "{c:?}");
        }
        for c in "aé東שﬀ⠁\u{115e}\u{1161}\u{fffc}\u{fffd}\u{e1000} ".chars() {
            assert!(!is_hidden_in_name(c), "{c:?}");
        }
    }

    #[test]
    fn json_keeps_its_value_without_characters_that_a_terminal_interprets() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{1b}[2J\u{9b}\u{7f}", "\u{e0041}é"] });
        let shown = json(&format!("{value:#}"));
        assert!(!shown.chars().any(|c| c != '\n' && is_unprintable(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
