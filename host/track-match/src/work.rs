//! Compares titles of classical works: "Symphony No. 7 in A Major, Op. 92: II. Allegretto" and "Symphonie Nr. 7 A-Dur op. 92:
//! 2. Allegretto" are the same movement. The numbers must agree. Their form (`7`, `VII`), their order and the language of
//! the title do not matter.

use super::number;
use super::title::Title;

/// Words before the number of a work or of a piece of a work.
const MARKS: [&str; 24] = [
    "op", "opus", "no", "nr", "number", "num", "bwv", "k", "kv", "d", "hwv", "rv", "hob", "woo", "wwv", "act", "akt",
    "scene", "l", "bb", "twv", "buxwv", "wq", "sz",
];

/// Marks of catalogues whose numbers identify a work, each with the name of its catalogue.
const CATALOGUES: [(&str, &str); 13] = [
    ("bwv", "bwv"),
    ("k", "k"),
    ("kv", "k"),
    ("hwv", "hwv"),
    ("rv", "rv"),
    ("woo", "woo"),
    ("wwv", "wwv"),
    ("twv", "twv"),
    ("buxwv", "buxwv"),
    ("bb", "bb"),
    ("sz", "sz"),
    ("wq", "wq"),
    ("l", "l"),
];

/// Words that titles may omit.
const LEFT_OUT: [&str; 12] = ["in", "the", "for", "a", "an", "major", "dur", "de", "des", "von", "arr", "and"];

/// Words of a musical key, which titles may omit.
const KEYS: [&str; 10] = ["b", "c", "d", "e", "f", "g", "h", "minor", "flat", "sharp"];

/// Forms of pieces. Pieces with different forms are different.
const FORMS: [&str; 14] = [
    "prelude",
    "fugue",
    "aria",
    "allemande",
    "courante",
    "sarabande",
    "gigue",
    "bourree",
    "gavotte",
    "menuet",
    "minuet",
    "toccata",
    "fantasia",
    "capo",
];

/// Words of other languages, each with the English word that replaces it.
const SAME: [(&str, &str); 11] = [
    ("moll", "minor"),
    ("symphonie", "symphony"),
    ("sinfonie", "symphony"),
    ("sinfonia", "symphony"),
    ("sonate", "sonata"),
    ("konzert", "concerto"),
    ("concert", "concerto"),
    ("quartett", "quartet"),
    ("quatuor", "quartet"),
    ("praludium", "prelude"),
    ("ouverture", "overture"),
];

/// A title that was parsed as the title of a classical work.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// Sorted.
    numbers: Vec<u32>,
    /// Sorted.
    words: Vec<String>,
    key: Vec<String>,
    /// The catalogue and its number: "BWV 565".
    catalogue: Option<(&'static str, u32)>,
    /// True if a word such as `op.` introduces a number.
    marked: bool,
}

impl Work {
    pub(super) fn read(title: &Title) -> Self {
        let mut work = Self { numbers: title.version.part.clone(), ..Self::default() };
        let follows = |at: usize| title.whole.get(at + 1).is_some_and(|word| number::read(word).is_some());
        for (at, word) in title.whole.iter().enumerate() {
            if MARKS.contains(&word.as_str()) && follows(at) {
                work.marked = true;
                let number = title.whole.get(at + 1).and_then(|word| number::read(word));
                work.catalogue = work.catalogue.or(catalogue(word).zip(number));
                continue;
            }
            if let Some(number) = number::read(word).or_else(|| number_of_mark(word)) {
                if number_of_mark(word).is_some() {
                    work.marked = true;
                    let mark = word.trim_end_matches(|c: char| c.is_ascii_digit());
                    work.catalogue = work.catalogue.or(catalogue(mark).map(|mark| (mark, number)));
                }
                work.numbers.push(number);
            } else if !LEFT_OUT.contains(&word.as_str()) {
                let word = one_form(word);
                let to = if KEYS.contains(&word.as_str()) { &mut work.key } else { &mut work.words };
                to.push(word);
            }
        }
        work.key.sort_unstable();
        work.numbers.sort_unstable();
        work.words.sort_unstable();
        work
    }

    /// True if a word such as `op.` introduces the number of a work.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// True if two titles may name the same piece. One title must contain all numbers of the other one. In addition, most
    /// words, three or more numbers, or the catalogue numbers must agree.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (few, many) = if self.numbers.len() <= other.numbers.len() { (self, other) } else { (other, self) };
        let (short, long) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        let forms = |one: &Self, of: &Self| {
            FORMS.iter().any(|form| {
                let has = |work: &Self| work.words.iter().any(|word| word == form);
                has(one) && !has(of)
            })
        };
        let keys_differ = common(&self.key, &other.key) < self.key.len().min(other.key.len());
        if keys_differ || (forms(self, other) && forms(other, self)) {
            return false;
        }
        (self.marked || other.marked)
            && !few.numbers.is_empty()
            && common(&few.numbers, &many.numbers) == few.numbers.len()
            && !short.words.is_empty()
            && (common(&short.words, &long.words) * 10 >= short.words.len() * 7
                || (self.numbers.len() >= 3 && self.numbers == other.numbers)
                || (self.catalogue.is_some() && self.catalogue == other.catalogue))
    }
}

/// The number of items that two sorted lists share. A repeated item counts as often as both lists have it.
fn common<T: Ord>(some: &[T], others: &[T]) -> usize {
    let (mut some, mut others) = (some.iter().peekable(), others.iter().peekable());
    let mut count = 0;
    while let (Some(a), Some(b)) = (some.peek(), others.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => drop(some.next()),
            std::cmp::Ordering::Greater => drop(others.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                some.next();
                others.next();
            }
        }
    }
    count
}

fn catalogue(mark: &str) -> Option<&'static str> {
    CATALOGUES.iter().find(|(known, _)| *known == mark).map(|(_, one)| *one)
}

/// The number after a mark without a space: "K626", "Op92".
fn number_of_mark(word: &str) -> Option<u32> {
    let at = word.find(|c: char| c.is_ascii_digit())?;
    let (mark, number) = (word.get(..at)?, word.get(at..)?);
    MARKS.contains(&mark).then(|| number.parse().ok()).flatten()
}

fn one_form(word: &str) -> String {
    let known = SAME.iter().find(|(other, _)| *other == word).map(|(_, one)| *one);
    let plural = (word.len() > 4).then(|| word.strip_suffix('s')).flatten();
    known.or(plural).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (Work::read(&Title::read(a)), Work::read(&Title::read(b)));
        assert_eq!(a.is_same(&b), b.is_same(&a));
        a.is_same(&b)
    }

    #[test]
    fn numbers_count_in_any_form() {
        for (a, b) in [
            (
                "Symphony No. 4 in C Minor, Op. 61: I. Allegro con brio",
                "Symphony No.4 In C minor Op.61 - 1. Allegro con brio",
            ),
            ("Nocturne No. 2 in E-Flat Major, Op. 9", "Nocturne in E flat, Op. 9 No. 2"),
            ("Symphonie Nr. 7 A-Dur op. 92: 2. Allegretto", "Symphony No. 7 in A Major, Op. 92: II. Allegretto"),
            ("Etude XII", "Etude No. 12"),
            ("Requiem in D Minor, K. 626: Lacrimosa", "Requiem, K626: Lacrimosa dies illa"),
            ("Suite, L. 75: III. Moonlight", "Suite - 3. Moonlight"),
            ("Tocata y fuga en re menor, BWV 565", "Toccata and Fugue in D Minor, BWV 565"),
            ("Koncert, KV 467", "Concerto, K467"),
        ] {
            assert!(same(a, b), "{a} / {b}");
        }
        for (a, b) in [
            ("Piano Concerto No. 2: II. Adagio", "Piano Concerto No. 2: III. Allegro"),
            ("Etude No. 11", "Etude No. 12"),
            ("Suite No. 1: I. Prelude", "Suite No. 1: I. Courante"),
            ("Etude No. 12", "Symphony No. 12"),
            ("Tocata y fuga, BWV 565", "Toccata and Fugue, Op. 565"),
            ("Glow 2", "Glow 2"),
            ("Book 1: Prelude in C Major, BWV 846", "Book 1: Fugue in C Major, BWV 846"),
            ("Etude in C Minor, Op. 9", "Etude in D Minor, Op. 9"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }
}
