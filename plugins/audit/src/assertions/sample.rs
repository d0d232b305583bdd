//! Percentages that come from a handful of cases, and where they are said as if they were of all.
//!
//! A sample is a percentage beside its cases, in a line that speaks of a test, a trial or a sample. What seven of ten are
//! worth is said as the interval of Wilson: the true share lies in it in 95 of 100 such samples.

use super::claim::{Assertion, AssertionKind, Kind, Sample, Share};
use super::number::{Number, numbers};
use super::ratio;
use super::text::{Form, Passage, Text};
use super::words::stems;

/// More cases than these are no small sample: the interval is narrower than 28 points.
const MOST: u64 = 50;

/// Words of a line about a sample.
const TRYING: &[&str] = &["dry", "pilot", "sample", "test", "tested", "trial"];

/// Words that are about nothing.
const STOP: &[&str] = &[
    "the", "and", "for", "with", "only", "from", "issue", "title", "audit", "status", "statu", "full", "complete",
    "using", "result", "that", "are", "phase",
];

/// The samples and the plain percentages of a document.
pub(super) fn read(text: &Text, shares: &[ratio::Share], claims: &mut Vec<Assertion>) {
    for passage in &text.passages {
        let found = numbers(&passage.text);
        let percents: Vec<&Number> = found.iter().filter(|number| number.percent).collect();
        let [percent] = percents.as_slice() else { continue };
        if percent.loose || percent.signed.is_some() || matches!(percent.shown().as_str(), "0" | "100") {
            continue;
        }
        let about = about(text, passage);
        let says = match sample(passage, percent, shares) {
            Some((part, whole)) => AssertionKind::Sample(Sample { percent: percent.shown(), part, whole, about }),
            None if own(shares, passage.line).is_some() => continue,
            None => AssertionKind::Share(Share { percent: percent.shown(), about }),
        };
        claims.push(Assertion::new(passage.line, Kind::Sample, &passage.text, says));
    }
}

/// The part and the whole of a sample that a line gives.
fn sample(passage: &Passage, percent: &Number, shares: &[ratio::Share]) -> Option<(u64, u64)> {
    let trying = |text: &str| stems(text).iter().any(|word| TRYING.contains(&word.as_str()));
    let speaks = trying(&passage.text) || trying(&passage.at.label);
    let own = own(shares, passage.line).filter(|share| share.percent == *percent);
    if let Some(share) = own.filter(|_| speaks) {
        return (share.whole <= MOST).then_some((share.part, share.whole));
    }
    let label = &passage.at.label;
    let cases = stems(label).iter().any(|word| word == "sample").then(|| numbers(label))?;
    let [whole] = cases.as_slice() else { return None };
    let whole = whole.exact().filter(|whole| (1..=MOST).contains(whole) && percent.places == 0)?;
    (whole * percent.digits).is_multiple_of(100).then_some((whole * percent.digits / 100, whole))
}

/// The share of a line; `shares` are in the order of their lines.
fn own(shares: &[ratio::Share], line: usize) -> Option<&ratio::Share> {
    shares.get(shares.partition_point(|share| share.line < line)).filter(|share| share.line == line)
}

fn about(text: &Text, passage: &Passage) -> Vec<String> {
    let section = text.section(&passage.at).map_or("", |section| section.title.as_str());
    let heading = if passage.form == Form::Heading { "" } else { section };
    let mut words: Vec<String> =
        [passage.text.as_str(), &passage.at.label, heading].iter().flat_map(|part| stems(part)).collect();
    words.retain(|word| word.len() >= 2 && word.chars().all(char::is_alphabetic) && !STOP.contains(&word.as_str()));
    words.sort_unstable();
    words.dedup();
    words
}

/// Between which whole percentages the true share lies, at 95 %.
#[must_use]
pub(super) fn wilson(part: u64, whole: u64) -> (u64, u64) {
    let to_float = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let (part, whole, z) = (to_float(part), to_float(whole).max(1.0), 1.96_f64);
    let share = part / whole;
    let spread = z * (share * (1.0 - share) / whole + z * z / (4.0 * whole * whole)).sqrt();
    let middle = share + z * z / (2.0 * whole);
    let scale = 1.0 + z * z / whole;
    let percent = |value: f64| {
        let wanted = (value / scale * 100.0).clamp(0.0, 100.0);
        (0..=100_u32)
            .min_by(|one, other| (f64::from(*one) - wanted).abs().total_cmp(&(f64::from(*other) - wanted).abs()))
            .unwrap_or_default()
    };
    (percent(middle - spread).into(), percent(middle + spread).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        assert_eq!(wilson(7, 10), (40, 89));
        assert_eq!(wilson(10, 10), (72, 100));
        assert_eq!(wilson(0, 5), (0, 43));
        assert_eq!(wilson(50, 100), (40, 60));
    }

    #[test]
    fn samples_are_told_from_plain_percentages() {
        let markdown = "## Doors\nTrial (20 doors): 5 open (25%)\n\n**Dry run (8 door sample):**\n- 75% open\n\nNow 25% of the doors are open.\n";
        let text = Text::of(markdown);
        let shares = ratio::read(&text, &mut Vec::new());
        let mut claims = Vec::new();
        read(&text, &shares, &mut claims);
        let seen: Vec<(usize, bool)> =
            claims.iter().map(|claim| (claim.line, matches!(claim.says, AssertionKind::Sample(_)))).collect();
        assert_eq!(seen, [(2, true), (5, true), (7, false)]);
    }
}
