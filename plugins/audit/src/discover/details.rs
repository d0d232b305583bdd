//! Derives the modification time, the priority and the owner of a plan before its deliverables are judged.
//!
//! The plan's own statements come first (front matter, then the bold lines below its title). Without a stated priority,
//! its age among the audited plans decides: the newest quarter is HIGH, the oldest quarter LOW.

use std::cmp::Reverse;
use std::fs;
use std::time::UNIX_EPOCH;

use serde::Serialize;

use super::front::{self, Todo};
use super::walk::PlanFile;
use crate::plan::Plan;
use crate::remark::Remark;

/// The priority of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Priority {
    /// Sorted before all other plans.
    High,
    /// The default.
    Medium,
    /// Sorted after all other plans.
    Low,
}

impl Priority {
    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }

    /// Parses a stated priority: `High`, `P1`, `🔴 Critical (blocking)`.
    fn of(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let mut words = lower.split(|sign: char| !sign.is_alphanumeric());
        words.find_map(|word| match word {
            "critical" | "urgent" | "highest" | "high" | "p0" | "p1" | "1" => Some(Self::High),
            "medium" | "normal" | "moderate" | "p2" | "2" => Some(Self::Medium),
            "low" | "lowest" | "minor" | "p3" | "p4" | "3" | "4" => Some(Self::Low),
            _ => None,
        })
    }
}

/// Properties of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Details {
    /// Its name for readers.
    pub plan: String,
    /// Its title, from the front matter or the first heading.
    pub title: Option<String>,
    /// Its status, verbatim.
    pub status: Option<String>,
    /// Modification time of its file, in milliseconds since 1970 UTC.
    pub modified: Option<i64>,
    /// Its priority.
    pub priority: Priority,
    /// Source of the priority: `front matter`, `header` or `recency`.
    pub priority_from: &'static str,
    /// The responsible person or agent.
    pub responsible: Option<String>,
    /// Source of `responsible`: `front matter`, or the name of the bold line.
    pub responsible_from: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its todos.
    pub todos: Vec<Todo>,
}

/// Bold lines that name the responsible person, the most reliable first.
const RESPONSIBLE: &[&str] =
    &["owner", "responsible", "responsible agent", "assigned to", "assigned agent", "assignee"];

/// Bold lines that name the author, who is responsible if nobody else is named.
const AUTHOR: &[&str] = &["author", "created by"];

/// The properties of one plan, and remarks about unreadable parts. Priorities by age need [`rank`] afterwards.
#[must_use]
pub fn details(file: &PlanFile, text: &str, plan: &Plan) -> (Details, Vec<Remark>) {
    let front = front::front(&file.shown, text);
    let field = |names: &[&str]| {
        names.iter().find_map(|name| plan.header.iter().find(|(key, _)| key.to_lowercase() == **name)).cloned()
    };
    let said = |value: Option<String>| value.map(|value| ("front matter".to_owned(), value));
    let responsible = said(front.owner)
        .or_else(|| field(RESPONSIBLE))
        .or_else(|| said(front.author))
        .or_else(|| field(AUTHOR))
        .filter(|(_, value)| names_somebody(value));
    let (responsible_from, responsible) = responsible.unzip();
    let (priority, priority_from) = front
        .priority
        .as_deref()
        .and_then(Priority::of)
        .map(|priority| (priority, "front matter"))
        .or_else(|| Some((Priority::of(&field(&["priority"])?.1)?, "header")))
        .unwrap_or((Priority::Medium, "recency"));
    let details = Details {
        plan: file.shown.clone(),
        title: front.title.or_else(|| plan.title.clone()),
        status: front.status.or_else(|| Some(field(&["status"])?.1)),
        modified: modified(file),
        priority,
        priority_from,
        responsible,
        responsible_from,
        tags: front.tags,
        todos: front.todos,
    };
    (details, front.notes)
}

fn names_somebody(value: &str) -> bool {
    let bare = value.trim().to_lowercase();
    !matches!(bare.as_str(), "" | "-" | "\u{2013}" | "\u{2014}" | "tbd" | "n/a" | "none" | "unassigned" | "?")
}

/// Sets the priority of plans that state none, by their age. Then sorts all plans: by priority, then the newest first.
pub fn rank(all: &mut [Details]) {
    all.sort_by(|left, right| (Reverse(left.modified), &left.plan).cmp(&(Reverse(right.modified), &right.plan)));
    let total = all.len();
    for (at, details) in all.iter_mut().enumerate().filter(|(_, details)| details.priority_from == "recency") {
        details.priority = match (at * 4, (at + 1) * 4) {
            (from, _) if from < total => Priority::High,
            (_, to) if to > total * 3 && total > 1 => Priority::Low,
            _ => Priority::Medium,
        };
    }
    all.sort_by_key(|details| details.priority);
}

fn modified(file: &PlanFile) -> Option<i64> {
    let modified = fs::symlink_metadata(&file.path).ok()?.modified().ok()?;
    i64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Details {
        let file = PlanFile { path: "/nonexistent/p.md".into(), shown: "p.md".into(), bytes: 0 };
        details(&file, text, &crate::reader::plan(text)).0
    }

    #[test]
    fn the_front_matter_wins_over_the_header_and_owners_over_authors() {
        let both = of("---\npriority: low\nowner: A\n---\n# P\n\n**Priority:** HIGH\n**Owner:** B\n");
        assert_eq!((both.priority, both.priority_from), (Priority::Low, "front matter"));
        assert_eq!((both.responsible.as_deref(), both.responsible_from.as_deref()), (Some("A"), Some("front matter")));
        let header = of("# P\n\n**Author:** C\n**Priority:** 🔴 Critical (blocking)\n**Assigned Agent:** D\n");
        assert_eq!((header.priority, header.responsible.as_deref()), (Priority::High, Some("D")));
        assert_eq!(of("# P\n\n**Owner:** TBD\n**Author:** C\n").responsible, None);
        assert_eq!(of("# P\n\n**Created By:** C\n").responsible.as_deref(), Some("C"));
        assert_eq!(of("# P\n\nNo priority is highlighted here.\n").priority_from, "recency");
    }

    #[test]
    fn the_newest_quarter_is_high_and_the_oldest_low() {
        let mut all: Vec<Details> =
            (0..8).map(|at| Details { plan: format!("{at}.md"), modified: Some(at), ..of("# P") }).collect();
        all[0].priority = Priority::High;
        all[0].priority_from = "header";
        rank(&mut all);
        let ranked: Vec<String> =
            all.iter().map(|details| format!("{} {}", details.plan, details.priority.word())).collect();
        let wanted = [
            "7.md HIGH",
            "6.md HIGH",
            "0.md HIGH",
            "5.md MEDIUM",
            "4.md MEDIUM",
            "3.md MEDIUM",
            "2.md MEDIUM",
            "1.md LOW",
        ];
        assert_eq!(ranked, wanted);
        let mut one = vec![of("# P")];
        rank(&mut one);
        assert_eq!(one[0].priority, Priority::High);
    }
}
