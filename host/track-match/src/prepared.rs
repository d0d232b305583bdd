//! A track in the normalised forms that are compared.

use super::credit::Credit;
use super::file_name::{clean_title, is_cut_off};
use super::name::{self, fold};
use super::number;
use super::readings::{self, open_first, strip_artist};
use super::romanise::{Skeleton, in_hiragana};
use super::segment::{self, Segment};
use super::title::{self, Piece, PiecePosition, Title};
use super::track::{Id, Track, isrc};
use super::version::{Kind, Version};
use super::words::NO_ALBUM;
use super::work::Work;

/// The parts of a track that are compared.
#[derive(Debug, Clone)]
pub(super) struct PreparedTrack {
    pub(super) ids: Vec<Id>,
    pub(super) isrc: Option<String>,
    pub(super) recording: Option<String>,
    pub(super) title: Title,
    pub(super) whole: String,
    pub(super) base: String,
    pub(super) spoken: String,
    /// The words of the whole title, sorted.
    pub(super) sorted: String,
    /// The whole title with small numbers in words and katakana as hiragana: "4 5" is "fourfive". `None` if the title has
    /// neither.
    pub(super) letters: Option<Box<str>>,
    /// The title may be truncated.
    pub(super) cut_off: bool,
    /// The whole title in Latin letters.
    pub(super) skeleton: Option<Skeleton>,
    pub(super) work: Work,
    pub(super) credit: Credit,
    /// The name of the album without "(Deluxe Edition)" and similar additions.
    pub(super) album: String,
    /// The words of the version that the name of the album states, for an album that was recorded again: "(Mara's
    /// Version)". Empty if the name of the album states only an edition.
    pub(super) album_version: Box<[String]>,
    pub(super) live_album: bool,
    /// The album has several versions of a work: "Night Bus (Remixes)".
    pub(super) remix_album: bool,
    pub(super) duration_ms: Option<u64>,
}

impl PreparedTrack {
    /// The most likely reading of a track, and other readings of its title, which are never certain.
    pub(super) fn read(track: &Track) -> (Self, Vec<Self>) {
        let mut pieces = title::pieces(&fold(&clean_title(&track.title)));
        strip_number(&mut pieces);
        let others = readings::other_readings(&track.title, &pieces, &track.artists);
        let others = others.into_iter().map(|other| Self::from_pieces(track, &other.pieces, &other.artists)).collect();
        let mut artists = track.artists.clone();
        strip_artist(&mut pieces, &mut artists);
        (Self::from_pieces(track, &pieces, &artists), others)
    }

    fn from_pieces(track: &Track, pieces: &[Piece], artists: &[String]) -> Self {
        let title = Title::from_pieces(pieces);
        let credit = Credit::read(artists, &title.featured);
        let whole = name::compact(&title.whole);
        let letters = title.whole.iter().map(|word| number::in_words(word)).collect::<Vec<_>>();
        let letters =
            Some(in_hiragana(&name::compact(&letters))).filter(|letters| *letters != whole).map(String::into_boxed_str);
        let album = track.album.as_deref().unwrap_or_default();
        let album_title = Title::read(album);
        Self {
            ids: track.ids.iter().map(|id| Id::new(&id.service, &id.id)).filter(|id| !id.id.is_empty()).collect(),
            isrc: track.isrc.as_deref().and_then(isrc),
            recording: track.recording.clone().filter(|recording| !recording.is_empty()),
            skeleton: Skeleton::from_folded(&whole),
            work: Work::read(&title),
            whole,
            base: name::compact(without_article(&title.base)),
            spoken: name::compact(&title.spoken),
            sorted: name::sorted(&title.whole),
            letters,
            cut_off: is_cut_off(&track.title),
            title,
            credit,
            album: if names_nothing(&album_title.base) { String::new() } else { name::compact(&album_title.base) },
            live_album: album_title.is_live() || is_live(album),
            remix_album: name::words(&fold(album)).iter().any(|word| matches!(word.as_str(), "remixes" | "mixes")),
            album_version: named(album_title.version),
            duration_ms: track.duration_ms.filter(|length| *length > 0),
        }
    }

    /// The whole title with its small numbers in words and katakana as hiragana.
    pub(super) fn letters(&self) -> &str {
        self.letters.as_deref().unwrap_or(&self.whole)
    }

    /// Whether title or album say that it is a recording of a concert.
    pub(super) fn is_live(&self) -> bool {
        self.live_album || self.title.is_live()
    }
}

/// The words of a version that only has a name.
fn named(version: Version) -> Box<[String]> {
    if version.kinds.contains(&Kind::Named) { version.details.into_boxed_slice() } else { Box::default() }
}

/// True if the name of an album means an unknown album: "Unknown Album".
fn names_nothing(album: &[String]) -> bool {
    NO_ALBUM.contains(&album.join(" ").as_str())
}

/// True if the name of an album states a concert: "Live at the Mill".
fn is_live(album: &str) -> bool {
    let read = segment::read(&name::words(&fold(album)));
    matches!(read, Segment::Version { kinds, .. } if kinds.contains(&Kind::Live))
}

pub(super) fn without_article(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && matches!(first.as_str(), "the" | "a" | "an") => rest,
        _ => words,
    }
}

/// Removes the track number of a file name: "05 - Title".
fn strip_number(pieces: &mut Vec<Piece>) {
    if let [first, second, ..] = pieces.as_slice() {
        let number = first.text.trim();
        let counts = number.len() == 2 && number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
        if counts && second.place == PiecePosition::Dash {
            pieces.remove(0);
            open_first(pieces);
        }
    }
}
