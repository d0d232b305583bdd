//! Collects the evidence about two tracks, without a judgement.

use super::limits::{LOOSE_FLOOR_MS, LOOSE_MS, LOOSE_PERCENT, NEAR_FLOOR_MS, NEAR_MS, NEAR_PERCENT, TIGHT_MS};
use super::prepared::{PreparedTrack, without_article};
use super::relation::{Artists, Length, Titles};
use super::romanise::Skeleton;
use super::version::{Agreement, Kind, Version};
use super::words::COMMON_TITLES;
use super::{alike, name, number};

/// The comparison of two tracks, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The service of an id that both tracks have.
    pub(super) same_id: Option<String>,
    /// Whether the ISRCs are equal; `None` if a track has no ISRC.
    pub(super) same_isrc: Option<bool>,
    /// True if both tracks have the same [`Track::recording`](super::Track::recording).
    pub(super) same_recording: bool,
    pub(super) titles: Titles,
    pub(super) versions: Agreement,
    pub(super) artists: Artists,
    pub(super) guests_differ: bool,
    pub(super) length: Length,
    pub(super) difference_ms: Option<u64>,
    pub(super) same_album: Option<bool>,
    /// Artist and title do not identify a recording without its length, because the artist may have several recordings with
    /// this title.
    pub(super) needs_length: bool,
}

pub(super) fn compare(a: &PreparedTrack, b: &PreparedTrack) -> Evidence {
    let said_the_same = !a.spoken.is_empty() && a.spoken == b.spoken;
    let difference_ms = a.duration_ms.zip(b.duration_ms).map(|(a, b)| a.abs_diff(b));
    let titles = if said_the_same { Titles::Equal } else { titles(a, b) };
    let artists = match a.credit.compare(&b.credit) {
        Artists::OtherScript | Artists::Differ if romanised(a.credit.skeleton(), b.credit.skeleton()) => {
            Artists::Romanised
        }
        Artists::Differ if a.credit.is_slip_of(&b.credit) => Artists::Romanised,
        Artists::Differ if a.credit.is_cut_of(&b.credit) => Artists::Within,
        Artists::Differ if remixer_is_artist(a, b) || remixer_is_artist(b, a) => Artists::Partial,
        artists => artists,
    };
    // "ida lund night bus" without a sign between artist and title.
    let (titles, artists) = if names_artist_and_title(a, b) || names_artist_and_title(b, a) {
        (Titles::Close, Artists::Within)
    } else {
        (titles, artists)
    };
    let shares_artist =
        !matches!(artists, Artists::Romanised | Artists::Unknown | Artists::OtherScript | Artists::Differ);
    let roles = [a.title.version.details.as_slice(), &b.title.version.details];
    let both = |a: &Option<String>, b: &Option<String>| a.as_ref().zip(b.as_ref()).map(|(a, b)| a == b);
    Evidence {
        same_id: a.ids.iter().find(|id| b.ids.contains(id)).map(|id| id.service.clone()),
        same_isrc: both(&a.isrc, &b.isrc),
        same_recording: both(&a.recording, &b.recording) == Some(true),
        titles,
        versions: versions(a, b, said_the_same),
        artists,
        guests_differ: a.credit.guests_differ(&b.credit)
            || (shares_artist && a.credit.performers_differ(&b.credit, roles)),
        length: length(a.duration_ms.zip(b.duration_ms)),
        difference_ms,
        same_album: (!a.album.is_empty() && !b.album.is_empty()).then(|| a.album == b.album),
        needs_length: needs_length(a, b),
    }
}

/// True if two texts are equal after conversion to Latin letters.
fn romanised(a: Option<&Skeleton>, b: Option<&Skeleton>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    if a.few_vowels != b.few_vowels {
        let bare = |one: &Skeleton| if a.hebrew || b.hebrew { one.in_hebrew() } else { one.consonants.clone() };
        return bare(a) == bare(b) && bare(a).chars().count() >= 2;
    }
    let spoken = |a: &Skeleton, b: &Skeleton| a.spoken.iter().any(|spelling| **spelling == *b.text);
    if spoken(a, b) || spoken(b, a) {
        return a.text.chars().count().min(b.text.chars().count()) >= 4;
    }
    a.text.chars().count() >= 3 && (a.text == b.text || alike::is_typo(&a.text, &b.text))
}

/// True if artist and title do not identify a recording without its length. Such tracks are a concert without its place, a
/// video, a title that many works have ("Main Titles"), a track of a record with remixes, and a pair in which only one title
/// says that it is the original.
fn needs_length(a: &PreparedTrack, b: &PreparedTrack) -> bool {
    let unclear = |track: &PreparedTrack| {
        let title = &track.title;
        let unnamed_concert = title.is_live() && title.version.details.is_empty();
        unnamed_concert || title.is_video || track.remix_album || COMMON_TITLES.contains(&title.base.join(" ").as_str())
    };
    unclear(a) || unclear(b) || a.title.says_original != b.title.says_original
}

/// True if the title of a track without an artist consists of the artist and the title of the other track.
fn names_artist_and_title(a: &PreparedTrack, b: &PreparedTrack) -> bool {
    let artist = b.credit.names.first().filter(|_| !b.credit.is_unknown());
    a.credit.is_unknown()
        && !b.whole.is_empty()
        && artist.is_some_and(|artist| a.whole.strip_prefix(&artist.compact) == Some(b.whole.as_str()))
}

/// True if one track is a remix that is credited to its remixer.
fn remixer_is_artist(a: &PreparedTrack, b: &PreparedTrack) -> bool {
    let details = &a.title.version.details;
    !details.is_empty() && b.title.version.details == *details && b.credit.has_words(details)
}

fn titles(a: &PreparedTrack, b: &PreparedTrack) -> Titles {
    let (whole_a, whole_b) = (&a.title.whole, &b.title.whole);
    if whole_a.is_empty() || whole_b.is_empty() {
        return Titles::Missing;
    }
    if a.whole == b.whole || a.sorted == b.sorted || a.letters() == b.letters() {
        return Titles::Equal;
    }
    if a.base == b.base && a.title.subtitle.is_empty() != b.title.subtitle.is_empty() {
        // One word in a bracket may name a version that is in no list: "(Nachtmix)".
        let one_word = a.title.subtitle.len() + b.title.subtitle.len() == 1;
        return if one_word { Titles::Shared } else { Titles::Subtitle };
    }
    let romanised = || romanised(a.skeleton.as_ref(), b.skeleton.as_ref());
    let spelled = || a.skeleton.as_ref().zip(b.skeleton.as_ref()).is_some_and(|(a, b)| a.text.len() >= 4 && a == b);
    if name::in_other_scripts(&a.whole, &b.whole) {
        return if romanised() { Titles::Romanised } else { Titles::OtherScript };
    }
    if spell_sounds(whole_a) == spell_sounds(whole_b) {
        return Titles::Romanised;
    }
    let (bare_a, bare_b) = (without_article(whole_a), without_article(whole_b));
    let same_work = || a.work.is_same(&b.work);
    if is_beginning(a, b) || is_beginning(b, a) {
        return Titles::Shared;
    }
    let same_numbers = numbers(whole_a).eq(numbers(whole_b));
    if same_numbers && (bare_a == bare_b || alike::are_typos(bare_a, bare_b)) {
        Titles::Close
    } else if !same_numbers && !same_work() && only_numbers_differ(whole_a, whole_b) {
        Titles::Numbers
    } else if same_numbers && spelled() {
        Titles::Romanised
    } else if same_work() {
        Titles::Work
    } else if same_numbers && alike::are_slips(whole_a, whole_b) {
        Titles::Slip
    } else if shares_words(whole_a, whole_b) {
        Titles::Shared
    } else if name::in_other_scripts(&a.base, &b.base) {
        let bases = [a, b].map(|track| Skeleton::from_folded(&track.base));
        let [a, b] = bases.each_ref().map(Option::as_ref);
        if self::romanised(a, b) { Titles::Romanised } else { Titles::OtherScript }
    } else {
        Titles::Differ
    }
}

/// The numbers of a title, and the letter at its end that numbers it: "Interlude I", "Side B".
fn numbers(words: &[String]) -> impl Iterator<Item = &String> {
    words.iter().enumerate().filter(|(at, _)| is_number(words, *at)).map(|(_, word)| word)
}

fn is_number(words: &[String], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let letter = word.len() == 1 && at > 0 && at + 1 == words.len();
    letter || number::has_digit(word)
}

/// Whether different numbers show that two titles are different: both titles have numbers, or all other words are equal.
fn only_numbers_differ(a: &[String], b: &[String]) -> bool {
    let both = numbers(a).next().is_some() && numbers(b).next().is_some();
    let others = |words: &[String]| {
        words
            .iter()
            .enumerate()
            .filter(|(at, _)| !is_number(words, *at))
            .map(|(_, word)| word.clone())
            .collect::<Vec<_>>()
    };
    both || others(a) == others(b)
}

/// Replaces words that are written as they sound: "2 U" becomes "to you".
fn spell_sounds(words: &[String]) -> String {
    let sound = |word: &String| match word.as_str() {
        "2" | "too" => "to".to_owned(),
        "4" => "for".to_owned(),
        "u" => "you".to_owned(),
        "r" => "are".to_owned(),
        word => word.to_owned(),
    };
    name::compact(&words.iter().map(sound).collect::<Vec<_>>())
}

/// True if the title of `cut` may be truncated and is the start of the title of `whole`.
fn is_beginning(cut: &PreparedTrack, whole: &PreparedTrack) -> bool {
    cut.cut_off && cut.whole.chars().count() >= 12 && whole.whole.starts_with(&cut.whole)
}

/// True if the words in common have at least half of the letters of the shorter title, and one of them is not a small word.
fn shares_words(a: &[String], b: &[String]) -> bool {
    let letters = |word: &String| word.chars().count();
    let all = |words: &[String]| words.iter().map(letters).sum::<usize>();
    let common = |a: &[String], b: &[String]| {
        a.iter().filter(|word| !number::has_digit(word) && b.contains(word)).map(letters).sum::<usize>()
    };
    let is_large = |word: &String| word.chars().count() >= 4 || !word.is_ascii();
    let shares_large = a.iter().any(|word| is_large(word) && !number::has_digit(word) && b.contains(word));
    shares_large && common(a, b).min(common(b, a)) * 2 >= all(a).min(all(b))
}

/// Compares the versions by the titles, and by the albums if only one title names a live recording.
fn versions(a: &PreparedTrack, b: &PreparedTrack, said_the_same: bool) -> Agreement {
    let said = if said_the_same { Agreement::Same } else { a.title.version.agreement(&b.title.version) };
    if a.title.is_live() != b.title.is_live() && a.is_live() && b.is_live() {
        return without_live(&a.title.version).agreement(&without_live(&b.title.version)).max(Agreement::Unnamed);
    }
    if said == Agreement::Differ && length(a.duration_ms.zip(b.duration_ms)) == Length::Tight {
        let [a, b] = [a, b].map(|track| without_cut(&track.title.version));
        return if a.details == b.details { a.agreement(&b).max(Agreement::Unsaid) } else { said };
    }
    let only_album = a.is_live() != b.is_live() && !a.title.is_live() && !b.title.is_live();
    let known = !a.album.is_empty() && !b.album.is_empty();
    // "Harbour" and "Harbour (Mara's Version)": an album that was recorded again.
    let again = a.album == b.album && a.album_version != b.album_version;
    if known && (only_album || again) { said.max(Agreement::Unsaid) } else { said }
}

fn without_live(version: &Version) -> Version {
    let mut version = version.clone();
    version.kinds.retain(|kind| !matches!(kind, Kind::Live | Kind::Session));
    version.details.clear();
    version
}

/// A version without the words for a shorter or longer edit, because equal lengths contradict them.
fn without_cut(version: &Version) -> Version {
    let mut version = version.clone();
    let named = !version.details.is_empty();
    let counts = |kind: &Kind| match kind {
        Kind::Edit | Kind::RadioEdit | Kind::Extended => false,
        // "X Radio Edit" may be an edit of the "X Remix".
        Kind::Remix | Kind::Mix | Kind::Rework => !named,
        _ => true,
    };
    version.kinds.retain(counts);
    version
}

/// True if the lengths differ so much that the tracks are different edits. This check is cheap, so it comes first.
pub(super) fn is_far(a: &PreparedTrack, b: &PreparedTrack) -> bool {
    length(a.duration_ms.zip(b.duration_ms)) == Length::Far
}

fn length(pair: Option<(u64, u64)>) -> Length {
    let Some((a, b)) = pair else { return Length::Unknown };
    let (difference, longer) = (a.abs_diff(b), a.max(b));
    let share = |percent: u64| (longer / 100).saturating_mul(percent);
    if difference <= TIGHT_MS {
        Length::Tight
    } else if difference <= share(NEAR_PERCENT).clamp(NEAR_FLOOR_MS, NEAR_MS) {
        Length::Near
    } else if difference <= share(LOOSE_PERCENT).clamp(LOOSE_FLOOR_MS, LOOSE_MS) {
        Length::Loose
    } else {
        Length::Far
    }
}
