//! Collects findings within limits: the host keeps 10,000 findings of a task, and a damaged library can have more.

use std::collections::BTreeMap;

use baton_core::file_name::cut;
use baton_plugin_sdk::{Finding, Severity};

/// Maximum number of listed findings of one kind; the others are only counted.
const EACH: usize = 200;

/// Collects findings.
#[derive(Debug, Default)]
pub struct Findings {
    kinds: BTreeMap<String, Kind>,
}

#[derive(Debug, Default)]
struct Kind {
    listed: Vec<Finding>,
    more: usize,
    worst: Option<Severity>,
}

impl Findings {
    /// Adds a finding. Its id is `KIND:WHAT`; `what` has to be the same for the same fact in every run. The first 200
    /// findings of a kind are listed; the others are counted.
    pub fn add(
        &mut self,
        kind: &str,
        what: &str,
        severity: Severity,
        title: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        let findings = self.kinds.entry(kind.to_owned()).or_default();
        findings.worst = findings.worst.max_by_rank(severity);
        if findings.listed.len() == EACH {
            findings.more += 1;
            return;
        }
        findings.listed.push(Finding {
            id: cut(&format!("{kind}:{what}").replace(char::is_control, " "), 200).to_owned(),
            severity,
            title: cut(&title.into().replace(char::is_control, " "), 1_024).to_owned(),
            evidence: cut(&evidence.into(), 4_096).to_owned(),
        });
    }

    /// The number of findings.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kinds.values().map(|kind| kind.listed.len() + kind.more).sum()
    }

    /// The number of findings of a kind.
    #[must_use]
    pub fn count_of(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, |kind| kind.listed.len() + kind.more)
    }

    /// All findings, grouped by kind. Within a kind, they have the order in which [`Self::add`] added them.
    #[must_use]
    pub fn into_list(self) -> Vec<Finding> {
        let mut list = Vec::new();
        for (name, kind) in self.kinds {
            list.extend(kind.listed);
            if kind.more > 0 {
                let title = format!("{name}: {} more", kind.more);
                let severity = kind.worst.unwrap_or(Severity::Low);
                list.push(Finding { id: format!("{name}+more"), severity, title, evidence: String::new() });
            }
        }
        list
    }
}

/// Keeps the higher severity.
trait MaxSeverity {
    fn max_by_rank(self, other: Severity) -> Self;
}

impl MaxSeverity for Option<Severity> {
    fn max_by_rank(self, other: Severity) -> Self {
        match self {
            Some(known) if rank(known) >= rank(other) => Some(known),
            _ => Some(other),
        }
    }
}

const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_are_listed_and_the_others_counted() {
        let mut findings = Findings::default();
        for number in 0..EACH + 3 {
            findings.add("blob", &number.to_string(), Severity::Low, "It is\nbroken", "");
        }
        findings.add("blob", "last", Severity::High, "", "");
        findings.add("a", &format!("\n{}", "ä".repeat(200)), Severity::Info, "", "");
        assert_eq!((findings.count(), findings.count_of("blob"), findings.count_of("c")), (EACH + 5, EACH + 4, 0));
        let list = findings.into_list();
        assert_eq!(list.len(), EACH + 2);
        assert!(list[0].id.len() <= 200 && list[0].id.starts_with("a: ä"));
        assert_eq!(list[1].title, "It is broken");
        let last = list.last().unwrap();
        assert_eq!((last.title.as_str(), last.severity), ("blob: 4 more", Severity::High));
    }
}
