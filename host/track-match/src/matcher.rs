//! Decides which candidate is the track.

use std::collections::BTreeMap;

use serde::Serialize;

use super::compare::{Evidence, compare, is_far};
use super::index::Index;
use super::judge::{self, Level};
use super::limits::{GAP, MAX_LISTED};
use super::prepared::PreparedTrack;
use super::reason::{self, Reason};
use super::relation::Titles;
use super::track::Track;
use super::version::Agreement;

/// A candidate with its score and the reasons for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchCandidate {
    /// Its index in the list of candidates.
    pub candidate: usize,
    /// Points, 0 to 2000. They only order candidates.
    pub score: u32,
    /// Why, in a fixed order.
    pub reasons: Vec<Reason>,
}

/// The decision which candidate is the track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// This candidate is the track.
    Auto(MatchCandidate),
    /// A person decides: at most five candidates, the best first.
    Review {
        /// The candidates.
        candidates: Vec<MatchCandidate>,
    },
    /// No candidate is the track.
    None {
        /// The best candidate, if any was compared.
        nearest: Option<usize>,
        /// Why it was rejected.
        reasons: Vec<Reason>,
    },
}

impl Decision {
    /// The candidate that was accepted.
    #[must_use]
    pub fn accepted(&self) -> Option<usize> {
        if let Self::Auto(found) = self { Some(found.candidate) } else { None }
    }
}

/// Parsed candidates with an index. Memory and time for building are O(n log n) in the number of candidates; a look-up takes
/// nearly constant time (`index.rs`).
#[derive(Debug)]
pub struct Matcher {
    pub(super) candidates: Vec<PreparedTrack>,
    /// Other readings of some candidates, by the index of the candidate.
    readings: BTreeMap<u32, Vec<PreparedTrack>>,
    pub(super) index: Index,
}

struct JudgedCandidate {
    candidate: u32,
    level: Level,
    score: u32,
    evidence: Evidence,
}

impl JudgedCandidate {
    fn to_candidate(&self) -> MatchCandidate {
        MatchCandidate {
            candidate: self.candidate as usize,
            score: self.score,
            reasons: reason::from_evidence(&self.evidence),
        }
    }
}

impl Matcher {
    /// Parses all candidates. Decisions contain indexes of this list.
    #[must_use]
    pub fn new<'a>(candidates: impl IntoIterator<Item = &'a Track>) -> Self {
        let (candidates, readings): (Vec<_>, Vec<_>) = candidates.into_iter().map(PreparedTrack::read).unzip();
        let readings: BTreeMap<_, _> = (0_u32..).zip(readings).filter(|(_, others)| !others.is_empty()).collect();
        let others = readings.iter().flat_map(|(place, others)| others.iter().map(|other| (*place, other)));
        let index = Index::new((0_u32..).zip(&candidates).chain(others));
        Self { candidates, readings, index }
    }

    /// Looks a track up. The same track and candidates give the same decision.
    #[must_use]
    pub fn find(&self, track: &Track) -> Decision {
        let (track, readings) = PreparedTrack::read(track);
        let mut judged = self.judge_near(&track, &readings);
        judged.sort_by_key(|one| (std::cmp::Reverse((one.level, one.score)), one.candidate));
        let Some(best) = judged.first() else {
            return Decision::None { nearest: None, reasons: vec![Reason::NothingAlike] };
        };
        match best.level {
            Level::Accept => self.accept_unless_tied(best, &judged),
            Level::Review => review(&judged, None),
            Level::Reject => {
                let nearest = Some(best.candidate as usize);
                Decision::None { nearest, reasons: reason::from_evidence(&best.evidence) }
            }
        }
    }

    /// Judges the candidates that share a key. Candidates with a very different length are compared only if nothing else
    /// fits. Such a candidate can only become the best rejected candidate or, because of its ISRC, a case for review.
    fn judge_near(&self, track: &PreparedTrack, readings: &[PreparedTrack]) -> Vec<JudgedCandidate> {
        let is_far = |candidate: &u32| {
            self.candidates.get(*candidate as usize).is_some_and(|one| is_far(track, one) && !shares_code(track, one))
        };
        let mut candidates = self.index.near(track).candidates;
        candidates.extend(readings.iter().flat_map(|reading| self.index.near(reading).candidates));
        candidates.sort_unstable();
        candidates.dedup();
        let (far, near): (Vec<u32>, Vec<u32>) = candidates.into_iter().partition(is_far);
        let judge = |list: Vec<u32>| list.into_iter().filter_map(|candidate| self.judge(track, readings, candidate));
        let mut judged: Vec<_> = judge(near).collect();
        if judged.iter().all(|one| one.level == Level::Reject) {
            judged.extend(judge(far));
        }
        judged
    }

    /// Judges a candidate as written. If it is rejected, other readings of the track and of the candidate can still make it a
    /// case for review.
    fn judge(&self, track: &PreparedTrack, readings: &[PreparedTrack], candidate: u32) -> Option<JudgedCandidate> {
        let other = self.candidates.get(candidate as usize)?;
        let judged = |a: &PreparedTrack, b: &PreparedTrack, most: Level| {
            let evidence = compare(a, b);
            JudgedCandidate {
                candidate,
                level: judge::level(&evidence).min(most),
                score: judge::score(&evidence),
                evidence,
            }
        };
        let plain = judged(track, other, Level::Accept);
        let others = self.readings.get(&candidate).map(Vec::as_slice).unwrap_or_default();
        if plain.level != Level::Reject || (readings.is_empty() && others.is_empty()) {
            return Some(plain);
        }
        let ours = std::iter::once(track).chain(readings);
        let pairs = ours.flat_map(|a| std::iter::once(other).chain(others).map(move |b| (a, b))).skip(1);
        let asked = pairs.map(|(a, b)| judged(a, b, Level::Review)).filter(|judged| judged.level == Level::Review);
        Some(asked.max_by_key(|judged| judged.score).unwrap_or(plain))
    }

    /// The gap rule: accepts the best candidate unless another recording is nearly as good.
    fn accept_unless_tied(&self, best: &JudgedCandidate, judged: &[JudgedCandidate]) -> Decision {
        let rival = judged.iter().skip(1).find(|other| {
            let near = other.level >= Level::Review && other.score + GAP > best.score;
            near && !self.are_same_recording(best.candidate, other.candidate)
        });
        match rival {
            None => Decision::Auto(best.to_candidate()),
            Some(rival) => review(judged, Some(Reason::AsGood { candidate: rival.candidate as usize })),
        }
    }

    /// Whether two candidates are known to be one recording: by an id, by their sound, or by an ISRC that their titles
    /// confirm.
    fn are_same_recording(&self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.candidates.get(a as usize), self.candidates.get(b as usize)) else {
            return false;
        };
        let evidence = compare(a, b);
        let borne_out = evidence.titles == Titles::Equal && evidence.versions == Agreement::Same;
        evidence.same_id.is_some() || evidence.same_recording || (evidence.same_isrc == Some(true) && borne_out)
    }
}

/// True if two tracks have an id, an ISRC or a recording in common. Other differences are ignored.
fn shares_code(a: &PreparedTrack, b: &PreparedTrack) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    same(&a.isrc, &b.isrc) || same(&a.recording, &b.recording) || a.ids.iter().any(|id| b.ids.contains(id))
}

/// The candidates that a person may choose from. The first one has the reason for the question.
fn review(judged: &[JudgedCandidate], why: Option<Reason>) -> Decision {
    let listed = judged.iter().filter(|one| one.level >= Level::Review).take(MAX_LISTED);
    let mut candidates: Vec<_> = listed.map(JudgedCandidate::to_candidate).collect();
    if let Some(first) = candidates.first_mut() {
        first.reasons.extend(why);
    }
    Decision::Review { candidates }
}
