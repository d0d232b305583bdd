//! Compares two credits: whether they name the same people.
//!
//! These differences do not matter: the order of the names, a guest in the title instead of the credit, several names in one
//! text instead of a list, initials, and articles. "Various Artists" and an empty credit name no artist.

use super::alike;
use super::artists::{is_article, split_credit};
use super::composers::is_composer;
use super::file_name::is_cut_off;
use super::limits::MAX_NAMES;
use super::name::{self, fold};
use super::number;
use super::relation::Artists;
use super::romanise::Skeleton;
use super::words::NOBODY;

/// One name in the forms in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The words without an article at the start.
    pub(super) words: Vec<String>,
    pub(super) compact: String,
}

/// All people that a track names.
#[derive(Debug, Clone, Default)]
pub(super) struct Credit {
    /// Main artists, then guests.
    pub(super) names: Vec<Name>,
    /// The number of main artists among `names`.
    pub(super) mains: usize,
    /// Composers who are named beside main artists. They do not count as main artists.
    composers: Box<[Name]>,
    /// Only composers are named, so the performers are unknown.
    only_composers: bool,
    /// All words of the main names, sorted. This text is the same for every way to split the credit.
    sorted: String,
    /// The first name in Latin letters.
    skeleton: Option<Skeleton>,
    /// The first field may be truncated.
    cut_off: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NameSimilarity {
    No,
    Close,
    Equal,
}

impl Credit {
    /// Reads the artist fields, and the credits of guests in the title.
    pub(super) fn read(fields: &[String], guests: &[String]) -> Self {
        let mut mains = Vec::new();
        let mut others = Vec::new();
        for one in fields.iter().take(MAX_NAMES).flat_map(|field| split_credit(field)) {
            let to = if one.guest { &mut others } else { &mut mains };
            push(&one.name, to);
        }
        for one in guests.iter().flat_map(|guest| split_credit(guest)) {
            push(&one.name, &mut others);
        }
        others.retain(|guest| !mains.contains(guest));
        let only_composers = !mains.is_empty() && mains.iter().all(|name| is_composer(&name.words));
        let composers = if only_composers {
            mains.clone().into_boxed_slice()
        } else {
            mains.extract_if(.., |name| is_composer(&name.words)).collect()
        };
        let sorted = sorted_words(&mains);
        let count = mains.len().min(MAX_NAMES);
        mains.extend(others);
        mains.truncate(MAX_NAMES);
        let skeleton = mains.first().and_then(|name| Skeleton::from_folded(&name.compact));
        let cut_off = fields.first().is_some_and(|field| is_cut_off(field));
        Self { names: mains, mains: count, composers, only_composers, sorted, skeleton, cut_off }
    }

    /// True if one credit is the truncated start of the other.
    pub(super) fn is_cut_of(&self, other: &Self) -> bool {
        let text = |credit: &Self| name::compact(&words_of(credit.names.get(..credit.mains).unwrap_or_default()));
        let begins = |cut: &Self, whole: &Self| cut.cut_off && text(whole).starts_with(&text(cut));
        begins(self, other) || begins(other, self)
    }

    /// True if no main artist is named.
    pub(super) fn is_unknown(&self) -> bool {
        self.mains == 0
    }

    pub(super) fn skeleton(&self) -> Option<&Skeleton> {
        self.skeleton.as_ref().filter(|_| !self.is_unknown())
    }

    /// The family name of the first composer.
    pub(super) fn composer(&self) -> Option<&str> {
        self.composers.first().and_then(|name| name.words.last()).map(String::as_str)
    }

    pub(super) fn guests(&self) -> &[Name] {
        self.names.get(self.mains..).unwrap_or_default()
    }

    /// True if both credits name guests, and neither credit names a guest of the other credit.
    pub(super) fn guests_differ(&self, other: &Self) -> bool {
        let strangers = |a: &Self, b: &Self| {
            !a.guests().is_empty() && a.guests().iter().all(|guest| b.find(guest) == NameSimilarity::No)
        };
        strangers(self, other) && strangers(other, self)
    }

    /// True if one of the names consists of these words, for example the words for a remixer who is credited as the artist.
    pub(super) fn has_words(&self, details: &[String]) -> bool {
        self.names.iter().any(|one| one.words == details || one.compact == name::compact(details))
    }

    /// True if each credit names a main artist that the other does not name, for example two orchestras with the same
    /// conductor. Artists in `roles` are ignored: the titles name them, for instance as remixers.
    pub(super) fn performers_differ(&self, other: &Self, roles: [&[String]; 2]) -> bool {
        let strange = |a: &Self, b: &Self| {
            a.names.iter().take(a.mains).any(|name| {
                let others = b.names.iter().map(|one| one.words.as_slice()).chain(roles);
                let known = name.words.iter().all(|word| others.clone().any(|words| words.contains(word)));
                b.find(name) == NameSimilarity::No && !known
            })
        };
        strange(self, other) && strange(other, self)
    }

    /// Compares the two credits. Their order does not change the result.
    pub(super) fn compare(&self, other: &Self) -> Artists {
        if self.is_unknown() || other.is_unknown() {
            return Artists::Unknown;
        }
        if self.only_composers || other.only_composers {
            let unnamed = self.composers.is_empty() || other.composers.is_empty();
            let family = |name: &Name| name.words.last().cloned();
            let shared = |name: &Name| other.composers.iter().any(|one| family(one) == family(name));
            let may_be_one = unnamed || self.composers.iter().any(shared);
            return if may_be_one { Artists::Unknown } else { Artists::Differ };
        }
        if self.sorted == other.sorted {
            return if self.has_guests_of(other) && other.has_guests_of(self) { Artists::Equal } else { Artists::Main };
        }
        let (ours, theirs) = (self.similarities(other), other.similarities(self));
        let all = ours.iter().chain(&theirs).copied().min().unwrap_or(NameSimilarity::No);
        let first = |list: &[NameSimilarity]| list.first().copied().unwrap_or(NameSimilarity::No);
        match (all, first(&ours).min(first(&theirs))) {
            (NameSimilarity::Equal, _) => Artists::Equal,
            (_, NameSimilarity::Equal) => Artists::Main,
            (NameSimilarity::Close, _) | (_, NameSimilarity::Close) => Artists::Close,
            _ if self.has_main_of(other) || other.has_main_of(self) => Artists::Partial,
            _ if self.contains_name(other) || other.contains_name(self) => Artists::Within,
            _ if name::in_other_scripts(&self.sorted, &other.sorted) => Artists::OtherScript,
            _ => Artists::Differ,
        }
    }

    /// Compares the first name of each credit: whether the names differ by a slip, one name consists of the initials of the
    /// other, or they may be the same name in traditional and simplified characters.
    pub(super) fn is_slip_of(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.names.first(), other.names.first()) else { return false };
        if a.is_acronym_of(b) || b.is_acronym_of(a) {
            return true;
        }
        let (a, b) = (a.compact.as_str(), b.compact.as_str());
        let chars = a.chars().count();
        let long = chars.min(b.chars().count()) >= 4;
        let is_han = |text: &str| text.chars().all(|c| matches!(c, '\u{3400}'..='\u{9fff}'));
        let in_common = a.chars().zip(b.chars()).filter(|(a, b)| a == b).count();
        let han = chars >= 2 && chars == b.chars().count() && is_han(a) && is_han(b) && in_common > 0;
        han || (long && a.chars().next() == b.chars().next() && alike::is_slip(a, b))
    }

    fn has_guests_of(&self, other: &Self) -> bool {
        other.guests().iter().all(|guest| self.find(guest) == NameSimilarity::Equal)
    }

    /// True if this credit names a main artist of the other credit. A common guest does not identify the main artist.
    fn has_main_of(&self, other: &Self) -> bool {
        other.names.iter().take(other.mains).any(|main| self.find(main) == NameSimilarity::Equal)
    }

    fn similarities(&self, other: &Self) -> Vec<NameSimilarity> {
        self.names.iter().map(|name| other.find(name)).collect()
    }

    fn find(&self, name: &Name) -> NameSimilarity {
        self.names.iter().map(|one| one.similarity(name)).max().unwrap_or(NameSimilarity::No)
    }

    /// Whether a name of the other credit is the start or the end of a name of this credit: "Ray and the Band", "The Band".
    fn contains_name(&self, other: &Self) -> bool {
        let within = |long: &Name, short: &Name| {
            let few = short.words.len() < long.words.len() && short.compact.chars().count() >= 4;
            few && (long.words.starts_with(&short.words) || long.words.ends_with(&short.words))
        };
        self.names.iter().any(|long| other.names.iter().any(|short| within(long, short)))
    }
}

impl Name {
    pub(super) fn read(text: &str) -> Option<Self> {
        let folded = fold(text);
        let mut words = name::words(without_note(&folded));
        let sorted = |word: &String| word == "the" || (folded.contains(',') && is_article(word));
        if words.len() > 1 && words.last().is_some_and(sorted) {
            words.rotate_right(1);
        }
        let stem =
            words.iter().take_while(|word| matches!(word.as_str(), "the" | "a" | "an") || is_article(word)).count();
        if stem < words.len() {
            words.drain(..stem.min(1));
        }
        let nobody = NOBODY.contains(&words.join(" ").as_str());
        let compact = name::compact(&words.iter().map(|word| number::plain(abbreviated(word))).collect::<Vec<_>>());
        (!nobody && !compact.is_empty()).then_some(Self { words, compact })
    }

    /// True if this name is an acronym of the name `long`, as "NSO" is of "Night Shift Orchestra". The acronym may leave
    /// out small words.
    fn is_acronym_of(&self, long: &Self) -> bool {
        let is_small = |word: &String| matches!(word.as_str(), "a" | "and" | "in" | "of" | "the");
        let initials =
            |words: &mut dyn Iterator<Item = &String>| words.filter_map(|word| word.chars().next()).collect();
        let all: String = initials(&mut long.words.iter());
        let large: String = initials(&mut long.words.iter().filter(|word| !is_small(word)));
        let fits = |initials: &String| initials.chars().count() >= 3 && *initials == self.compact;
        self.words.len() == 1 && (fits(&all) || fits(&large))
    }

    fn similarity(&self, other: &Self) -> NameSimilarity {
        if self.compact == other.compact {
            NameSimilarity::Equal
        } else if alike::is_typo(&self.compact, &other.compact)
            || (self.words.len() == other.words.len() && name::sorted(&self.words) == name::sorted(&other.words))
            || has_initials(&self.words, &other.words)
            || without_title(&self.words) == without_title(&other.words)
            || is_one_composer(&self.words, &other.words)
        {
            NameSimilarity::Close
        } else {
            NameSimilarity::No
        }
    }
}

/// Words of names that are often abbreviated.
fn abbreviated(word: &str) -> &str {
    match word {
        "saint" => "st",
        "mister" => "mr",
        "doctor" => "dr",
        word => word,
    }
}

/// True if two names mean the same composer: "Bach" and "Johann Sebastian Bach".
fn is_one_composer(a: &[String], b: &[String]) -> bool {
    a.len().min(b.len()) == 1 && a.last() == b.last() && is_composer(a) && is_composer(b)
}

fn push(text: &str, to: &mut Vec<Name>) {
    to.extend(Name::read(text).filter(|name| !to.contains(name)));
}

fn sorted_words(names: &[Name]) -> String {
    name::sorted(&words_of(names))
}

/// The words of all names in order, without words that only join names.
fn words_of(names: &[Name]) -> Vec<&String> {
    let is_name = |word: &&String| !matches!(word.as_str(), "and" | "the" | "x" | "vs");
    names.iter().flat_map(|name| &name.words).filter(is_name).collect()
}

/// A name without a suffix that distinguishes namesakes ("(2)", "(UK)"), and without the suffix of a video channel.
fn without_note(folded: &str) -> &str {
    let text = folded.trim();
    let text = text.strip_suffix("- topic").map_or(text, str::trim_end);
    let text = text.strip_suffix("vevo").filter(|name| !name.trim().is_empty()).unwrap_or(text);
    let Some((before, note)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else { return text };
    let short = note.chars().count() <= 3;
    if short && !before.trim().is_empty() { before.trim_end() } else { text }
}

/// Removes "DJ" or "MC" from the start of a name: "DJ Someone" becomes "Someone".
fn without_title(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && matches!(first.as_str(), "dj" | "mc") => rest,
        _ => words,
    }
}

/// True if two names have a word in common and matching initials: "I. M. Lund" and "Ida Maria Lund", "Ida L" and "Ida Lund".
fn has_initials(a: &[String], b: &[String]) -> bool {
    let initial = |a: &str, b: &str| a.chars().count() == 1 && b.starts_with(a);
    let fits = |(a, b): (&String, &String)| a == b || initial(a, b) || initial(b, a);
    let is_name = |(a, b): (&String, &String)| a == b && a.chars().count() >= 3;
    let pairs = || a.iter().zip(b);
    a.len() >= 2 && a.len() == b.len() && pairs().all(fits) && pairs().any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(a: &[&str], b: &[&str]) -> Artists {
        let read =
            |fields: &[&str]| Credit::read(&fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>(), &[]);
        let (a, b) = (read(a), read(b));
        assert_eq!(a.compare(&b), b.compare(&a));
        a.compare(&b)
    }

    #[test]
    fn spellings_of_one_credit_agree() {
        for (a, b, expected) in [
            (&["Earth, Wind & Fire"][..], &["Earth Wind and Fire"][..], Artists::Equal),
            (&["Ida Lund & Mara Voss"], &["Mara Voss", "Ida Lund"], Artists::Equal),
            (&["Lund, Ida van"], &["Ida van Lund"], Artists::Equal),
            (&["The Lanterns"], &["Lanterns, The"], Artists::Equal),
            (&["Laternen, Die"], &["Die Laternen"], Artists::Equal),
            (&["Johann Sebastian Bach", "Ida Lund"], &["Ida Lund"], Artists::Equal),
            (&["Bach", "Ida Lund"], &["J. S. Bach"], Artists::Unknown),
            (&["Bach", "Ida Lund"], &["Bach", "Mara Voss"], Artists::Differ),
            (&["Mara Voss: Hallmark Philharmonic"], &["Hallmark Philharmonic;Mara Voss"], Artists::Equal),
            (&["Oto (2)"], &["OTO"], Artists::Equal),
            (&["Ida Lund - Topic"], &["Ida Lund"], Artists::Equal),
            (&["Ida Lund feat. Oto"], &["Ida Lund"], Artists::Main),
            (&["I. M. Lund"], &["Ida Maria Lund"], Artists::Close),
            (&["DJ Halden"], &["Halden"], Artists::Close),
            (&["Bach"], &["J. S. Bach"], Artists::Unknown),
            (&["Bach"], &["Beethoven"], Artists::Differ),
            (&["Saint Halden"], &["St. Halden"], Artists::Equal),
            (&["Ida Lundt"], &["Ida Lund"], Artists::Close),
            (&["Mara Voss"], &["Ida Lund & Mara Voss"], Artists::Partial),
            (&["Ray Dell"], &["Ray Dell and the Ashes"], Artists::Within),
            (&["Ida Lund feat. Oto"], &["Mara Voss feat. Oto"], Artists::Differ),
            (&["Oto"], &["Ida Lund feat. Oto"], Artists::Partial),
            (&["Кино"], &["Kino"], Artists::OtherScript),
            (&["Various Artists"], &["Ida Lund"], Artists::Unknown),
            (&[], &["Ida Lund"], Artists::Unknown),
            (&["Oto"], &["Ito"], Artists::Differ),
            (&["Ida Lund"], &["Ada Lund"], Artists::Differ),
        ] {
            assert_eq!(compare(a, b), expected, "{a:?} / {b:?}");
        }
    }

    #[test]
    fn initials_of_three_words_and_more_may_be_the_name() {
        let read = |name: &str| Credit::read(&[name.to_owned()], &[]);
        let is_slip = |a: &str, b: &str| read(a).is_slip_of(&read(b)) && read(b).is_slip_of(&read(a));
        assert!(is_slip("N.S.O.", "Night Shift Orchestra"));
        assert!(is_slip("QOTNS", "Queens of the Night Shift") && is_slip("QNS", "Queens of the Night Shift"));
        assert!(!is_slip("NS", "Night Shift") && !is_slip("NSA", "Night Shift Orchestra"));
    }
}
