//! Recognises additions of programs and video channels to the names of artist and title: track numbers, label numbers, keys,
//! tempos, formats, bitrates, quotes.

use std::borrow::Cow;

use super::number;
use super::title::{Piece, PiecePosition};

/// Extensions of files of sound and video.
const EXTENSIONS: [&str; 12] =
    [".mp3", ".flac", ".wav", ".m4a", ".aac", ".aif", ".aiff", ".ogg", ".opus", ".wma", ".mp4", ".webm"];

/// The maximum number of characters of a title in an `ID3v1` tag.
const SHORT_TAG: usize = 30;

/// The title without a file name extension and a bitrate at its end. A title without spaces ("Artist_Name-Some_Title") gets
/// spaces.
pub(super) fn clean_title(title: &str) -> Cow<'_, str> {
    let title = without_format(title.trim());
    if title.contains('_') && !title.contains(char::is_whitespace) {
        Cow::Owned(title.replace('_', " ").replace('-', " - "))
    } else {
        Cow::Borrowed(title)
    }
}

fn without_format(title: &str) -> &str {
    let dot = title.rfind('.').filter(|at| *at > 0);
    let extension = dot.and_then(|at| Some((title.get(..at)?, title.get(at..)?)));
    let known = extension.filter(|(_, end)| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(end)));
    let title = known.map_or(title, |(before, _)| before);
    let last = title.rsplit(char::is_whitespace).next().unwrap_or_default();
    let rate = last.trim_matches(['(', ')', '[', ']']).to_ascii_lowercase();
    let digits = rate.strip_suffix("kbps").filter(|digits| !digits.is_empty());
    let is_rate = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let before = title.strip_suffix(last).map(str::trim_end).filter(|before| is_rate && !before.is_empty());
    before.unwrap_or(title)
}

/// Whether a title may be truncated: it has the maximum length of an `ID3v1` tag, or ends with dots.
pub(super) fn is_cut_off(title: &str) -> bool {
    let chars = title.trim_end().chars().count();
    chars == SHORT_TAG || chars + 1 == SHORT_TAG || (chars > 12 && title.trim_end().ends_with('…'))
}

/// The pieces of a file name after its leading positions; `None` if it does not start with a position or has nothing else.
pub(super) fn after_places(pieces: &[Piece]) -> Option<&[Piece]> {
    let count = pieces.iter().take_while(|piece| is_place(piece)).count();
    let rest = pieces.get(count..)?;
    (count > 0 && rest.iter().any(|piece| piece.place != PiecePosition::Bracket)).then_some(rest)
}

/// Whether a piece is a position: "07", "101", "A1", "8A", "Track 05", or a label number ("LABEL012") in a bracket.
fn is_place(piece: &Piece) -> bool {
    let words: Vec<&str> = piece.text.split_whitespace().collect();
    match (words.as_slice(), piece.place) {
        ([word], PiecePosition::Bracket) => number::has_digit(word) && word.chars().any(char::is_alphabetic),
        ([word], _) => is_position(word),
        (["track", number], _) => is_position(number),
        _ => false,
    }
}

/// A position on a record, a key of the harmonic wheel, or a tempo: at most three digits, possibly with a letter before or
/// after them.
pub(super) fn is_position(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let digits = word.strip_prefix(['a', 'b', 'c', 'd']).unwrap_or(word);
    let digits = if digits.len() == word.len() { word.strip_suffix(['a', 'b']).unwrap_or(word) } else { digits };
    (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text before a quoted title, and the quoted title, as in: ARTIST "Title" M/V.
pub(super) fn quoted(title: &str) -> Option<(&str, &str)> {
    const OPEN: [char; 4] = ['"', '“', '„', '«'];
    const CLOSE: [char; 4] = ['"', '”', '“', '»'];
    let (before, rest) = title.split_once(OPEN)?;
    let (inside, _) = rest.split_once(CLOSE)?;
    // The quote of a record size is not a quote: 12" Mix.
    let named = before.chars().any(char::is_alphabetic) && !before.ends_with(|c: char| c.is_ascii_digit());
    (named && before.ends_with(char::is_whitespace) && inside.chars().any(char::is_alphanumeric))
        .then(|| (before.trim(), inside.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_at_the_end_are_removed() {
        for (title, expected) in [
            ("Night Bus.mp3", "Night Bus"),
            ("Night Bus 320kbps", "Night Bus"),
            ("Night Bus [320kbps].flac", "Night Bus"),
            ("Night_Bus-Club_Mix", "Night Bus - Club Mix"),
            ("Mr. Bus", "Mr. Bus"),
            (".mp3", ".mp3"),
            ("320kbps", "320kbps"),
            ("", ""),
        ] {
            assert_eq!(clean_title(title), expected, "{title}");
        }
    }

    #[test]
    fn positions_and_quotes_are_read() {
        for word in ["07", "101", "a1", "8a", "122", "3."] {
            assert!(is_position(word), "{word}");
        }
        for word in ["1999", "a", "", "u2", "12b3"] {
            assert!(!is_position(word), "{word}");
        }
        assert_eq!(quoted("Quill \"Night Bus\" M/V"), Some(("Quill", "Night Bus")));
        assert_eq!(quoted("Night Bus (12\" Mix) \"x\""), None);
        assert_eq!(quoted("\"Night Bus\""), None);
    }
}
