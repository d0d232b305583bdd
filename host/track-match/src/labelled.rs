//! Measures precision and recall of automatic matches with the labelled pairs of `tests/corpus/matching`.
//!
//! The pairs were written before the rules were first measured with them, and the rules were corrected afterwards. So these
//! figures describe a known set. `tests/benches/matching` measures with unknown pairs.
#![expect(clippy::print_stdout, reason = "the figures are what the test is run for")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Decision, Id, Matcher, Track};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Same,
    Ask,
    Other,
}

struct Pair {
    file: String,
    label: Label,
    tracks: [Track; 2],
    note: String,
}

/// Counts, and a text with the pairs that were decided wrongly.
#[derive(Default)]
struct Tally {
    /// By label (same, ask, other) and decision (auto, review, none).
    counts: [[usize; 3]; 3],
    wrong: String,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/matching")
}

fn lines(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn pairs() -> Vec<Pair> {
    let folder = corpus().join("pairs");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let of_file = |path: &PathBuf| {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        lines(path).into_iter().map(move |line| pair(&file, &line)).collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

/// Groups of files whose pairs were written before they were first measured. The files of a group are counted together.
const UNSEEN: [&[&str]; 7] =
    [&["field"], &["blind", "second"], &["third"], &["sixth"], &["seventh"], &["eighth"], &["ninth"]];

fn unseen(file: &str) -> Vec<Pair> {
    lines(&corpus().join(file).with_extension("tsv")).iter().map(|line| pair(file, line)).collect()
}

fn pair(file: &str, line: &[String]) -> Pair {
    let [label, a, b, note] = line else { panic!("{file}: {line:?} does not have four columns") };
    let label = match label.as_str() {
        "same" => Label::Same,
        "ask" => Label::Ask,
        "other" => Label::Other,
        _ => panic!("{file}: `{label}` is not a label"),
    };
    assert!(!note.is_empty(), "{file}: {line:?} has no note");
    Pair { file: file.to_owned(), label, tracks: [track(a), track(b)], note: note.clone() }
}

fn track(text: &str) -> Track {
    // Spaces at both ends, so that an empty first or last field is recognised.
    let text = format!(" {text} ");
    let mut fields = text.split(" ~").map(str::trim);
    let mut next = || fields.next().unwrap_or_default();
    let (title, artists, length, album, codes) = (next(), next(), next(), next(), next());
    let mut track = Track {
        title: title.to_owned(),
        artists: artists.split(";;").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        duration_ms: (!length.is_empty()).then(|| length_ms(length)),
        album: (!album.is_empty()).then(|| album.to_owned()),
        ..Track::default()
    };
    for (kind, code) in codes.split_whitespace().map(|code| code.split_once(':').unwrap()) {
        match kind {
            "isrc" => track.isrc = Some(code.to_owned()),
            "recording" => track.recording = Some(code.to_owned()),
            service => track.ids.push(Id::new(service, code)),
        }
    }
    track
}

fn length_ms(text: &str) -> u64 {
    let (minutes, seconds) = text.split_once(':').unwrap_or_else(|| panic!("`{text}` is not a length"));
    let (seconds, thousandths) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let number = |text: &str| text.parse::<u64>().unwrap();
    number(minutes) * 60_000 + number(seconds) * 1_000 + number(thousandths)
}

fn decision_index(decision: &Decision) -> usize {
    match decision {
        Decision::Auto(_) => 0,
        Decision::Review { .. } => 1,
        Decision::None { .. } => 2,
    }
}

fn describe(decision: &Decision) -> String {
    let (word, reasons) = match decision {
        Decision::Auto(found) => ("auto", &found.reasons),
        Decision::Review { candidates } => ("review", &candidates[0].reasons),
        Decision::None { reasons, .. } => ("none", reasons),
    };
    format!("{word}: {}", reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

impl FromIterator<Tally> for Tally {
    fn from_iter<T: IntoIterator<Item = Self>>(tallies: T) -> Self {
        let mut sum = Self::default();
        for tally in tallies {
            let counts = sum.counts.iter_mut().flatten().zip(tally.counts.iter().flatten());
            counts.for_each(|(sum, count)| *sum += count);
            sum.wrong.push_str(&tally.wrong);
        }
        sum
    }
}

impl Tally {
    fn add(&mut self, label: Label, decision: &Decision, about: &str) {
        self.counts[label as usize][decision_index(decision)] += 1;
        if label as usize != decision_index(decision) {
            writeln!(self.wrong, "  {label:?} {about}\n      {}", describe(decision)).unwrap();
        }
    }

    fn print(&self, what: &str) {
        println!("{what}: {} labelled", self.counts.iter().flatten().sum::<usize>());
        for (label, [auto, review, none]) in ["same", "ask", "other"].iter().zip(self.counts) {
            println!("  {label:5}  auto {auto:4}  review {review:4}  none {none:4}");
        }
        let [[hit, shown, _], [guessed, ..], [wrong, asked, _]] = self.counts;
        let accepted = hit + guessed + wrong;
        println!("  precision at auto: {hit} of {accepted} ({:.1} %)", share(hit, accepted));
        println!("  recall at auto: {hit} of {} ({:.1} %)", self.matchable(), share(hit, self.matchable()));
        println!("  recall with review: {} of {}", hit + shown, self.matchable());
        println!("  other recordings shown for review: {asked}");
        println!("not as labelled:\n{}", self.wrong);
    }

    fn matchable(&self) -> usize {
        self.counts[0].iter().sum()
    }
}

fn share(part: usize, of: usize) -> f64 {
    100.0 * f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(of).unwrap())
}

#[test]
fn accepted_pairs_are_the_same_and_matchable_pairs_are_found() {
    let pairs = pairs();
    let mut tally = Tally::default();
    for pair in &pairs {
        let [a, b] = &pair.tracks;
        let decisions = [(a, b), (b, a)].map(|(track, of)| Matcher::new(std::slice::from_ref(of)).find(track));
        let about = format!("{}: {} / {}: {}", pair.file, a.title, b.title, pair.note);
        assert_eq!(
            decision_index(&decisions[0]),
            decision_index(&decisions[1]),
            "{about}: the decision depends on the direction"
        );
        tally.add(pair.label, &decisions[0], &about);
    }
    tally.print("pairs");
    let [[hit, shown, lost], [guessed, ..], [wrong, asked, refused]] = tally.counts;
    assert!(pairs.len() >= 400 && wrong + asked + refused >= 100, "the set is too small");
    assert_eq!((guessed, wrong), (0, 0), "accepted, but not certainly the same:\n{}", tally.wrong);
    assert!(hit * 100 >= tally.matchable() * 95, "too few matchable pairs are accepted:\n{}", tally.wrong);
    assert!((hit + shown) * 100 >= tally.matchable() * 99, "{lost} matchable pairs are rejected:\n{}", tally.wrong);
    assert!(asked * 10 <= wrong + asked + refused, "too many other recordings are shown for review:\n{}", tally.wrong);
}

#[test]
fn unseen_pairs_are_matched_with_high_precision_and_recall() {
    // Print all results before an assertion can fail.
    let tallies = UNSEEN.map(|files| (files.join(" and "), files.iter().map(|file| tally_of(file)).collect::<Tally>()));
    for (file, tally) in &tallies {
        let [[hit, shown, lost], [guessed, ..], [wrong, asked, refused]] = tally.counts;
        assert!(tally.matchable() + wrong + asked + refused >= 150, "{file} is too small");
        let accepted = hit + guessed + wrong;
        assert!(hit * 1_000 >= accepted * 995, "{file}: accepted, but not certainly the same:\n{}", tally.wrong);
        assert!(
            (hit + shown) * 100 >= tally.matchable() * 97,
            "{file}: {lost} matchable pairs are rejected:\n{}",
            tally.wrong
        );
        let others = wrong + asked + refused;
        assert!(asked * 8 <= others, "{file}: too many other recordings are shown for review:\n{}", tally.wrong);
    }
}

/// About half of these titles are translated or have a rare error, so their recall is lower.
#[test]
fn hard_pairs_are_matched_with_high_precision() {
    let tally = tally_of("fourth");
    let [[hit, shown, _], [guessed, ..], [wrong, ..]] = tally.counts;
    assert_eq!((guessed, wrong), (0, 0), "accepted, but not certainly the same:\n{}", tally.wrong);
    assert!((hit + shown) * 100 >= tally.matchable() * 92, "more matchable pairs are rejected:\n{}", tally.wrong);
}

/// Few rules were corrected for this set. The bounds detect a regression.
#[test]
fn a_set_of_many_genres_and_alphabets_has_no_regression() {
    let tally = tally_of("fifth");
    let [[hit, shown, _], [guessed, ..], [wrong, ..]] = tally.counts;
    assert_eq!((guessed, wrong), (0, 0), "accepted, but not certainly the same:\n{}", tally.wrong);
    assert!((hit + shown) * 100 >= tally.matchable() * 90, "more matchable pairs are rejected:\n{}", tally.wrong);
}

/// No rule was corrected for this set. Two pairs are accepted although a person should decide. In both, an entry has only a
/// title and an artist, without a length, and the track has several versions that neither entry names.
#[test]
fn a_set_that_no_rule_was_corrected_for_has_no_regression() {
    let tally = tally_of("tenth");
    let [[hit, shown, _], [guessed, ..], [wrong, ..]] = tally.counts;
    assert_eq!(wrong, 0, "accepted, but another recording:\n{}", tally.wrong);
    assert!(guessed <= 2, "accepted, but not certainly the same:\n{}", tally.wrong);
    assert!((hit + shown) * 100 >= tally.matchable() * 97, "more matchable pairs are rejected:\n{}", tally.wrong);
}

fn tally_of(file: &str) -> Tally {
    let mut tally = Tally::default();
    for pair in unseen(file) {
        let [a, b] = &pair.tracks;
        let decisions = [(a, b), (b, a)].map(|(track, of)| Matcher::new(std::slice::from_ref(of)).find(track));
        let about = format!("{} / {}: {}", a.title, b.title, pair.note);
        assert_eq!(
            decision_index(&decisions[0]),
            decision_index(&decisions[1]),
            "{about}: the decision depends on the direction"
        );
        tally.add(pair.label, &decisions[0], &about);
    }
    tally.print(file);
    tally
}

#[test]
fn the_right_candidate_is_accepted_and_ties_need_a_review() {
    let mut wrong = String::new();
    let lines = lines(&corpus().join("choices.tsv"));
    for line in &lines {
        let [expected, looked_up, candidates @ .., note] = line.as_slice() else { panic!("{line:?} has no columns") };
        let candidates: Vec<Track> = candidates.iter().map(|text| track(text)).collect();
        for turn in 0..candidates.len() {
            let mut turned = candidates.clone();
            turned.rotate_left(turn);
            let decision = Matcher::new(&turned).find(&track(looked_up));
            let found = match &decision {
                Decision::Auto(_) if expected == "any" => "any".to_owned(),
                Decision::Auto(found) => ((found.candidate + turn) % candidates.len() + 1).to_string(),
                Decision::Review { .. } => "ask".to_owned(),
                Decision::None { .. } => "none".to_owned(),
            };
            if found != *expected {
                writeln!(
                    wrong,
                    "  {note}: expected {expected}, is {found} (turned by {turn}): {}",
                    describe(&decision)
                )
                .unwrap();
            }
        }
    }
    println!("choices: {}", lines.len());
    assert!(lines.len() >= 30 && wrong.is_empty(), "not as labelled:\n{wrong}");
}
