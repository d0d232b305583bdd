//! Other readings of a title, for three cases: the publisher of a video is given as the artist, a file name has numbers and
//! artists in any order, or a bracket repeats the name in another alphabet.
//!
//! A reading is a guess. It can lead to a question if the plain title finds nothing, and is never accepted automatically
//! (`matcher.rs`).

use super::composers::is_composer;
use super::credit::{Credit, Name};
use super::file_name::{after_places, is_position, quoted, with_spaces, without_marks};
use super::name;
use super::relation::Artists;
use super::title::{self, Piece, PiecePosition};

/// Pieces of a title, and the corresponding artists.
pub(super) struct Reading {
    pub(super) pieces: Vec<Piece>,
    pub(super) artists: Vec<String>,
}

/// The other readings of a title, at most forty.
pub(super) fn other_readings(title: &str, pieces: &[Piece], artists: &[String]) -> Vec<Reading> {
    let mut readings = readings_of_pieces(pieces, artists);
    let rest = after_places(pieces).map(<[Piece]>::to_vec);
    // With an artist, a sign without spaces belongs to the title: "Ex-Factor".
    let spaced = || with_spaces(title).map(|title| title::pieces(&name::fold(&title)));
    let spaced = Credit::read(artists, &[]).is_unknown().then(spaced).flatten();
    for mut pieces in rest.into_iter().chain(spaced).chain(without_marks(pieces)) {
        let mut artists = artists.to_vec();
        readings.extend(readings_of_pieces(&pieces, &artists));
        open_first(&mut pieces);
        strip_artist(&mut pieces, &mut artists);
        readings.push(Reading { pieces, artists });
    }
    if let Some((before, inside)) = quoted(title) {
        readings.push(Reading { pieces: title::pieces(&name::fold(inside)), artists: vec![before.to_owned()] });
    }
    readings.extend(names_in_brackets(pieces, artists));
    readings
}

/// The readings with a name and with its translation in a bracket, at most eight: "봄날 (Spring Day)" as a title, "Ida (Ида)"
/// as an artist.
fn names_in_brackets(pieces: &[Piece], artists: &[String]) -> Vec<Reading> {
    let titles = [Some(pieces.to_vec()), without_translation(pieces), translation(pieces)].into_iter().flatten();
    let bracketed = artists.iter().any(|artist| split_bracket(artist).is_some());
    let with = |part: fn((&str, &str)) -> String| -> Vec<String> {
        artists.iter().map(|artist| split_bracket(artist).map_or_else(|| artist.clone(), part)).collect()
    };
    let mut credits = vec![artists.to_vec()];
    if bracketed {
        credits.push(with(|(before, _)| before.to_owned()));
        credits.push(with(|(_, inside)| inside.to_owned()));
    }
    let pairs = titles.flat_map(|pieces| credits.iter().map(move |artists| (pieces.clone(), artists.clone())));
    pairs.skip(1).map(|(pieces, artists)| Reading { pieces, artists }).collect()
}

/// The name before a bracket, and the name in it.
fn split_bracket(artist: &str) -> Option<(&str, &str)> {
    let (before, after) = artist.split_once('(')?;
    let (before, inside) = (before.trim(), after.split_once(')')?.0.trim());
    (!before.is_empty() && !inside.is_empty()).then_some((before, inside))
}

/// The position of the bracket that repeats the name in another alphabet.
fn place_of_translation(pieces: &[Piece]) -> Option<usize> {
    let first = pieces.first()?;
    let is_other = |piece: &Piece| {
        piece.place == PiecePosition::Bracket
            && !title::is_version_only(piece)
            && name::in_other_scripts(&first.text, &piece.text)
    };
    pieces.iter().position(is_other)
}

fn without_translation(pieces: &[Piece]) -> Option<Vec<Piece>> {
    let mut pieces = pieces.to_vec();
    pieces.remove(place_of_translation(&pieces)?);
    Some(pieces)
}

fn translation(pieces: &[Piece]) -> Option<Vec<Piece>> {
    let mut pieces = pieces.to_vec();
    let translation = pieces.remove(place_of_translation(&pieces)?);
    pieces.splice(..1, [translation]);
    open_first(&mut pieces);
    Some(pieces)
}

/// The readings of some pieces, at most three.
fn readings_of_pieces(pieces: &[Piece], artists: &[String]) -> Vec<Reading> {
    let credit = Credit::read(artists, &[]);
    let is_credit = |text: &str| {
        let named = Credit::read(&[text.to_owned()], &[]);
        matches!(named.compare(&credit), Artists::Equal | Artists::Main)
    };
    let mut readings = Vec::new();
    if let [first, second, rest @ ..] = pieces
        && second.place == PiecePosition::Dash
    {
        let version = title::is_version_only(second);
        // "Artist - Intro": a version word may be a title.
        if !credit.is_unknown() && !is_credit(&first.text) && (!version || rest.is_empty()) {
            readings.push(reading([second].into_iter().chain(rest), vec![first.text.clone()]));
        }
        if !version && (credit.is_unknown() || is_credit(&second.text)) {
            readings.push(reading([first].into_iter().chain(rest), vec![second.text.clone()]));
        }
    }
    if let [first, rest @ ..] = pieces {
        let words = name::words(&first.text);
        let named = credit.names.first().map(|name| name.words.as_slice()).unwrap_or_default();
        let after = words.strip_prefix(named).filter(|_| !named.is_empty());
        let after =
            after.or_else(|| words.split_first().filter(|(first, _)| is_position(first)).map(|(_, after)| after));
        if let Some(after) = after.filter(|after| !after.is_empty()) {
            let piece = Piece { text: after.join(" "), place: first.place };
            readings.push(reading([&piece].into_iter().chain(rest), artists.to_vec()));
        }
    }
    readings
}

fn reading<'a>(pieces: impl Iterator<Item = &'a Piece>, artists: Vec<String>) -> Reading {
    let mut pieces: Vec<Piece> = pieces.cloned().collect();
    open_first(&mut pieces);
    Reading { pieces, artists }
}

/// Removes the artist from a title such as "Artist - Title", if the credit names this artist. If there is no credit, the
/// removed artist becomes the credit.
pub(super) fn strip_artist(pieces: &mut Vec<Piece>, artists: &mut Vec<String>) {
    let [first, second, ..] = pieces.as_slice() else { return };
    if second.place != PiecePosition::Dash || title::is_version_only(second) {
        return;
    }
    let credit = Credit::read(artists, &[]);
    let Some(named) = Name::read(&first.text) else { return };
    let all = Credit::read(std::slice::from_ref(&first.text), &[]);
    let whole = matches!(all.compare(&credit), Artists::Equal | Artists::Main);
    let composer = !credit.is_unknown() && is_composer(&named.words);
    let known = whole || composer || credit.names.contains(&named) || credit.has_words(&named.words);
    if !known && !credit.is_unknown() {
        return;
    }
    // Years and numbers are titles: "1999 - Story".
    if !known && named.words.iter().all(|word| word.chars().all(char::is_numeric)) {
        return;
    }
    if !known {
        *artists = vec![first.text.clone()];
    }
    pieces.remove(0);
    open_first(pieces);
}

pub(super) fn open_first(pieces: &mut [Piece]) {
    if let Some(first) = pieces.first_mut() {
        first.place = PiecePosition::Open;
    }
}
