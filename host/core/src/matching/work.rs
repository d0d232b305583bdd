//! Classical works: "Symphony No. 7 in A Major, Op. 92: II. Allegretto" and "Symphonie Nr. 7 A-Dur op. 92: 2. Allegretto" are one
//! piece of one work. Numbers are what counts; how they are written, in which order, and in which language is spelling.

use super::number;
use super::title::Title;

/// Words before a number that say that it counts works or their pieces.
const MARKS: [&str; 18] = [
    "op", "opus", "no", "nr", "number", "num", "bwv", "k", "kv", "d", "hwv", "rv", "hob", "woo", "wwv", "act", "akt",
    "scene",
];

/// Words that one title has and another leaves out.
const LEFT_OUT: [&str; 12] = ["in", "the", "for", "a", "an", "major", "dur", "de", "des", "von", "arr", "and"];

/// Words of other languages.
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

/// What a title says as the title of a work.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// Sorted.
    numbers: Vec<u32>,
    /// Sorted.
    words: Vec<String>,
    /// Whether a word introduces the number of a work, as `op.` does.
    marked: bool,
}

impl Work {
    pub(super) fn read(title: &Title) -> Self {
        let mut work = Self { numbers: title.version.part.clone(), ..Self::default() };
        let follows = |at: usize| title.whole.get(at + 1).is_some_and(|word| number::read(word).is_some());
        for (at, word) in title.whole.iter().enumerate() {
            if MARKS.contains(&word.as_str()) && follows(at) {
                work.marked = true;
            } else if let Some(number) = number::read(word) {
                work.numbers.push(number);
            } else if !LEFT_OUT.contains(&word.as_str()) {
                work.words.push(one_form(word));
            }
        }
        work.numbers.sort_unstable();
        work.words.sort_unstable();
        work
    }

    /// Whether both may be one piece: the numbers of one are all in the other, and so are most of its words.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (few, many) = if self.numbers.len() <= other.numbers.len() { (self, other) } else { (other, self) };
        let (short, long) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        (self.marked || other.marked)
            && !few.numbers.is_empty()
            && common(&few.numbers, &many.numbers) == few.numbers.len()
            && !short.words.is_empty()
            && common(&short.words, &long.words) * 10 >= short.words.len() * 7
    }
}

/// How many of some are also in the others, each as often as it is there. Both are sorted.
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
    fn numbers_count_and_not_how_they_are_written() {
        for (a, b) in [
            (
                "Symphony No. 4 in C Minor, Op. 61: I. Allegro con brio",
                "Symphony No.4 In C minor Op.61 - 1. Allegro con brio",
            ),
            ("Nocturne No. 2 in E-Flat Major, Op. 9", "Nocturne in E flat, Op. 9 No. 2"),
            ("Symphonie Nr. 7 A-Dur op. 92: 2. Allegretto", "Symphony No. 7 in A Major, Op. 92: II. Allegretto"),
            ("Etude XII", "Etude No. 12"),
        ] {
            assert!(same(a, b), "{a} / {b}");
        }
        for (a, b) in [
            ("Piano Concerto No. 2: II. Adagio", "Piano Concerto No. 2: III. Allegro"),
            ("Etude No. 11", "Etude No. 12"),
            ("Suite No. 1: I. Prelude", "Suite No. 1: I. Courante"),
            ("Etude No. 12", "Symphony No. 12"),
            ("Glow 2", "Glow 2"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }
}
