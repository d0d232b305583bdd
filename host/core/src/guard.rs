//! Prevents endless handoffs about handoffs: a review of a review is refused, and a chain has a maximum length.
//!
//! In existing folders, one title occurs four times in a single file name, and one task was dispatched hundreds of times,
//! because each answer made a new request. The caller reads the previous handoff from the ledger.

/// The maximum length of a chain of handoffs. A plan with a dozen phases has a shorter chain; an endless loop exceeds the limit.
pub const MAX_CHAIN: u32 = 16;

/// The words in a kind, or at the beginning of a title, that mark a review.
const REVIEWS: [&str; 3] = ["REVIEW", "VALIDATION", "VALIDATE"];

/// The handoff that a request follows, from the ledger.
#[derive(Clone, Copy, Debug)]
pub struct PreviousHandoff<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its title.
    pub title: &'a str,
}

/// Why a request is refused; `None` if it is allowed. `phase` is its position in its chain, from 1.
#[must_use]
pub fn refusal(kind: &str, title: &str, phase: u32, before: Option<PreviousHandoff<'_>>) -> Option<String> {
    if phase > MAX_CHAIN {
        return Some(format!(
            "the request is number {phase} of its chain, but a chain may have at most {MAX_CHAIN} requests: send the \
             request again without `chain_tracking`"
        ));
    }
    let nested = unreviewed(title).is_some_and(|rest| unreviewed(rest).is_some());
    let of_review = is_review(kind, title) && before.is_some_and(|before| is_review(before.kind, before.title));
    (nested || of_review)
        .then(|| "it requests a review of a review, which Baton does not allow; use the first review".to_owned())
}

/// True if a handoff asks for a review.
#[must_use]
pub fn is_review(kind: &str, title: &str) -> bool {
    let kind = kind.to_uppercase();
    kind.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| REVIEWS.contains(&word)) || unreviewed(title).is_some()
}

/// The part of the title after `Review:` or another word of [`REVIEWS`]; `None` if the title does not begin with one.
fn unreviewed(title: &str) -> Option<&str> {
    let (word, rest) = title.split_once(':')?;
    let word = word.trim();
    REVIEWS.iter().any(|review| word.eq_ignore_ascii_case(review)).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_of_a_review_is_refused() {
        let work = PreviousHandoff { kind: "HANDOFF", title: "Fix the importer" };
        let review = PreviousHandoff { kind: "CODE_REVIEW", title: "Fix the importer" };
        assert_eq!(refusal("REVIEW", "Review: Fix the importer", 2, Some(work)), None);
        assert!(refusal("REVIEW", "Fix the importer", 3, Some(review)).is_some());
        assert!(refusal("HANDOFF", "Review: review: Fix the importer", 1, None).is_some());
        assert_eq!(refusal("HANDOFF", "Fix what the review found", 3, Some(review)), None);
    }

    #[test]
    fn a_chain_has_a_maximum_length() {
        assert_eq!(refusal("HANDOFF", "x", MAX_CHAIN, None), None);
        assert!(refusal("HANDOFF", "x", MAX_CHAIN + 1, None).unwrap().contains("at most 16"));
    }

    #[test]
    fn a_title_that_only_mentions_a_review_is_not_a_review() {
        assert!(!is_review("HANDOFF", "Preview: new cover"));
        assert!(!is_review("HANDOFF", "The review: what now"));
        assert!(is_review("AGENT_WORK_VALIDATION", "x") && is_review("HANDOFF", "review: x"));
    }
}
