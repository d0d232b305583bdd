//! A number that a plan claims about a file, and when a real number agrees with it.
//!
//! Plans write `473`, `~8,500+` and `12 KB`; each means something else, so a claim carries how exact it wants to be.

/// How exact a claim wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Written as an exact number. One in a hundred is let through: a last newline, a changed comment.
    Exact,
    /// Written as `~`, "about" or in a coarse unit: a quarter more or less agrees.
    About,
    /// Written as `500+`: at least nine tenths of it.
    AtLeast,
}

/// A claimed number of bytes or lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeAssertion {
    /// The number.
    pub value: u64,
    /// How exact it wants to be.
    pub fit: Fit,
}

impl SizeAssertion {
    /// Whether `actual` agrees with the claim.
    #[must_use]
    pub fn agrees(self, actual: u64) -> bool {
        let difference = actual.abs_diff(self.value);
        match self.fit {
            Fit::Exact => difference <= (self.value / 100).max(1),
            Fit::About => difference.saturating_mul(4) <= self.value,
            Fit::AtLeast => actual >= self.value.saturating_sub(self.value / 10),
        }
    }

    /// The claim as a person would write it.
    #[must_use]
    pub fn shown(self) -> String {
        match self.fit {
            Fit::Exact => self.value.to_string(),
            Fit::About => format!("about {}", self.value),
            Fit::AtLeast => format!("at least {}", self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_claim_allows_one_in_a_hundred() {
        let claim = SizeAssertion { value: 185, fit: Fit::Exact };
        assert!(claim.agrees(185) && claim.agrees(186));
        assert!(!claim.agrees(181) && !SizeAssertion { value: 100, fit: Fit::Exact }.agrees(147));
    }

    #[test]
    fn a_rough_claim_allows_a_quarter_and_a_floor_has_no_ceiling() {
        assert!(SizeAssertion { value: 100, fit: Fit::About }.agrees(125));
        assert!(!SizeAssertion { value: 100, fit: Fit::About }.agrees(126));
        assert!(SizeAssertion { value: 8500, fit: Fit::AtLeast }.agrees(12_718));
        assert!(!SizeAssertion { value: 8500, fit: Fit::AtLeast }.agrees(7000));
        assert!(SizeAssertion { value: u64::MAX, fit: Fit::About }.agrees(u64::MAX));
    }
}
