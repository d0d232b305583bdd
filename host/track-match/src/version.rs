//! Decides which recording of a work a title means, and whether two titles mean the same one.
//!
//! "Original Mix", "Album Version", "Official Video" and a guest ("feat.") are not versions. A remaster is not a version
//! either: its year is stored and never compared. If only one of two titles has a word, the versions differ for some words and
//! not for others. So the comparison has four possible results.

use serde::Serialize;

use super::limits::MAX_CHARS;
use super::{alike, name};

/// The meaning of a version word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A remix.
    Remix,
    /// A named mix: "Club Mix". Some people call a named mix a remix.
    Mix,
    /// A rework, flip, refix, reboot.
    Rework,
    /// A bootleg or mash-up.
    Bootleg,
    /// An edit other than a radio edit.
    Edit,
    /// A radio edit, single edit, 7-inch version.
    RadioEdit,
    /// An extended, long or 12-inch version.
    Extended,
    /// A dub.
    Dub,
    /// A VIP mix.
    Vip,
    /// A concert.
    Live,
    /// A session in a studio of radio or television.
    Session,
    /// A version without singing.
    Instrumental,
    /// A version with only the singing.
    Acappella,
    /// A version without amplified instruments.
    Acoustic,
    /// A demo.
    Demo,
    /// An alternate take.
    Alternate,
    /// A new recording of the work.
    Rerecorded,
    /// A recording by another artist.
    Cover,
    /// A version without the main vocals.
    Karaoke,
    /// A faster version.
    SpedUp,
    /// A slower version.
    Slowed,
    /// "8D audio": the sound moves around the listener.
    EightD,
    /// A part of a DJ mix.
    Mixed,
    /// An intro, interlude, skit or reprise.
    Passage,
    /// A version with only a name: "Spanish Version", "Piano Version".
    Named,
    /// The version on the single. If the album has the same recording, both have the same length.
    Single,
    /// The mix for the single.
    SingleMix,
    /// The mono mix.
    Mono,
    /// A version without explicit words.
    Clean,
}

/// The version that a title names in addition to the name of the work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The kinds, sorted; empty for the recording that the bare title means.
    pub kinds: Vec<Kind>,
    /// The names in the version: remixer, place, year of a concert; folded words in the order of the title.
    pub details: Vec<String>,
    /// The numbers of the part: `[2]` of "Pt. II", `[1, 5]` of "Parts 1-5".
    pub part: Vec<u32>,
    /// `Some` if the title says that it is a remaster; contains its year, if given.
    pub remaster: Option<Option<u16>>,
}

/// The agreement of the version words of two titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// Their words are the same.
    Same,
    /// One title has a word that titles often omit ("Single Version"), or the titles have two words for one thing ("X Mix", "X
    /// Remix"). If the lengths are equal, the recordings are the same.
    Unnamed,
    /// One title has words that the other title may have omitted: a part, mono, clean, the name of a remix or of a concert.
    /// Equal lengths do not prove that the recordings are the same.
    Unsaid,
    /// They are different recordings.
    Differ,
}

/// True if the version words of two titles are certainly the same, so that neither the length nor a person has to decide.
#[must_use]
pub fn same_version(a: &Version, b: &Version) -> bool {
    a.agreement(b) == Agreement::Same
}

impl Version {
    /// True if the title names no version and no part. A remaster is not a version.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.kinds.is_empty() && self.part.is_empty()
    }

    /// Compares two versions. Symmetric.
    #[must_use]
    pub fn agreement(&self, other: &Self) -> Agreement {
        self.parts_agree(other).max(self.kinds_agree(other))
    }

    fn parts_agree(&self, other: &Self) -> Agreement {
        match (self.part.is_empty(), other.part.is_empty()) {
            _ if self.part == other.part => Agreement::Same,
            (false, false) => Agreement::Differ,
            _ => Agreement::Unsaid,
        }
    }

    fn kinds_agree(&self, other: &Self) -> Agreement {
        if self.kinds == other.kinds && self.details == other.details {
            return Agreement::Same;
        }
        let (ours, theirs) = (self.hard(), other.hard());
        let details = details_agree(&self.details, &other.details);
        let hard = if ours == theirs { details } else { alike_kinds(&ours, &theirs).max(details) };
        let differs = |kind| self.kinds.contains(&kind) != other.kinds.contains(&kind);
        let soft = if differs(Kind::Mono) || differs(Kind::Clean) || differs(Kind::SingleMix) {
            Agreement::Unsaid
        } else if differs(Kind::Single) {
            Agreement::Unnamed
        } else {
            Agreement::Same
        };
        hard.max(soft)
    }

    /// The kinds that mean a different recording if only one of two titles has them.
    fn hard(&self) -> Vec<Kind> {
        let soft = [Kind::Single, Kind::SingleMix, Kind::Mono, Kind::Clean];
        self.kinds.iter().copied().filter(|kind| !soft.contains(kind)).collect()
    }

    /// Sorts the kinds and removes duplicates. Also removes `Edit` beside `Extended` or `RadioEdit`, and details without a
    /// kind. Called after all segments were read.
    pub(super) fn normalise_kinds(&mut self) {
        self.kinds.sort_unstable();
        self.kinds.dedup();
        let has = |kind: &Kind| self.kinds.contains(kind);
        if has(&Kind::Extended) || has(&Kind::RadioEdit) {
            self.kinds.retain(|kind| *kind != Kind::Edit);
        }
        if self.kinds.is_empty() {
            self.details.clear();
        }
    }
}

const REMIXES: &[Kind] = &[Kind::Remix, Kind::Mix, Kind::Rework, Kind::Bootleg];

/// Compares kinds that people confuse: an "Edit" may be a radio edit, and some people call a remix a rework.
fn alike_kinds(a: &[Kind], b: &[Kind]) -> Agreement {
    const FAMILIES: [&[Kind]; 3] = [&[Kind::Edit, Kind::RadioEdit], REMIXES, &[Kind::Live, Kind::Session]];
    let as_family = |kinds: &[Kind]| -> Vec<usize> {
        let family = |kind: &Kind| FAMILIES.iter().position(|family| family.contains(kind));
        let mut out: Vec<_> = kinds.iter().map(|kind| family(kind).unwrap_or(100 + *kind as usize)).collect();
        out.sort_unstable();
        out.dedup();
        out
    };
    if as_family(a) == as_family(b) { Agreement::Unnamed } else { Agreement::Differ }
}

fn details_agree(a: &[String], b: &[String]) -> Agreement {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (one, other) = (name::compact(short), name::compact(long));
    debug_assert!(one.len() <= MAX_CHARS * 16);
    if one == other || name::sorted(short) == name::sorted(long) || alike::is_typo(&one, &other) {
        Agreement::Same
    } else if short.iter().all(|word| long.contains(word)) || alike::is_slip(&one, &other) || is_acronym(short, long) {
        Agreement::Unsaid
    } else {
        Agreement::Differ
    }
}

/// True if the only word of `short` consists of the first letters of the words of `long`: "MOV", "Mara Old Voss".
fn is_acronym(short: &[String], long: &[String]) -> bool {
    let [word] = short else { return false };
    long.len() > 1 && word.chars().eq(long.iter().filter_map(|word| word.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::super::title::version;
    use super::*;

    fn says(title: &str) -> String {
        let version = version(title);
        format!("{:?} {:?} {:?} {:?}", version.kinds, version.details, version.part, version.remaster)
    }

    #[test]
    fn version_words_are_read_at_all_positions() {
        insta::assert_snapshot!(
            [
                "Night Bus",
                "Night Bus (Original Mix)",
                "Night Bus - Radio Edit",
                "Night Bus (Mara Voss Remix)",
                "Night Bus - Mara Voss Extended Remix",
                "Night Bus (Extended Dub)",
                "Night Bus Extended Mix",
                "Night Bus (Remixed by Mara Voss)",
                "Night Bus (Live at the Old Mill, 1994)",
                "Night Bus - Live",
                "Night Bus (feat. Ida Lund) [Club Mix]",
                "Night Bus, Pt. II",
                "Night Bus (Part One)",
                "Night Bus (Parts 1-3)",
                "Night Bus - 2011 Remaster",
                "Night Bus - Remastered 2009 / Mono",
                "Night Bus (12\" Mix)",
                "Night Bus (7\" Version)",
                "Night Bus (Mara's Version)",
                "Night Bus (In the Style of Ida Lund)",
                "Night Bus (Sped Up)",
                "Night Bus (slowed + reverb)",
                "Night Bus (8D Audio)",
                "Night Bus (Official Video)",
                "Night Bus (Live and Let Go)",
                "Night Bus (How We Live)",
                "Night Bus (Dub Fox Remix)",
                "Night Bus [Take 3]",
                "Night Bus (Mara Voss VIP)",
                "Night Bus (Clean)",
                "Night Bus (Intro)",
                "Intro",
                "Live",
                "(Remix)",
                "Dub Be Good",
                "Part-Time Ghost",
                "The Part I Love",
                "Night Bus (Single Version)",
            ]
            .map(|title| format!("{title} => {}", says(title)))
            .join("\n")
        );
    }

    #[test]
    fn omitted_words_are_distinguished_from_different_words() {
        let agree = |a: &str, b: &str| version(a).agreement(&version(b));
        for (a, b, expected) in [
            ("X (Original Mix)", "X", Agreement::Same),
            ("X - 2011 Remaster", "X", Agreement::Same),
            ("X (feat. Y)", "X", Agreement::Same),
            ("X (Extended)", "X - Extended Version", Agreement::Same),
            ("X (Remix)", "X (Mara Voss Remix)", Agreement::Unsaid),
            ("X (Live)", "X (Live at the Mill)", Agreement::Unsaid),
            ("X (Edit)", "X (Radio Edit)", Agreement::Unnamed),
            ("X (Mara Voss Mix)", "X (Mara Voss Remix)", Agreement::Unnamed),
            ("X (Mara Voss Remix)", "X (Mara Voss Old Mill Mix)", Agreement::Unsaid),
            ("X", "X (Mono)", Agreement::Unsaid),
            ("X", "X (Single Mix)", Agreement::Unsaid),
            ("X", "X, Pt. 1", Agreement::Unsaid),
            ("X - Bare Version / Remastered 2013", "X - Remastered 2009", Agreement::Differ),
            ("X, Pt. 1", "X, Part II", Agreement::Differ),
            ("X (Extended Mix)", "X (Extended Dub)", Agreement::Differ),
            ("X (Mara Voss Remix)", "X (Ida Lund Remix)", Agreement::Differ),
            ("X (Live in Oslo)", "X (Live in Turin)", Agreement::Differ),
            ("X", "X (Live)", Agreement::Differ),
            ("X", "X (Radio Edit)", Agreement::Differ),
        ] {
            assert_eq!((agree(a, b), agree(b, a)), (expected, expected), "{a} / {b}");
        }
    }
}
