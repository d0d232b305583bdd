//! Reads one bracket or dash of a title: a version, irrelevant words, or more of the title.
//!
//! A version word counts only at certain positions: at the end ("Someone Extended Remix"), at the start before names ("Live at
//! …", "Remixed by …"), or if the segment has nothing else. In the middle it is part of a name.

use super::number;
use super::version::Kind;
use super::words::{AFTER_LIVE, ARRANGED, BEFORE_VERB, Meaning, OPENING, meaning};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// The version of the recording.
    Version { kinds: Vec<Kind>, details: Vec<String> },
    /// A remaster, with or without its year. The remastered recording may be another version.
    Remaster { year: Option<u16>, kinds: Vec<Kind>, details: Vec<String> },
    /// Words that do not change which recording the title means, such as "Original Mix".
    Plain,
    /// More words of the title.
    Text,
}

/// One word or phrase.
#[derive(Clone, Copy)]
struct Token<'w> {
    meaning: Meaning,
    words: &'w [String],
}

impl Token<'_> {
    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn year(&self) -> Option<u16> {
        number::year(self.first())
    }

    /// A word next to version words that is not a name.
    fn accompanies(&self) -> bool {
        self.meaning != Meaning::Word || self.year().is_some()
    }

    fn kind(&self) -> Option<Kind> {
        if let Meaning::Version(kind) = self.meaning { Some(kind) } else { None }
    }

    /// True if the token shows that the segment names a version.
    fn names_version(&self) -> bool {
        matches!(self.meaning, Meaning::Version(_) | Meaning::Mix | Meaning::Form | Meaning::Remaster)
    }
}

pub(super) fn read(words: &[String]) -> Segment {
    let tokens = tokens(words);
    // A producer ("prod. by …") or a film ("from …") does not identify the recording, but "from the live session" does.
    let origin = matches!(words.first().map(String::as_str), Some("prod" | "produced" | "production" | "from"));
    if origin && !tokens.iter().any(Token::names_version) {
        return Segment::Plain;
    }
    // "50th Anniversary Edition" is not a version.
    let is_other = |token: &Token<'_>| token.names_version() && token.meaning != Meaning::Form;
    if words.iter().any(|word| word == "anniversary") && !tokens.iter().any(is_other) {
        return Segment::Plain;
    }
    if let [word] = words
        && ARRANGED.contains(&word.as_str())
    {
        return Segment::Version { kinds: vec![Kind::Named], details: words.to_vec() };
    }
    if tokens.iter().all(Token::accompanies) {
        return without_names(&tokens);
    }
    let tail = tail(&tokens);
    let head = head(&tokens).min(tail);
    let (before, rest) = tokens.split_at(head);
    let (names, after) = rest.split_at(tail - head);
    let saying: Vec<Token<'_>> = before.iter().chain(after).copied().collect();
    if saying.iter().any(Token::names_version) { with_names(&saying, names) } else { Segment::Text }
}

fn tokens(mut words: &[String]) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while !words.is_empty() {
        let (meaning, taken) = meaning(words);
        let (these, rest) = words.split_at(taken.clamp(1, words.len()));
        tokens.push(Token { meaning, words: these });
        words = rest;
    }
    tokens
}

/// Reads a segment with only version words, years and accompanying words.
fn without_names(tokens: &[Token<'_>]) -> Segment {
    if tokens.iter().any(Token::names_version) || tokens.iter().any(|token| token.meaning == Meaning::Plain) {
        with_names(tokens, &[])
    } else {
        Segment::Text
    }
}

/// The index of the first of the version words at the end of a segment; the number of tokens if the segment does not end
/// with version words.
fn tail(tokens: &[Token<'_>]) -> usize {
    let names = tokens.iter().rposition(|token| !token.accompanies()).map_or(0, |last| last + 1);
    let run = tokens.get(names..).unwrap_or_default();
    let fillers = run.iter().take_while(|token| token.meaning == Meaning::Filler).count();
    let start = names + fillers;
    let (Some(first), Some(before)) = (tokens.get(start), names.checked_sub(1).and_then(|at| tokens.get(at))) else {
        return tokens.len();
    };
    let run = run.get(fillers..).unwrap_or_default();
    let verb = first.first() == "live" && BEFORE_VERB.contains(&before.first());
    let passage = run.iter().any(|token| token.kind() == Some(Kind::Passage));
    if verb || passage || !run.iter().any(Token::names_version) { tokens.len() } else { start }
}

/// The number of version words at the start of a segment; 0 if the segment does not start with version words.
fn head(tokens: &[Token<'_>]) -> usize {
    let run = tokens.iter().take_while(|token| token.accompanies() && token.meaning != Meaning::Filler).count();
    let next = tokens.get(run).map_or("", Token::first);
    let opens = |token: &Token<'_>| match token.kind() {
        Some(Kind::Live) => AFTER_LIVE.contains(&next) || token.first() != "live" || run > 1,
        Some(Kind::Alternate) => number::has_digit(next),
        Some(kind) => OPENING.contains(&kind) || matches!(next, "by" | "from" | "at"),
        None => token.meaning == Meaning::Remaster,
    };
    if tokens.iter().take(run).any(opens) { run } else { 0 }
}

/// True if the text begins with the word "version".
fn begins_with_version(saying: &[Token<'_>]) -> bool {
    saying.first().is_some_and(|token| token.meaning == Meaning::Form && token.first() == "version")
}

/// The words of names, without filler words.
fn without_fillers(names: &[Token<'_>]) -> Vec<String> {
    let names = names.iter().filter(|token| token.meaning != Meaning::Filler);
    names.flat_map(|token| token.words).cloned().collect()
}

fn with_names(saying: &[Token<'_>], names: &[Token<'_>]) -> Segment {
    let mut kinds: Vec<Kind> = saying.iter().filter_map(Token::kind).collect();
    let has = |meaning| saying.iter().any(|token| token.meaning == meaning);
    let year = saying.iter().find_map(Token::year);
    if has(Meaning::Remaster) {
        // "Bare Version / Remastered 2013": another version, and a remaster of it.
        if kinds.is_empty() && !names.is_empty() && begins_with_version(saying) {
            return Segment::Version { kinds: vec![Kind::Named], details: without_fillers(names) };
        }
        // "Live at the Mill / Remastered 2013": the names belong to the concert.
        let details = if kinds.is_empty() { Vec::new() } else { without_fillers(names) };
        return Segment::Remaster { year, kinds, details };
    }
    let mut details = without_fillers(names);
    if kinds.is_empty() {
        match (has(Meaning::Mix), has(Meaning::Form), details.is_empty()) {
            // "Stereo Mix", "Orig. Mix".
            (true, _, true) if has(Meaning::Plain) && year.is_none() => return Segment::Plain,
            (true, _, _) => kinds.push(Kind::Mix),
            (false, true, false) => kinds.push(Kind::Named),
            _ => return Segment::Plain,
        }
    }
    details.extend(year.map(|year| year.to_string()));
    Segment::Version { kinds, details }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Segment {
        read(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_version_word_in_the_middle_is_part_of_a_name() {
        let details = vec!["dub".to_owned(), "fox".to_owned()];
        assert_eq!(of("dub fox remix"), Segment::Version { kinds: vec![Kind::Remix], details });
        for text in ["live and let go", "how we live", "the long dub home", "a love interlude", "part of the night"] {
            assert_eq!(of(text), Segment::Text, "{text}");
        }
    }

    #[test]
    fn words_without_meaning_are_plain() {
        for text in [
            "original mix",
            "official video",
            "50th anniversary edition",
            "album version",
            "bonus track",
            "version",
            "hd",
            "prod by someone",
        ] {
            assert_eq!(of(text), Segment::Plain, "{text}");
        }
        assert_eq!(of("2011 digital remaster"), Segment::Remaster { year: Some(2011), kinds: vec![], details: vec![] });
        let bare = Segment::Version { kinds: vec![Kind::Named], details: vec!["bare".to_owned()] };
        assert_eq!(of("bare version remastered 2013"), bare);
        let live = Segment::Version { kinds: vec![Kind::Live], details: vec!["old".to_owned(), "mill".to_owned()] };
        assert_eq!(of("from old mill live"), live);
        assert_eq!(of("old mill remaster"), Segment::Remaster { year: None, kinds: vec![], details: vec![] });
    }
}
