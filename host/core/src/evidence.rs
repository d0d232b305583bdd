//! The evidence for the work that a RETURN reports.

use crate::names;

/// The evidence for the work that a RETURN reports. The names are part of the public interface (`baton status --json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The agent reported it; nobody checked it, or nothing in the RETURN can be checked.
    Reported,
    /// A plugin or Baton checked the work and found it.
    Verified,
    /// A plugin or Baton checked the work and did not find a part of it.
    Refuted,
}

names!(Evidence, "evidence", Reported = "reported", Verified = "verified", Refuted = "refuted",);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_parsed_to_its_value() {
        for evidence in Evidence::ALL {
            assert_eq!(evidence.as_str().parse(), Ok(evidence));
        }
    }
}
