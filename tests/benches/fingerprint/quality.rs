//! Measures found matches and false matches: real pieces in forty changes, all compared with all.
//!
//! There are three libraries. **standard** has every piece and its sixteen standard changes. **hard** also has an equaliser,
//! one channel, loudness and noise. **other** has every piece with changes of speed, tempo, pitch or frequency range. Each
//! library also has drones, noises and silence, and pieces that are mostly silence. A pair is found if the search reports it
//! or puts both prints into one group. A found pair is false if its prints are of different recordings.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicBool;

use anyhow::ensure;
use baton_fingerprint::index::{Lookup, duplicates, groups};

use crate::Scale;
use crate::floor;
use crate::place;
use crate::report::{Report, Row};
use crate::set::{Print, Set};
use crate::transforms::{Class, ORIGINAL, QUERIES};

/// The fingerprinted length of each piece, in seconds.
pub(crate) const LENGTH_S: u32 = 120;

/// The number of pieces that may be left out: the aims require 150 and 160 are used. Old versions of `ffmpeg` refuse a few.
const SPARE: usize = 10;

/// Measures all three libraries.
///
/// # Errors
/// When there is too little music, or `ffmpeg` or `fpcalc` fails.
pub(crate) fn run(scale: &Scale, report: &mut Report) -> anyhow::Result<()> {
    let set = place::set(scale)?;
    let pieces = set.pieces().len();
    report.part(format!("quality: {pieces} real pieces, the first {LENGTH_S} s"));
    for (piece, why) in &set.failed {
        report.row(Row::new(format!("left out: {piece}"), "", why.lines().next().unwrap_or_default()));
    }
    ensure!(pieces + SPARE >= scale.pieces, "only {pieces} of {} pieces could be made", scale.pieces);
    library(&set, "standard", &[Class::Original, Class::Standard, Class::Silence], 1.0, report);
    library(&set, "hard", &[Class::Original, Class::Standard, Class::Hard, Class::Silence], 0.99, report);
    library(&set, "other", &[Class::Original, Class::Speed, Class::Tempo, Class::Pitch, Class::Band], 0.0, report);
    speeds(&set, report);
    Ok(())
}

/// The number of correct pairs (`right`), and the number of correct pairs that the search finds (`found`).
#[derive(Clone, Copy, Default)]
struct Recall {
    right: usize,
    found: usize,
}

impl Recall {
    fn add(&mut self, found: bool) {
        self.right += 1;
        self.found += usize::from(found);
    }

    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    fn share(self) -> f64 {
        self.found as f64 / self.right.max(1) as f64
    }

    fn row(self, what: String) -> Row {
        Row::new(what, format!("{:.2} %", self.share() * 100.0), format!("{} of {}", self.found, self.right))
    }
}

/// Compares all prints of one library with each other. `aim` is the share of correct pairs that must be found.
fn library(set: &Set, name: &str, classes: &[Class], aim: f64, report: &mut Report) {
    let prints = set.of(classes);
    let words: Vec<Vec<u32>> = prints.iter().map(|print| print.words.clone()).collect();
    let pairs = duplicates(&words[..], &AtomicBool::new(false));
    let grouped = groups(&words[..], &pairs);
    let mut found: HashSet<_> = pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    for group in &grouped.groups {
        for (at, second) in group.members.iter().enumerate() {
            found.extend(group.members.iter().take(at).map(|first| (*first, *second)));
        }
    }
    let is_found = |first: u32, second: u32| found.contains(&(first, second));
    let told = tell(&prints, &is_found);
    for (change, recall) in &told.changes {
        report.row(recall.row(format!("{name}: {change}")));
    }
    let shown = told.originals.row(format!("{name}: the original and a change"));
    report.row(if aim > 0.0 { shown.aim(percent(aim), told.originals.share() >= aim) } else { shown });
    report.row(told.all.row(format!("{name}: every two changes of a piece")));
    let count = told.false_pairs.len();
    let spread = format!("among {} pairs of {} prints; {} bridges", told.unlike, prints.len(), grouped.bridges.len());
    report.row(Row::new(format!("{name}: false pairs"), count.to_string(), spread).aim("0", count == 0));
    for (first, second) in told.false_pairs.iter().take(10) {
        report.row(Row::new("  taken for one", first.clone(), second.clone()));
    }
    beside(&prints, name, report);
}

fn percent(share: f64) -> String {
    format!("≥ {:.0} %", share * 100.0)
}

/// The numbers of correct and false pairs.
#[derive(Default)]
struct PairCounts {
    changes: BTreeMap<&'static str, Recall>,
    originals: Recall,
    all: Recall,
    unlike: usize,
    false_pairs: Vec<(String, String)>,
}

fn tell(prints: &[&Print], is_found: &dyn Fn(u32, u32) -> bool) -> PairCounts {
    let mut told = PairCounts::default();
    for (second, other) in (0_u32..).zip(prints) {
        for (first, one) in (0..second).zip(prints) {
            let found = is_found(first, second);
            if !one.is_like(other) {
                told.unlike += 1;
                if found {
                    let name = |print: &Print| format!("{} {}", print.piece, print.change.name);
                    told.false_pairs.push((name(one), name(other)));
                }
            } else if one.piece == other.piece && counts(one) && counts(other) {
                told.all.add(found);
                if one.change.name == ORIGINAL {
                    told.originals.add(found);
                    told.changes.entry(other.change.name).or_default().add(found);
                }
            }
        }
    }
    told
}

/// True if the search must find the print. It need not find pieces that are mostly silence, or generated sounds.
fn counts(print: &Print) -> bool {
    print.is_real() && print.change.class != Class::Silence
}

/// Reports the correct and the false pairs that the baseline finds in the same library.
fn beside(prints: &[&Print], name: &str, report: &mut Report) {
    let words: Vec<_> = prints.iter().map(|print| print.words.as_slice()).collect();
    let shares = floor::shares(&words);
    for enough in [0.05, 0.2] {
        let told = tell(prints, &|first, second| shares.get(&(first, second)).is_some_and(|share| *share >= enough));
        let what = format!("{name}: beside it, {:.0} % of the words in common", enough * 100.0);
        let (found, right, wrong) = (told.originals.found, told.originals.right, told.false_pairs.len());
        let spread = format!("{found} of {right}; false pairs: {wrong}");
        report.row(Row::new(what, format!("{:.2} %", told.originals.share() * 100.0), spread));
    }
}

/// Looks up each original at nine speeds among all prints of the library **other**.
fn speeds(set: &Set, report: &mut Report) {
    let others = set.of(&[Class::Original, Class::Speed, Class::Tempo, Class::Pitch, Class::Band]);
    let words: Vec<Vec<u32>> = others.iter().map(|print| print.words.clone()).collect();
    let lookup = Lookup::over(&words[..], &AtomicBool::new(false));
    let mut changes: BTreeMap<&str, Recall> = BTreeMap::new();
    let (mut speed, mut wrong) = (Recall::default(), 0);
    for original in others.iter().filter(|print| print.is_real() && print.change.name == ORIGINAL) {
        let queries: Vec<_> = QUERIES.iter().filter_map(|change| set.words(&original.piece, change)).collect();
        let found = lookup.find_at_speeds(&words[..], &queries);
        let found: HashSet<_> = found.iter().map(|(_, found)| found.at).collect();
        for (at, other) in (0_u32..).zip(&others) {
            let is_found = found.contains(&at);
            if !original.is_like(other) {
                wrong += usize::from(is_found);
            } else if other.piece == original.piece && other.change.name != ORIGINAL {
                changes.entry(other.change.name).or_default().add(is_found);
                if other.change.class == Class::Speed {
                    speed.add(is_found);
                }
            }
        }
    }
    for (change, recall) in changes {
        report.row(recall.row(format!("nine prints: {change}")));
    }
    report.row(speed.row("nine prints: every speed within 2 %".into()).aim("found", speed.share() >= 0.99));
    let row = Row::new("nine prints: found in other pieces", wrong.to_string(), "");
    report.row(row.aim("0", wrong == 0));
}
