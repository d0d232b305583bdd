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

/// Whether a title may be truncated: it has the maximum length of an `ID3v1` tag or one character less, or a longer text
/// ends with `…`.
pub(super) fn is_cut_off(title: &str) -> bool {
    let chars = title.trim_end().chars().count();
    chars == SHORT_TAG || chars + 1 == SHORT_TAG || (chars > 12 && title.trim_end().ends_with('…'))
}

/// The pieces of a file name after its leading positions. `None` if the name does not start with a position, or if no title
/// follows.
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

/// The maximum number of words before a title that are read as a position, a key and a tempo.
const MAX_MARKS: usize = 3;

/// The pieces without the positions, keys and tempos that DJ programs write before or after a title: "11A 117 Title", "2-10
/// Title", "Title 120bpm". Each of the first words may belong to the title, so there is one reading for each number of removed
/// words.
pub(super) fn without_marks(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let is_mark = |word: &str| is_position(word) || is_tempo(word) || word.split('-').all(is_position);
    let is_tail = |piece: &Piece| piece.place != PiecePosition::Bracket && piece.text.split_whitespace().all(is_tempo);
    let Some((first, rest)) = pieces.split_first() else { return Vec::new() };
    let rest: Vec<Piece> = rest.iter().filter(|piece| !is_tail(piece)).cloned().collect();
    let words: Vec<&str> = first.text.split_whitespace().collect();
    let end = words.len() - words.iter().rev().take_while(|word| is_tempo(word)).count();
    let words = words.get(..end).unwrap_or_default();
    let marks = words.iter().take(MAX_MARKS).take_while(|word| is_mark(word)).count();
    let is_other =
        |start: usize| start > 0 || end < first.text.split_whitespace().count() || rest.len() + 1 < pieces.len();
    let starts = (0..=marks).filter(|start| is_other(*start) && *start < words.len());
    let without = |start: usize| Piece { text: words.get(start..).unwrap_or_default().join(" "), place: first.place };
    starts.map(|start| std::iter::once(without(start)).chain(rest.iter().cloned()).collect()).collect()
}

/// True if a word is a tempo: "120bpm".
fn is_tempo(word: &str) -> bool {
    let digits = word.strip_suffix("bpm").unwrap_or_default();
    (2..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Adds spaces to a name in which a sign without spaces separates artist and title: "Artist-Title", `Artist_Title`,
/// `101-artist_name-title-group`. The number and the group are left out.
pub(super) fn with_spaces(title: &str) -> Option<String> {
    let title = without_format(title.trim());
    if !title.contains('-') {
        return (title.matches('_').count() == 1).then(|| title.replace('_', " - "));
    }
    let is_scene = !title.contains(char::is_whitespace);
    let parts: Vec<&str> = if is_scene { title.split('-').collect() } else { title.splitn(2, '-').collect() };
    let names: Vec<&str> = parts.into_iter().skip_while(|part| is_position(part)).collect();
    let [artist, name, ..] = names.as_slice() else { return None };
    (!artist.ends_with(' ') && !name.starts_with(' ')).then(|| format!("{artist} - {name}").replace('_', " "))
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
        for (title, expected) in [
            ("101-quill_ray-night_bus-mst", Some("quill ray - night bus")),
            ("Quill_Night Bus.mp3", Some("Quill - Night Bus")),
            ("Quill Ray-Night Bus (Live)", Some("Quill Ray - Night Bus (Live)")),
            ("quill_and_ray", None),
            ("Quill - Night Bus", None),
        ] {
            assert_eq!(with_spaces(title).as_deref(), expected, "{title}");
        }
        let without = |title: &str| -> Vec<String> {
            let pieces = super::super::title::pieces(title);
            let text = |pieces: &Vec<Piece>| pieces.iter().map(|piece| piece.text.trim()).collect::<Vec<_>>().join("|");
            without_marks(&pieces).iter().map(text).collect()
        };
        assert_eq!(without("11a 117 night bus"), ["117 night bus", "night bus"]);
        assert_eq!(without("2-10 99 bugs"), ["99 bugs", "bugs"]);
        assert_eq!(without("night bus (original mix) 120bpm"), ["night bus|original mix"]);
        assert!(without("night bus").is_empty());
        assert_eq!(quoted("Quill \"Night Bus\" M/V"), Some(("Quill", "Night Bus")));
        assert_eq!(quoted("Night Bus (12\" Mix) \"x\""), None);
        assert_eq!(quoted("\"Night Bus\""), None);
    }
}
