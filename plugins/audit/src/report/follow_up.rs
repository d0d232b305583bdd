//! What was asked of whom about a gap: a report of its own, and blocks for phase 5.
//!
//! Who is asked, how often and when it is enough is decided elsewhere; here the decisions are shown.

use serde::Serialize;

use super::document::{Document, Field, Section, table, text};
use super::model::{Report, Stamp};
use super::render::Artifact;
use super::{escape, markdown};
use crate::count::count;
use crate::limits;
use crate::page::{Block, Cell};
use crate::remark::NoteSeverity;

/// One gap and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUp {
    /// The finding's id.
    pub finding: String,
    /// The agent that was asked, or would be.
    pub agent: Option<String>,
    /// One line.
    pub title: String,
    /// The plan that promises it, as the report names it.
    pub plan: String,
    /// The path that the plan means.
    pub path: String,
    /// What was done.
    pub state: FollowUpState,
    /// The how many-th time it is asked for, from 1; 0 when it was never asked for.
    pub round: u32,
    /// Why it stands so.
    pub reason: String,
    /// How much the gap matters.
    pub priority: NoteSeverity,
}

/// What was done about a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FollowUpState {
    /// A handoff leaves with this audit.
    Sent,
    /// It was asked for earlier, and the answer is still to come.
    Open,
    /// A person has to look: nobody is responsible, nothing may be sent, or it was asked for often enough.
    Held,
    /// The gap is closed, and what was asked for is taken back.
    Withdrawn,
}

impl FollowUpState {
    /// Every state, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Open, Self::Held, Self::Withdrawn];

    /// A sign and a word.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Sent => "\u{26a0}\u{fe0f} SENT",
            Self::Open => "\u{23f3} OPEN",
            Self::Held => "\u{274c} HELD",
            Self::Withdrawn => "\u{2705} CLOSED",
        }
    }

    /// The heading above follow-ups of this state.
    const fn heading(self) -> &'static str {
        match self {
            Self::Sent => "Actions Sent to Agents",
            Self::Open => "Actions Waiting for an Answer",
            Self::Held => "Issues for a Person",
            Self::Withdrawn => "Completed Actions",
        }
    }
}

impl FollowUp {
    /// `Handoff to Codex-Agent`, or that there is none.
    #[must_use]
    pub(super) fn kind(&self) -> String {
        match (&self.agent, self.state) {
            (Some(agent), FollowUpState::Held) => format!("Issue (for {agent})"),
            (Some(agent), _) => format!("Handoff to {agent}"),
            (None, _) => "Issue".to_owned(),
        }
    }

    fn priority(&self) -> &'static str {
        match self.priority {
            NoteSeverity::High => "High",
            NoteSeverity::Medium => "Medium",
            NoteSeverity::Low => "Low",
            NoteSeverity::Info => "Info",
        }
    }

    fn notes(&self) -> String {
        match (self.round, self.reason.as_str()) {
            (0, reason) => reason.to_owned(),
            (round, "") => format!("round {round}"),
            (round, reason) => format!("round {round}; {reason}"),
        }
    }
}

/// The follow-ups for phase 5: one table, sorted by state.
#[must_use]
pub fn blocks(follow_ups: &[FollowUp]) -> Vec<Block> {
    let row = |item: &FollowUp| {
        let agent = item.agent.as_ref().map_or(Cell::None, Cell::text);
        let state = Cell::text(item.state.shown());
        vec![
            Cell::code(&item.path),
            state,
            agent,
            Cell::text(item.priority()),
            Cell::text(item.notes()),
            Cell::code(&item.plan),
        ]
    };
    let rows = of_all_states(follow_ups).map(row).collect();
    table(&["Deliverable", "State", "Agent", "Priority", "Notes", "Plan"], rows).into_iter().collect()
}

/// The report on its own: `AUDIT_FOLLOWUP_ACTIONS_<stamp>.md`. At most [`limits::FOLLOW_UPS`] follow-ups are described.
#[must_use]
pub fn follow_up(follow_ups: &[FollowUp], report: &Report, stamp: &Stamp) -> Artifact {
    Artifact {
        name: format!("AUDIT_FOLLOWUP_ACTIONS_{}.md", stamp.compact),
        media_type: "text/markdown",
        bytes: markdown::write(&document(follow_ups, report, stamp)).into_bytes(),
    }
}

fn document(follow_ups: &[FollowUp], report: &Report, stamp: &Stamp) -> Document {
    let mut sections = vec![Section::new("Summary of All Recommended Next Steps", summary(follow_ups))];
    let shown: Vec<&FollowUp> = of_all_states(follow_ups).take(limits::FOLLOW_UPS).collect();
    for state in [FollowUpState::Withdrawn, FollowUpState::Sent, FollowUpState::Open, FollowUpState::Held] {
        let items: Vec<&&FollowUp> = shown.iter().filter(|item| item.state == state).collect();
        if !items.is_empty() {
            let blocks = items.iter().enumerate().flat_map(|(nth, item)| described(nth + 1, item)).collect();
            sections.push(Section::new(state.heading(), blocks));
        }
    }
    sections.push(Section::new("Overall Status", overall(&shown, follow_ups.len())));
    sections.push(Section::new("Next Steps for Human Operator", next_steps(follow_ups)));
    Document {
        title: "Audit Follow-Up Actions Report".to_owned(),
        fields: vec![
            Field::new("Generated", Cell::text(&stamp.long)),
            Field::new("Source Audit", Cell::code(format!("PLANS_AUDIT_REPORT_{}.md", stamp.compact))),
        ],
        completion: None,
        sections,
        footer: vec![
            Field::new("Report Generated By", Cell::text(&report.agent)),
            Field::new("Audit Session", Cell::code(&report.report_id)),
        ],
    }
}

fn of_all_states(follow_ups: &[FollowUp]) -> impl Iterator<Item = &FollowUp> {
    FollowUpState::ALL.into_iter().flat_map(|state| follow_ups.iter().filter(move |item| item.state == state))
}

fn summary(follow_ups: &[FollowUp]) -> Vec<Block> {
    if follow_ups.is_empty() {
        return vec![text("There is nothing to follow up: no gap was found and none was closed.")];
    }
    let of = |state| follow_ups.iter().filter(|item| item.state == state).count();
    vec![text(format!(
        "{} followed up: {} sent to agents, {} waiting for an answer, {} for a person, {} closed.",
        count(follow_ups.len(), "gap"),
        of(FollowUpState::Sent),
        of(FollowUpState::Open),
        of(FollowUpState::Held),
        of(FollowUpState::Withdrawn)
    ))]
}

fn described(nth: usize, item: &FollowUp) -> Vec<Block> {
    let line = |name: &str, value: Cell| vec![Cell::Strong(format!("{name}:")), value];
    let mut lines = vec![
        line("Title", Cell::text(format!("[AUDIT] {}", words(&item.title)))),
        line("Status", Cell::text(item.state.shown())),
        line("Priority", Cell::text(item.priority())),
        line("Type", Cell::text(words(&item.kind()))),
        line("Deliverable", Cell::code(words(&item.path))),
        line("Plan", Cell::code(words(&item.plan))),
        line("Finding", Cell::code(&item.finding)),
    ];
    let notes = item.notes();
    if !notes.is_empty() {
        lines.push(line("Description", Cell::text(words(&notes))));
    }
    vec![Block::Heading(format!("{nth}. {}", words(&item.title))), Block::List(lines)]
}

fn overall(shown: &[&FollowUp], all: usize) -> Vec<Block> {
    let row = |item: &&FollowUp| {
        vec![Cell::text(words(&item.title)), Cell::text(item.state.shown()), Cell::text(words(&item.notes()))]
    };
    let mut blocks: Vec<Block> =
        table(&["Task", "Status", "Notes"], shown.iter().map(row).collect()).into_iter().collect();
    if all > shown.len() {
        blocks.push(text(format!("{} more are not listed.", all - shown.len())));
    }
    if blocks.is_empty() {
        blocks.push(text("None."));
    }
    blocks
}

fn next_steps(follow_ups: &[FollowUp]) -> Vec<Block> {
    let held: Vec<Vec<Cell>> = follow_ups
        .iter()
        .filter(|item| item.state == FollowUpState::Held)
        .take(limits::FOLLOW_UPS)
        .map(|item| {
            let why = if item.reason.is_empty() { String::new() } else { format!(": {}", words(&item.reason)) };
            let plan = format!("of {}{why}", words(&item.plan));
            vec![Cell::text("See to"), Cell::code(words(&item.path)), Cell::text(plan)]
        })
        .collect();
    if held.is_empty() {
        return vec![text("None: agents were asked for everything that is open. The next audit sees what they did.")];
    }
    vec![Block::List(held)]
}

/// A plan's own words, short enough to be repeated.
fn words(text: &str) -> String {
    escape::line(text, limits::WORDS_BYTES)
}
