//! The parts of a title: the name of the work, brackets and text after a dash, version, guests.
//!
//! If a title has only version words ("Live", "Remix"), these words are its name. Text in brackets or after a dash is left out
//! of the name only if `segment.rs` recognises it as a version, a remaster or irrelevant words.

use std::ops::Range;

use super::limits::MAX_WORDS;
use super::name::{self, fold};
use super::number;
use super::segment::{self, Segment};
use super::version::{Kind, Version};
use super::words::{ENDINGS, FEATURING, PART};

/// The version that a title means.
///
/// ```
/// use baton_track_match::{Kind, version};
/// let version = version("Night Bus (Someone Extended Remix) [2011 Remaster]");
/// assert_eq!(version.kinds, [Kind::Remix, Kind::Extended]);
/// assert_eq!((version.details, version.remaster), (vec!["someone".to_owned()], Some(Some(2011))));
/// ```
#[must_use]
pub fn version(title: &str) -> Version {
    Title::read(title).version
}

/// A piece of a title: brackets and dashes separate the pieces.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) place: PiecePosition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PiecePosition {
    /// Before the first dash, outside of brackets.
    Open,
    /// After a dash.
    Dash,
    /// In a bracket.
    Bracket,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Title {
    /// The words outside of brackets, before the first dash.
    pub(super) base: Vec<String>,
    /// The words in brackets or after a dash that do not name a version: "(I Can't Get No)".
    pub(super) subtitle: Vec<String>,
    /// `base` and `subtitle`, in the order of the text.
    pub(super) whole: Vec<String>,
    /// All words in order, including version words and part numbers, but without guests, remaster words and words such as
    /// "Official Video".
    pub(super) spoken: Vec<String>,
    pub(super) version: Version,
    /// True if the title says that the file is a video ("(Official Video)"). The cut of a video may differ from the recording.
    pub(super) is_video: bool,
    /// True if the title says that the recording is not a shorter version: "(Original Mix)".
    pub(super) says_original: bool,
    /// The credits of guests, as folded text.
    pub(super) featured: Vec<String>,
}

impl Title {
    pub(super) fn read(text: &str) -> Self {
        Self::from_pieces(&pieces(&fold(text)))
    }

    pub(super) fn from_pieces(pieces: &[Piece]) -> Self {
        let mut title = Self::default();
        for piece in pieces {
            title.add(piece);
        }
        if title.base.is_empty() {
            title.promote(pieces);
        }
        for words in [&mut title.base, &mut title.subtitle, &mut title.whole, &mut title.spoken] {
            words.truncate(MAX_WORDS);
        }
        title.version.normalise_kinds();
        title
    }

    fn add(&mut self, piece: &Piece) {
        let (text, guests) = split_guests(&piece.text, piece.place);
        self.featured.extend(guests);
        let mut words = name::words(text);
        self.take_part(&mut words, piece.place);
        if words.is_empty() {
            return;
        }
        if piece.place == PiecePosition::Open {
            let ending = words.len() - ending(&words);
            let (name, ending) = words.split_at(ending);
            self.add_text(name, PiecePosition::Open);
            if !ending.is_empty() {
                self.add_segment(ending, PiecePosition::Dash);
            }
        } else {
            self.add_segment(&words, piece.place);
        }
    }

    fn add_segment(&mut self, words: &[String], place: PiecePosition) {
        match segment::read(words) {
            Segment::Version { kinds, details } => {
                self.version.kinds.extend(kinds);
                self.version.details.extend(details);
                self.spoken.extend(words.iter().map(|word| number::plain(word)));
            }
            Segment::Remaster { year, kinds, details } => {
                if !kinds.is_empty() {
                    self.spoken.extend(words.iter().map(|word| number::plain(word)));
                }
                self.version.kinds.extend(kinds);
                self.version.details.extend(details);
                self.version.remaster = Some(year);
            }
            Segment::Plain => {
                let names = |wanted: &str| words.iter().any(|word| word == wanted);
                self.is_video |= names("video");
                self.says_original |= names("original") || names("orig");
            }
            Segment::Text => self.add_text(words, place),
        }
    }

    fn add_text(&mut self, words: &[String], place: PiecePosition) {
        let words: Vec<String> = words.iter().map(|word| number::plain(word)).collect();
        let to = if place == PiecePosition::Open { &mut self.base } else { &mut self.subtitle };
        to.extend_from_slice(&words);
        self.whole.extend_from_slice(&words);
        self.spoken.extend(words);
    }

    /// Moves "Part 2" from `words` to the version. Keeps it if the name of the title would have no other words.
    fn take_part(&mut self, words: &mut Vec<String>, place: PiecePosition) {
        let Some(part) = part(words) else { return };
        if place == PiecePosition::Open && part.words.len() == words.len() {
            return;
        }
        words.drain(part.words);
        self.spoken.push("part".to_owned());
        self.spoken.extend(part.numbers.iter().map(ToString::to_string));
        self.version.part.extend(part.numbers);
    }

    /// Gives a name to a title whose text outside of brackets has no name: the subtitle or, without a subtitle, all words.
    fn promote(&mut self, pieces: &[Piece]) {
        if self.subtitle.is_empty() {
            let said = pieces.iter().flat_map(|piece| name::words(split_guests(&piece.text, piece.place).0));
            self.base = said.map(|word| number::plain(&word)).collect();
            self.whole.clone_from(&self.base);
            self.spoken.clone_from(&self.base);
            self.version = Version::default();
        } else {
            self.base = std::mem::take(&mut self.subtitle);
        }
    }

    /// True if the title names a live version. The name of the album may state it too; see `PreparedTrack::is_live`.
    pub(super) fn is_live(&self) -> bool {
        self.version.kinds.iter().any(|kind| matches!(kind, Kind::Live | Kind::Session))
    }
}

/// Whether a piece is empty or only names a version.
pub(super) fn is_version_only(piece: &Piece) -> bool {
    let (text, _) = split_guests(&piece.text, piece.place);
    let mut words = name::words(text);
    if let Some(part) = part(&words) {
        words.drain(part.words);
    }
    words.is_empty() || segment::read(&words) != Segment::Text
}

/// Splits a title at its brackets, and at each `-` or `|` next to a space. The result of `fold` is expected as the title.
pub(super) fn pieces(folded: &str) -> Vec<Piece> {
    let mut cut = TitleSplit::default();
    let chars: Vec<char> = folded.chars().collect();
    let space = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_none_or(|c| c.is_whitespace());
    for (at, &c) in chars.iter().enumerate() {
        match c {
            '(' => cut.bracket(1),
            ')' => cut.bracket(-1),
            '-' | '|' if cut.depth == 0 && (space(at.checked_sub(1)) || space(Some(at + 1))) => cut.dash(),
            _ => cut.text.push(c),
        }
    }
    cut.end();
    cut.pieces
}

#[derive(Default)]
struct TitleSplit {
    pieces: Vec<Piece>,
    text: String,
    depth: i32,
    after_dash: bool,
}

impl TitleSplit {
    fn bracket(&mut self, step: i32) {
        self.end();
        self.depth = (self.depth + step).max(0);
    }

    fn dash(&mut self) {
        self.end();
        self.after_dash = self.pieces.iter().any(|piece| piece.place != PiecePosition::Bracket);
    }

    fn end(&mut self) {
        let text = std::mem::take(&mut self.text);
        let place = match (self.depth, self.after_dash) {
            (1.., _) => PiecePosition::Bracket,
            (_, true) => PiecePosition::Dash,
            _ => PiecePosition::Open,
        };
        if !text.trim().is_empty() {
            self.pieces.push(Piece { text, place });
        }
    }
}

/// Splits a piece into the text before "feat." and the credit after it. "With" names guests only at the start of a bracket.
fn split_guests(text: &str, place: PiecePosition) -> (&str, Option<String>) {
    let mut at = 0;
    for token in text.split_inclusive(char::is_whitespace) {
        let start = text.get(..at).unwrap_or_default();
        let first = start.trim().is_empty();
        let word = token.trim();
        let bare = word.trim_end_matches(['.', ':']);
        let names = FEATURING.contains(&bare) && bare != "w"
            || word == "w/"
            || (bare == "with" && place == PiecePosition::Bracket);
        let guests = text.get(at + token.len()..).unwrap_or_default().trim();
        if names && (!first || place != PiecePosition::Open) && (bare != "with" || first) && !guests.is_empty() {
            return (start, Some(guests.to_owned()));
        }
        at += token.len();
    }
    (text, None)
}

/// "Part 2" or "Pts. 1 & 3" in a title.
struct PartNumbers {
    /// The position of its words.
    words: Range<usize>,
    numbers: Vec<u32>,
}

fn part(words: &[String]) -> Option<PartNumbers> {
    let start = words
        .iter()
        .enumerate()
        .position(|(at, word)| PART.contains(&word.as_str()) && number_at(words, at + 1).is_some())?;
    let mut numbers = Vec::new();
    let mut end = start + 1;
    loop {
        let next = number_at(words, end).map(|number| (number, end + 1));
        let joined = words.get(end).is_some_and(|word| matches!(word.as_str(), "and" | "to") && !numbers.is_empty());
        let next = next.or_else(|| number_at(words, end + 1).filter(|_| joined).map(|number| (number, end + 2)));
        let Some((number, after)) = next else { break };
        numbers.push(number);
        end = after;
    }
    Some(PartNumbers { words: start..end, numbers })
}

/// The number at a position. A single letter is a number only at the end, because "the part I love" has no number.
fn number_at(words: &[String], at: usize) -> Option<u32> {
    let word = words.get(at)?;
    let letter = word.len() == 1 && !number::has_digit(word);
    number::read(word).filter(|_| !letter || words.get(at + 1).is_none_or(|next| next == "and"))
}

/// The number of words at the end that name a version without a bracket. At least one word always remains for the name.
fn ending(words: &[String]) -> usize {
    let ends = |ending: &&&[&str]| {
        words.len() > ending.len() && words.iter().rev().zip(ending.iter().rev()).all(|(a, b)| a == b)
    };
    ENDINGS.iter().find(ends).map_or(0, |ending| ending.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, Vec<String>) {
        let title = Title::read(text);
        (title.base.join(" "), title.subtitle.join(" "), title.featured)
    }

    #[test]
    fn a_title_has_a_name_a_subtitle_and_guests() {
        for (text, base, subtitle, guests) in [
            ("(I Can't Get No) Rest", "rest", "i cant get no", ""),
            ("Night Bus (feat. Ida Lund & Mara Voss) [Club Mix]", "night bus", "", "ida lund & mara voss"),
            ("Night Bus ft. Ida Lund - Radio Edit", "night bus", "", "ida lund"),
            ("Night Bus (with Ida Lund)", "night bus", "", "ida lund"),
            ("Stay With Me", "stay with me", "", ""),
            ("Night Bus - A Story", "night bus", "a story", ""),
            ("Twenty-Two", "twenty 2", "", ""),
            ("(Untitled)", "untitled", "", ""),
            ("[Live]", "live", "", ""),
            ("Remix", "remix", "", ""),
            ("Part II", "part 2", "", ""),
            ("Night Bus (Live", "night bus", "", ""),
            ("", "", "", ""),
            ("...", "...", "", ""),
        ] {
            let guests: Vec<String> =
                [guests].iter().filter(|text| !text.is_empty()).map(|text| (*text).to_owned()).collect();
            assert_eq!(parts(text), (base.to_owned(), subtitle.to_owned(), guests), "{text}");
        }
    }
}
