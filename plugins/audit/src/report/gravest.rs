//! Keeps the most severe findings of a run if there are too many.

use std::collections::BTreeMap;

use super::findings::Gap;
use crate::count::{count, is};
use crate::limits;
use crate::remark::NoteSeverity;

/// A list of at most [`limits::FINDINGS`] findings. If more are added, the most severe ones are kept, and among equal severities
/// the first ones.
#[derive(Debug, Default)]
pub struct Gravest {
    /// By severity; each finding has its number in the order of addition. Each severity has at most [`limits::FINDINGS`]
    /// findings.
    kept: BTreeMap<NoteSeverity, Vec<(usize, Gap)>>,
    all: usize,
}

impl Gravest {
    /// Adds a finding. Returns true if it is kept; [`Gravest::finish`] may still omit it.
    pub fn add(&mut self, gap: Gap) -> bool {
        let list = self.kept.entry(gap.weight).or_default();
        let fits = list.len() < limits::FINDINGS;
        if fits {
            list.push((self.all, gap));
        }
        self.all += 1;
        fits
    }

    /// How many findings were added.
    #[must_use]
    pub fn added(&self) -> usize {
        self.all
    }

    /// True if the list contains exactly this finding.
    #[must_use]
    pub fn contains(&self, gap: &Gap) -> bool {
        self.kept.get(&gap.weight).is_some_and(|list| list.iter().any(|(_, kept)| kept == gap))
    }

    /// The most severe findings, at most `room`, in the order of addition; and the number of omitted findings.
    #[must_use]
    pub fn finish(self, room: usize) -> (Vec<Gap>, usize) {
        let all = self.all;
        let mut gaps: Vec<(usize, Gap)> = self.kept.into_values().rev().flatten().take(room).collect();
        gaps.sort_by_key(|(nth, _)| *nth);
        let left_out = all - gaps.len();
        (gaps.into_iter().map(|(_, gap)| gap).collect(), left_out)
    }
}

/// The finding about findings that are not listed. Its severity is medium, because the content of the omitted findings is
/// unknown.
pub(super) fn more_findings(left_out: usize) -> Gap {
    let title = format!("{} {} not listed; the report has the counts", count(left_out, "more finding"), is(left_out));
    Gap::new("more-findings", NoteSeverity::Medium, &title, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_severe_findings_are_kept_in_their_order() {
        let mut list = Gravest::default();
        for nth in 0..limits::FINDINGS + 5 {
            let weight = if nth == 3 || nth > limits::FINDINGS { NoteSeverity::High } else { NoteSeverity::Low };
            list.add(Gap::new(&nth.to_string(), weight, "", ""));
        }
        let (kept, left_out) = list.finish(limits::FINDINGS - 1);
        assert_eq!((kept.len(), left_out), (limits::FINDINGS - 1, 6));
        assert_eq!(kept.iter().filter(|gap| gap.weight == NoteSeverity::High).count(), 5);
        let ids = |from: usize| kept.iter().skip(from).take(4).map(|gap| gap.id.as_str()).collect::<Vec<_>>();
        assert_eq!(ids(1), ["audit:1", "audit:2", "audit:3", "audit:4"]);
        assert_eq!(kept.last().map(|gap| gap.id.as_str()), Some("audit:1004"));
    }
}
