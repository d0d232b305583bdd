//! Musical keys. A key can be read in any of the usual spellings. It is written as a name (`F#m`) or as a position of the
//! Camelot wheel (`11A`).

use std::fmt;

/// The twelve notes, in the spelling of djay.
const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// A key: one of the twelve notes, major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Semitones above C, 0 to 11.
    note: u8,
    minor: bool,
}

impl Key {
    /// A key by its semitones above C (0 to 11).
    #[must_use]
    pub const fn new(note: u8, minor: bool) -> Option<Self> {
        if note < 12 { Some(Self { note, minor }) } else { None }
    }

    /// The key of djay's `keySignatureIndex` (0 to 23): the even numbers are the major keys in chromatic order from D♭, and
    /// each odd number is the relative minor of the even number before it.
    #[must_use]
    pub fn from_djay(index: i64) -> Option<Self> {
        let index = u8::try_from(index).ok().filter(|index| *index < 24)?;
        let major = (index / 2 + 1) % 12;
        Some(if index % 2 == 0 {
            Self { note: major, minor: false }
        } else {
            Self { note: (major + 9) % 12, minor: true }
        })
    }

    /// Reads `F#m`, `Gb minor`, `F♯ min`, `11A`, `4m` (Open Key); words in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::from_wheel(text).or_else(|| Self::from_name(text))
    }

    fn from_wheel(text: &str) -> Option<Self> {
        let (number, letter) = text.split_at_checked(text.len().checked_sub(1)?)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let hour = number.parse::<u8>().ok().filter(|hour| (1..=12).contains(hour))?;
        let (camelot, minor) = match letter {
            "A" | "a" => (hour, true),
            "B" | "b" => (hour, false),
            // Open Key counts from another position: 1m is 8A.
            "m" => ((hour + 6) % 12 + 1, true),
            "d" => ((hour + 6) % 12 + 1, false),
            _ => return None,
        };
        // The next hour of the wheel is a fifth higher, seven semitones; 8B is C major and 8A is A minor.
        let major = (camelot + 4) % 12 * 7 % 12;
        Some(Self { note: if minor { (major + 9) % 12 } else { major }, minor })
    }

    fn from_name(text: &str) -> Option<Self> {
        let mut rest = text.chars();
        let natural = match rest.next()?.to_ascii_uppercase() {
            'C' => 0,
            'D' => 2,
            'E' => 4,
            'F' => 5,
            'G' => 7,
            'A' => 9,
            'B' => 11,
            _ => return None,
        };
        let (shift, rest) = match rest.as_str().strip_prefix(['#', '♯']) {
            Some(rest) => (1, rest),
            None => rest.as_str().strip_prefix(['b', '♭']).map_or((0, rest.as_str()), |rest| (11, rest)),
        };
        let minor = match rest.trim() {
            "m" => true,
            "" | "M" => false,
            word => match word.to_ascii_lowercase().as_str() {
                "min" | "minor" => true,
                "maj" | "major" => false,
                _ => return None,
            },
        };
        Some(Self { note: (natural + shift) % 12, minor })
    }

    /// The position in the Camelot wheel: `11A`.
    #[must_use]
    pub fn camelot(self) -> String {
        let major = if self.minor { (self.note + 3) % 12 } else { self.note };
        // Seven is its own inverse modulo twelve; 8B is C major.
        let hour = (major * 7 + 7) % 12 + 1;
        format!("{hour}{}", if self.minor { 'A' } else { 'B' })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.get(usize::from(self.note)).copied().unwrap_or_default();
        write!(f, "{name}{}", if self.minor { "m" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and Camelot number as `djay-export` has them.
    const TABLE: &str = "C 8B, C# 3B, D 10B, D# 5B, E 12B, F 7B, F# 2B, G 9B, G# 4B, A 11B, A# 6B, B 1B, Cm 5A, C#m 12A, Dm 7A, \
        D#m 2A, Em 9A, Fm 4A, F#m 11A, Gm 6A, G#m 1A, Am 8A, A#m 3A, Bm 10A";

    #[test]
    fn names_and_camelot_numbers_match_the_camelot_wheel() {
        for pair in TABLE.split(", ") {
            let (name, camelot) = pair.split_once(' ').unwrap();
            let key = Key::parse(name).unwrap();
            assert_eq!((key.to_string().as_str(), key.camelot().as_str()), (name, camelot));
            assert_eq!(Key::parse(camelot), Some(key), "{pair}");
        }
    }

    #[test]
    fn djays_numbers_are_majors_from_d_flat_with_their_relative_minors() {
        let names = "Db Bbm D Bm Eb Cm E C#m F Dm F# Ebm G Em Ab Fm A F#m Bb Gm B Abm C Am";
        for (index, name) in (0..).zip(names.split(' ')) {
            assert_eq!(Key::from_djay(index), Key::parse(name), "{index} {name}");
        }
        assert_eq!((Key::from_djay(-1), Key::from_djay(24)), (None, None));
    }

    #[test]
    fn other_spellings_are_read_and_other_texts_are_not() {
        for (text, name) in
            [("Gb minor", "F#m"), ("F♯ min", "F#m"), ("bb", "A#"), ("Cb", "B"), ("1m", "Am"), ("1d", "C"), ("4M", "")]
        {
            assert_eq!(Key::parse(text).map(|key| key.to_string()).unwrap_or_default(), name, "{text}");
        }
        for text in ["", "H", "13A", "0B", "A minorish", "x", "8", "é8A"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }
}
