//! What is missing to a gate: `Gap: 59.9% (12,881 items)` beside a coverage and a threshold.
//!
//! Two numbers of items are right: those that bring the coverage up to the gate, and all that have nothing yet. A gap that
//! is neither is false, and both are said.

use super::claim::{Assertion, Kind, Outcome};
use super::number::{Number, grouped, numbers};
use super::ratio::Share;
use super::text::{Passage, Text};
use super::words::{labelled, stems};
use crate::limits;

/// How many passages away a gap's gate may stand.
const REACH: usize = 32;

/// The gaps of a document, against the shares that were found in it.
pub(super) fn read(text: &Text, shares: &[Share], claims: &mut Vec<Assertion>) {
    let lines = text.passages.iter().enumerate().filter_map(|(at, passage)| {
        let (label, value) = labelled(&passage.text)?;
        let names_gap = stems(label).iter().any(|word| matches!(word.as_str(), "gap" | "shortfall"));
        names_gap.then_some((at, passage, value))
    });
    for (at, passage, value) in lines.take(limits::CLAIM_PAIRS) {
        let (Some(share), Some(gate)) = (nearest(shares, passage), gate(text, at, passage)) else { continue };
        let found = numbers(value);
        let percent = found.iter().find(|number| number.percent);
        let items = found.iter().find(|number| number.exact().is_some());
        if let Some(outcome) = judge(&share, &gate, percent, items) {
            claims.push(Assertion::worked(passage.line, Kind::Gap, &passage.text, outcome));
        }
    }
}

/// The share of the same list or code block, or else the last one above in the section.
fn nearest(shares: &[Share], passage: &Passage) -> Option<Share> {
    let beside = shares.iter().find(|share| share.block == passage.at.block);
    let above = shares.iter().rfind(|share| share.section == passage.at.section && share.line <= passage.line);
    beside.or(above).copied()
}

/// The percentage that the section wants, not far from a passage.
fn gate(text: &Text, at: usize, passage: &Passage) -> Option<Number> {
    const WORDS: &[&str] = &["threshold", "gate", "required", "minimum", "target", "goal"];
    let around = text.passages.iter().skip(at.saturating_sub(REACH)).take(2 * REACH);
    let near = around.filter(|other| other.at.section == passage.at.section);
    let wanting = near.filter(|other| stems(&other.text).iter().any(|word| WORDS.contains(&word.as_str())));
    wanting
        .filter_map(|other| {
            let found = numbers(&other.text);
            let mut percents = found.iter().filter(|number| number.percent);
            let first = percents.next()?;
            (percents.next().is_none() && first.places == 0 && first.digits <= 100).then_some((other, *first))
        })
        .min_by_key(|(other, _)| (other.at.block != passage.at.block, other.line.abs_diff(passage.line)))
        .map(|(_, number)| number)
}

fn judge(share: &Share, gate: &Number, percent: Option<&Number>, items: Option<&Number>) -> Option<Outcome> {
    let (part, whole) = (u128::from(share.part), u128::from(share.whole));
    let wanted = (whole * u128::from(gate.digits)).div_ceil(100);
    let (missing, without) = (wanted.saturating_sub(part), whole.saturating_sub(part));
    let mut failed = Vec::new();
    let mut fitted = Vec::new();
    if let Some(said) = percent {
        let places = said.places.max(share.percent.places);
        let scale = |number: &Number| u128::from(number.digits) * 10_u128.pow(places - number.places);
        let gap = scale(gate).saturating_sub(scale(&share.percent));
        let fits = gap == scale(said) || said.loose;
        let list = if fits { &mut fitted } else { &mut failed };
        list.push(format!("{} % \u{2212} {} % against {} %", gate.shown(), share.percent.shown(), said.shown()));
    }
    if let Some(said) = items.and_then(Number::exact).map(u128::from) {
        let facts = format!(
            "{} of {} need {} to reach {} %, so {} are missing, and {} have none",
            grouped(part),
            grouped(whole),
            grouped(wanted),
            gate.shown(),
            grouped(missing),
            grouped(without)
        );
        if said.abs_diff(missing) <= 1 || said == without {
            fitted.push(facts);
        } else {
            failed.push(format!("{facts}; {} is neither", grouped(said)));
        }
    }
    match (failed.is_empty(), fitted.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Outcome::holds(fitted.join("; "))),
        _ => Some(Outcome::of(false, failed.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::{AssertionKind, Verdict};
    use super::*;

    fn outcome(gap: &str) -> Option<(Verdict, String)> {
        let text = Text::of(&format!("## Cover\n- Coverage: 30% (300/1,000)\n- Gate: 75%\n- {gap}\n"));
        let mut claims = Vec::new();
        let shares = super::super::ratio::read(&text, &mut Vec::new());
        read(&text, &shares, &mut claims);
        claims.pop().and_then(|claim| match claim.says {
            AssertionKind::Worked(outcome) => Some((outcome.verdict, outcome.evidence)),
            _ => None,
        })
    }

    #[test]
    fn a_gap_is_what_is_missing_or_all_without() {
        assert_eq!(outcome("Gap: 45% (450 pages)").unwrap().0, Verdict::True);
        assert_eq!(outcome("Gap: 700 pages have none").unwrap().0, Verdict::True);
        let (verdict, evidence) = outcome("Gap: 45% (500 pages)").unwrap();
        assert_eq!(verdict, Verdict::False);
        assert_eq!(
            evidence,
            "300 of 1,000 need 750 to reach 75 %, so 450 are missing, and 700 have none; 500 is neither"
        );
        assert_eq!(outcome("Gap: 44%").unwrap().0, Verdict::False);
    }

    #[test]
    fn without_a_number_there_is_no_claim() {
        assert_eq!(outcome("Gap: large"), None);
        assert_eq!(outcome("Reach: 500"), None);
    }
}
