//! A size or line count that a plan states for a file, and the rule for comparing it with the real number.
//!
//! Plans write `473`, `~8,500+` and `12 KB`, each with a different precision.

/// The precision of a stated number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// An exact number. A deviation of 1 % is accepted: a final newline, a changed comment.
    Exact,
    /// Written as `~`, "about" or in a coarse unit: a deviation of 25 % is accepted.
    About,
    /// Written as `500+`: the real number must be at least 90 % of it.
    AtLeast,
}

/// A stated number of bytes or lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeAssertion {
    /// The number.
    pub value: u64,
    /// Its precision.
    pub precision: Precision,
}

impl SizeAssertion {
    /// True if `actual` agrees with the stated number.
    #[must_use]
    pub fn agrees(self, actual: u64) -> bool {
        let difference = actual.abs_diff(self.value);
        match self.precision {
            Precision::Exact => difference <= (self.value / 100).max(1),
            Precision::About => difference.saturating_mul(4) <= self.value,
            Precision::AtLeast => actual >= self.value.saturating_sub(self.value / 10),
        }
    }

    /// The number with its sign for the precision: `~473`, `473+`.
    #[must_use]
    pub fn shown(self) -> String {
        match self.precision {
            Precision::Exact => self.value.to_string(),
            Precision::About => format!("about {}", self.value),
            Precision::AtLeast => format!("at least {}", self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_number_accepts_a_deviation_of_one_per_cent() {
        let claim = SizeAssertion { value: 185, precision: Precision::Exact };
        assert!(claim.agrees(185) && claim.agrees(186));
        assert!(!claim.agrees(181) && !SizeAssertion { value: 100, precision: Precision::Exact }.agrees(147));
    }

    #[test]
    fn a_rough_number_accepts_a_quarter_and_a_minimum_accepts_any_larger_number() {
        assert!(SizeAssertion { value: 100, precision: Precision::About }.agrees(125));
        assert!(!SizeAssertion { value: 100, precision: Precision::About }.agrees(126));
        assert!(SizeAssertion { value: 8500, precision: Precision::AtLeast }.agrees(12_718));
        assert!(!SizeAssertion { value: 8500, precision: Precision::AtLeast }.agrees(7000));
        assert!(SizeAssertion { value: u64::MAX, precision: Precision::About }.agrees(u64::MAX));
    }
}
