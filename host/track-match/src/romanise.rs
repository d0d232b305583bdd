//! Converts text of other alphabets to Latin letters, to recognise two spellings of one name.
//!
//! There are several systems for every alphabet ("Nochnoy", "Nochnoj", "Nochnoi"), and people mix them. So this module does
//! not compare transliterations, but a [`Skeleton`]: letters that differ between the systems become one letter, and letters
//! that some systems omit are removed. Hebrew and Arabic write few vowels, so only consonants are compared. Chinese
//! characters are converted as in Mandarin, also in Japanese names, where they are read in another way. The letters are
//! those of the crate `any_ascii`, except for Japanese syllables and modern Greek, whose letters depend on their neighbours.

use any_ascii::any_ascii_char;

/// The form of a name for comparisons across alphabets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skeleton {
    /// Latin letters and digits.
    pub(super) text: String,
    /// The text without vowels, and without the letters that represent them in Hebrew and Arabic.
    pub(super) consonants: String,
    /// The name is in an alphabet that writes few vowels.
    pub(super) few_vowels: bool,
    /// The name is in Hebrew letters, where one letter is b or v.
    pub(super) hebrew: bool,
    /// Other spellings of a Greek name: the spelling by its sound ("Pedia" for "Παιδιά"), and the spelling with "h" for χ.
    pub(super) spoken: Box<[Box<str>]>,
}

impl Skeleton {
    /// The skeleton of folded words; `None` if no letter has a Latin form.
    pub(super) fn from_folded(folded: &str) -> Option<Self> {
        let text = reduce(&latin(folded));
        if text.is_empty() {
            return None;
        }
        let spoken = spellings_of_greek(folded).into_iter().map(|spelling| reduce(&latin(&spelling)));
        let mut spoken: Vec<String> = spoken.filter(|one| *one != text).collect();
        spoken.dedup();
        let spoken = spoken.into_iter().map(String::into_boxed_str).collect();
        let is_vowel = |c: &char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'v' | 'h');
        let consonants = text.chars().filter(|c| !is_vowel(c)).collect();
        let few_vowels = folded.chars().any(|c| matches!(c, '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{6d3}'));
        let hebrew = folded.chars().any(|c| matches!(c, '\u{5d0}'..='\u{5ea}'));
        Some(Self { text, consonants, few_vowels, hebrew, spoken })
    }

    /// The consonants without those that depend on the reading: one Hebrew letter is b or v (`v` is left out of all consonants), and
    /// another one is p or f.
    pub(super) fn in_hebrew(&self) -> String {
        self.consonants.replace('b', "").replace('f', "p")
    }
}

/// Other spellings of Greek; empty for a text without Greek letters.
fn spellings_of_greek(folded: &str) -> Vec<String> {
    if !folded.chars().any(|c| matches!(c, '\u{370}'..='\u{3ff}')) {
        return Vec::new();
    }
    let spoken = as_spoken(folded);
    vec![spoken.replace('χ', "h"), spoken, folded.replace('χ', "h")]
}

/// The text with katakana as hiragana: one word may be written in either.
pub(super) fn in_hiragana(text: &str) -> String {
    text.chars().map(hiragana).collect()
}

fn hiragana(c: char) -> char {
    match c {
        '\u{30a1}'..='\u{30f6}' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

fn latin(folded: &str) -> String {
    let mut latin = String::with_capacity(folded.len());
    let mut before = None;
    for c in folded.chars().filter(|c| c.is_alphanumeric()) {
        push(c, before, &mut latin);
        before = Some(c);
    }
    latin
}

/// Replaces groups of letters that are one sound in modern Greek.
fn as_spoken(folded: &str) -> String {
    const SOUNDS: [(&str, &str); 9] = [
        ("αι", "ε"),
        ("ει", "ι"),
        ("οι", "ι"),
        ("αυ", "αβ"),
        ("ευ", "εβ"),
        ("μπ", "b"),
        ("ντ", "d"),
        ("γκ", "g"),
        ("γγ", "g"),
    ];
    SOUNDS.iter().fold(folded.to_owned(), |text, (written, spoken)| text.replace(written, spoken))
}

fn push(c: char, before: Option<char>, out: &mut String) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        '\u{3041}'..='\u{30ff}' => kana(c, out),
        'υ' if before == Some('ο') => out.push('u'),
        _ => {
            let latin = any_ascii_char(c);
            // A Korean syllable with the letter of r and l at its start is usually written with r.
            let rest = latin.strip_prefix('L').filter(|_| matches!(c, '\u{ac00}'..='\u{d7a3}'));
            out.extend(rest.map(|_| 'r'));
            let latin = rest.unwrap_or(latin);
            out.extend(latin.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        }
    }
}

/// Japanese syllables; the code points of katakana are 0x60 above those of hiragana.
const KANA: [(&str, &str); 17] = [
    ("あいうえお", ""),
    ("かきくけこ", "k"),
    ("がぎぐげご", "g"),
    ("さしすせそ", "s"),
    ("ざじずぜぞ", "z"),
    ("たちつてと", "t"),
    ("だぢづでど", "d"),
    ("なにぬねの", "n"),
    ("はひふへほ", "h"),
    ("ばびぶべぼ", "b"),
    ("ぱぴぷぺぽ", "p"),
    ("まみむめも", "m"),
    ("やゐゆゑよ", "y"),
    ("らりるれろ", "r"),
    ("わ\0\0\0を", "w"),
    ("ぁぃぅぇぉ", "+"),
    ("ゃ\0ゅ\0ょ", "+y"),
];

fn kana(c: char, out: &mut String) {
    let c = hiragana(c);
    match c {
        'っ' | 'ー' | '・' => return,
        'ん' => return out.push('n'),
        // Kana write a long o as "ou" and a long u as "uu". In Latin letters, people rarely write the second vowel.
        'う' if out.ends_with(['o', 'u']) => return,
        _ => {}
    }
    let found = KANA.iter().find_map(|(row, first)| Some((row.chars().position(|one| one == c)?, *first)));
    let Some((place, first)) = found else { return };
    let vowel = ['a', 'i', 'u', 'e', 'o'].get(place).copied().unwrap_or('u');
    if let Some(glide) = first.strip_prefix('+') {
        // A small letter replaces the vowel before it.
        out.pop();
        out.push_str(glide);
        out.push(vowel);
        return;
    }
    let special = match c {
        'し' => "sh",
        'ち' => "ch",
        'つ' => "ts",
        'じ' | 'ぢ' => "j",
        'ふ' => "f",
        _ => first,
    };
    out.push_str(special);
    out.push(vowel);
}

/// Replaces letters that differ between the systems by one letter, the longest group first. Then removes repeated letters.
fn reduce(latin: &str) -> String {
    const SAME: [(&str, &str); 21] = [
        ("shch", "s"),
        ("sch", "s"),
        ("tch", "c"),
        ("sh", "s"),
        ("ch", "c"),
        ("zh", "z"),
        ("kh", "h"),
        ("gh", "g"),
        ("ph", "f"),
        ("th", "t"),
        ("ts", "c"),
        ("tz", "c"),
        ("ck", "k"),
        ("ou", "u"),
        ("aa", "a"),
        ("ae", "a"),
        ("oe", "o"),
        ("ue", "u"),
        ("q", "k"),
        ("w", "v"),
        ("x", "ks"),
    ];
    let mut letters = String::with_capacity(latin.len());
    let mut rest = latin;
    while let Some(first) = rest.chars().next() {
        if let Some((from, to)) = SAME.iter().find(|(from, _)| rest.starts_with(from)) {
            letters.push_str(to);
            rest = rest.get(from.len()..).unwrap_or_default();
        } else {
            letters.push(if matches!(first, 'y' | 'j') { 'i' } else { first });
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    let chars: Vec<char> = letters.chars().collect();
    let mut out = String::with_capacity(letters.len());
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied();
        // "ya", "ia" and "ja" become equal, and so do "iy", "yi" and "i".
        let glide = c == 'i' && next.is_some_and(|next| matches!(next, 'a' | 'e' | 'i' | 'o' | 'u'));
        if !glide && !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::name::{compact, fold, words};
    use super::*;

    fn of(text: &str) -> Option<String> {
        Skeleton::from_folded(&compact(&words(&fold(text)))).map(|skeleton| skeleton.text)
    }

    #[test]
    fn spellings_of_several_systems_have_one_skeleton() {
        for (text, spellings) in [
            ("Ночной поезд", &["Nochnoy Poezd", "Nochnoj poezd", "NOCHNOI POEZD"][..]),
            ("Белый снег", &["Belyj sneg", "Bely Sneg", "Belyy sneg"]),
            ("Щастье", &["Shchastye", "Schastie"]),
            ("Ти зариш", &["Ti zaris", "Ti zariš", "Ti zarish"]),
            ("Цветан Илиев", &["Tsvetan Iliev", "Tzvetan Iliev"]),
            ("Θάλασσα", &["Thalassa", "Talasa"]),
            ("Το τραγούδι", &["To Tragoudi", "To tragudi"]),
            ("Χορός", &["Choros"]),
            ("さくら", &["Sakura"]),
            ("トウキョウ", &["Tokyo", "Tōkyō"]),
            ("シャツ", &["Shatsu"]),
            ("봄비", &["Bombi"]),
            ("밤하늘", &["Bamhaneul"]),
            ("라라", &["Rara"]),
            ("夜空", &["Ye Kong"]),
            ("रात", &["Rat", "Raat"]),
            ("ღამე", &["Ghame"]),
            ("Grüße", &["Gruesse", "Grusse"]),
        ] {
            for spelling in spellings {
                assert_eq!(of(text), of(spelling), "{text} / {spelling}");
            }
        }
        assert_eq!(of("…"), None);
        let is_spoken = |text: &str, spelling: &str| {
            let skeleton = Skeleton::from_folded(&compact(&words(&fold(text)))).unwrap();
            skeleton.spoken.iter().any(|one| **one == *of(spelling).unwrap())
        };
        for (text, spelling) in [("Παιδιά", "Pedia"), ("Ζορμπάς", "Zorbas"), ("Χορός", "Horos")] {
            assert!(is_spoken(text, spelling), "{text} / {spelling}");
        }
        assert!(Skeleton::from_folded("pedia").unwrap().spoken.is_empty());
        let bare = |text: &str| Skeleton::from_folded(&compact(&words(&fold(text)))).unwrap().consonants;
        let hebrew = |text: &str| Skeleton::from_folded(&compact(&words(&fold(text)))).unwrap().in_hebrew();
        assert_eq!((hebrew("זהב"), hebrew("עפרה")), (hebrew("Zahav"), hebrew("Ofra")));
        assert_eq!((bare("שלום"), bare("ليلى")), (bare("Shalom"), bare("Layla")));
    }

    #[test]
    fn other_words_have_other_skeletons() {
        for (a, b) in [("Ночь", "Den"), ("さくら", "Himawari"), ("Белый", "Chyorny"), ("봄비", "Yeoreumbi")]
        {
            assert_ne!(of(a), of(b));
        }
    }
}
