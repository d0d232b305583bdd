//! The review of a session: what was committed and handed over in a span of time, which of its claims hold, and what is open.
//!
//! The commits, the handoffs and the verdicts on their claims are given; here they are put in the established order.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::document::{Document, Field, Section, table, text};
use super::escape;
use super::findings::Gap;
use super::markdown;
use super::model::Stamp;
use super::pages::counted;
use super::render::Artifact;
use crate::lent::{Commit, Entry};
use crate::limits;
use crate::page::{Block, Cell, Table};

/// A session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// What it is called: `a7d8c35..3718c1d`, `2026-01-18`.
    pub name: String,
    /// Its commits, in the order in which they are shown.
    pub commits: Vec<ReviewedCommit>,
    /// Its handoffs, in the order in which they are shown.
    pub handoffs: Vec<HandledHandoff>,
    /// Claims that stand in no commit and no handoff: those of session reports.
    pub claims: Vec<CheckedClaim>,
    /// What is open.
    pub gaps: Vec<Gap>,
    /// Parts that could not be looked at, and why.
    pub not_looked_at: Vec<String>,
}

/// A commit with the claims about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedCommit {
    /// The commit.
    pub commit: Commit,
    /// What is claimed of it, checked.
    pub claims: Vec<CheckedClaim>,
}

/// A handoff with the claims in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledHandoff {
    /// What the ledger says.
    pub entry: Entry,
    /// What it claims, checked.
    pub claims: Vec<CheckedClaim>,
}

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedClaim {
    /// What is claimed.
    pub text: String,
    /// Where: `reports/a.md:12`.
    pub source: String,
    /// Whether it holds.
    pub standing: Standing,
    /// What was seen.
    pub evidence: String,
}

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Standing {
    /// It was checked and holds.
    True,
    /// It was checked and does not hold.
    False,
    /// It cannot be checked from here.
    Unverifiable,
}

impl Standing {
    /// A sign and a word.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::True => "\u{2705} VERIFIED",
            Self::False => "\u{274c} FALSE",
            Self::Unverifiable => "\u{23f3} UNVERIFIABLE",
        }
    }

    /// What claims of these standings amount to together.
    fn of(claims: &[CheckedClaim]) -> &'static str {
        if claims.is_empty() {
            return "\u{23f3} NOTHING CLAIMED";
        }
        let worst = [Self::False, Self::Unverifiable, Self::True];
        let worst = worst.into_iter().find(|standing| claims.iter().any(|claim| claim.standing == *standing));
        worst.unwrap_or(Self::Unverifiable).shown()
    }
}

impl Session {
    fn all_claims(&self) -> impl Iterator<Item = &CheckedClaim> {
        let commits = self.commits.iter().flat_map(|commit| &commit.claims);
        commits.chain(self.handoffs.iter().flat_map(|handoff| &handoff.claims)).chain(&self.claims)
    }

    fn count(&self, standing: Standing) -> usize {
        self.all_claims().filter(|claim| claim.standing == standing).count()
    }

    /// How many handoffs ended well: done by a plugin, or given to an agent that answers itself.
    fn handled(&self) -> usize {
        let ended = |state: &str| matches!(state, "succeeded" | "delivered" | "returned" | "answered");
        self.handoffs.iter().filter(|handoff| ended(&handoff.entry.state)).count()
    }

    fn is_clean(&self) -> bool {
        self.count(Standing::False) == 0 && self.gaps.is_empty()
    }

    fn status(&self) -> &'static str {
        match (self.is_clean(), self.count(Standing::Unverifiable), self.not_looked_at.is_empty()) {
            (true, 0, true) => "\u{2705} COMPLETE",
            _ => "\u{26a0}\u{fe0f} PARTIAL",
        }
    }
}

/// The review: `SESSION_REVIEW_<stamp>.md`.
#[must_use]
pub fn session_review(session: &Session, stamp: &Stamp) -> Artifact {
    Artifact {
        name: format!("SESSION_REVIEW_{}.md", stamp.compact),
        media_type: "text/markdown",
        bytes: markdown::write(&document(session, stamp)).into_bytes(),
    }
}

/// A review as a document: its header and footer around sections, which may be another part's own
/// ([`super::sections`] makes them of blocks). `status` is a word with its sign.
#[must_use]
pub fn session_document(name: &str, sections: Vec<Section>, status: &str, stamp: &Stamp) -> Document {
    let day = stamp.long.split(' ').next().unwrap_or_default();
    let reviewer = || Field::new("Reviewer", Cell::text(concat!("audit ", env!("CARGO_PKG_VERSION"))));
    Document {
        title: "Session Review, Audit, and Gap Analysis".to_owned(),
        fields: vec![
            Field::new("Date", Cell::text(day)),
            Field::new("Session", Cell::code(words(name))),
            Field::new("Session Type", Cell::text("Commits, Handoffs and Their Claims")),
            reviewer(),
        ],
        completion: None,
        sections,
        footer: vec![
            Field::new("Review Completed", Cell::text(&stamp.long)),
            reviewer(),
            Field::new("Status", Cell::text(status)),
        ],
    }
}

fn document(session: &Session, stamp: &Stamp) -> Document {
    let sections = vec![
        Section::new("Executive Summary", summary(session)),
        Section::new("1. Completed Work Verification", work(session)),
        Section::new("2. Claims of Reports", reports(session)),
        Section::new("3. Gap Analysis", gaps(session)),
        Section::new("4. Session Metrics", metrics(session)),
        Section::new("5. Session Success Criteria", criteria(session)),
    ];
    session_document(&session.name, sections, session.status(), stamp)
}

fn summary(session: &Session) -> Vec<Block> {
    let claims = session.all_claims().count();
    let mut blocks = vec![
        text(format!(
            "{} and {} with {}: {} true, {} false, {} unverifiable from here. Open: {}.",
            counted(session.commits.len(), "commit"),
            counted(session.handoffs.len(), "handoff"),
            counted(claims, "claim"),
            session.count(Standing::True),
            session.count(Standing::False),
            session.count(Standing::Unverifiable),
            counted(session.gaps.len(), "gap")
        )),
        Block::List(vec![vec![Cell::Strong("Overall Status:".to_owned()), Cell::text(session.status())]]),
    ];
    blocks.extend(
        session
            .not_looked_at
            .iter()
            .map(|reason| text(format!("Not looked at: {}.", words(reason).trim_end_matches('.')))),
    );
    blocks
}

/// One section a commit or handoff, at most [`limits::FINDINGS`] of each.
fn work(session: &Session) -> Vec<Block> {
    let commits = session.commits.iter().take(limits::FINDINGS).map(of_commit);
    let handoffs = session.handoffs.iter().take(limits::FINDINGS).map(of_handoff);
    let mut blocks: Vec<Block> =
        commits.chain(handoffs).enumerate().flat_map(|(nth, item)| item.blocks(nth + 1)).collect();
    if blocks.is_empty() {
        blocks.push(text("There is no commit and no handoff in this session."));
    }
    let left = session.commits.len().saturating_sub(limits::FINDINGS)
        + session.handoffs.len().saturating_sub(limits::FINDINGS);
    if left > 0 {
        blocks.push(text(format!("{left} more are not listed; the metrics count them.")));
    }
    blocks
}

/// A piece of work before it has its number.
struct Item<'a> {
    title: &'a str,
    facts: Vec<Vec<Cell>>,
    claims: &'a [CheckedClaim],
}

impl Item<'_> {
    fn blocks(self, nth: usize) -> Vec<Block> {
        let mut facts = self.facts;
        facts.push(fact("Status", Cell::text(Standing::of(self.claims))));
        let mut blocks = vec![Block::Heading(format!("1.{nth} {}", words(self.title))), Block::List(facts)];
        blocks.extend(claims(self.claims));
        blocks
    }
}

fn fact(name: &str, value: Cell) -> Vec<Cell> {
    vec![Cell::Strong(format!("{name}:")), value]
}

fn of_commit(reviewed: &ReviewedCommit) -> Item<'_> {
    let commit = &reviewed.commit;
    let facts = vec![
        fact("Commit", Cell::code(commit.id.get(..12).unwrap_or(&commit.id))),
        fact("Author", Cell::text(words(&commit.author))),
        fact("Committed", Cell::text(moment(commit.at))),
    ];
    Item { title: &commit.title, facts, claims: &reviewed.claims }
}

fn of_handoff(handled: &HandledHandoff) -> Item<'_> {
    let entry = &handled.entry;
    let mut facts = vec![
        fact("Task", Cell::code(words(&entry.id))),
        fact("Kind", Cell::text(words(&entry.kind))),
        fact("Agent", Cell::text(words(&entry.agent))),
        fact("State", Cell::text(words(&entry.state))),
    ];
    facts.extend(entry.file.as_ref().map(|file| fact("File", Cell::code(words(file)))));
    if !entry.reason.is_empty() {
        facts.push(fact("Reason", Cell::text(words(&entry.reason))));
    }
    Item { title: &entry.title, facts, claims: &handled.claims }
}

fn claims(claims: &[CheckedClaim]) -> Option<Block> {
    let row = |claim: &CheckedClaim| {
        vec![
            Cell::text(words(&claim.text)),
            Cell::text(claim.standing.shown()),
            Cell::text(words(&claim.evidence)),
            Cell::code(words(&claim.source)),
        ]
    };
    let head = ["Claim", "Verdict", "Evidence", "Stands In"];
    table(&head, claims.iter().take(limits::FINDINGS).map(row).collect())
}

fn reports(session: &Session) -> Vec<Block> {
    vec![
        claims(&session.claims)
            .unwrap_or_else(|| text("No report of this session claims anything that can be checked.")),
    ]
}

fn gaps(session: &Session) -> Vec<Block> {
    let of_gap = |(nth, gap): (usize, &Gap)| {
        let mut facts = vec![fact("Impact", Cell::text(gap.weight.word())), fact("Finding", Cell::code(&gap.id))];
        if !gap.evidence.is_empty() {
            facts.push(fact("Evidence", Cell::text(&gap.evidence)));
        }
        [Block::Heading(format!("Gap {}: {}", nth + 1, gap.title)), Block::List(facts)]
    };
    let gaps: Vec<Block> = session.gaps.iter().take(limits::FINDINGS).enumerate().flat_map(of_gap).collect();
    if gaps.is_empty() { vec![text("No gap was identified.")] } else { gaps }
}

fn metrics(session: &Session) -> Vec<Block> {
    let mut table = Table::new(&["Metric", "Value"]);
    let mut row = |name: &str, value: usize| table.row([Cell::text(name), Cell::Number(value as u64)]);
    row("Commits", session.commits.len());
    row("Handoffs", session.handoffs.len());
    row("Handoffs handled", session.handled());
    row("Claims", session.all_claims().count());
    row("Claims that hold", session.count(Standing::True));
    row("False claims", session.count(Standing::False));
    row("Unverifiable claims", session.count(Standing::Unverifiable));
    row("Open gaps", session.gaps.len());
    vec![Block::Table(table)]
}

fn criteria(session: &Session) -> Vec<Block> {
    let handled = session.handled() == session.handoffs.len();
    vec![Block::Checklist(vec![
        (session.count(Standing::False) == 0, "No claim is false".to_owned()),
        (session.count(Standing::Unverifiable) == 0, "Every claim could be verified".to_owned()),
        (handled, "Every handoff was handled".to_owned()),
        (session.gaps.is_empty(), "No gap is open".to_owned()),
        (session.not_looked_at.is_empty(), "Nothing was left unlooked at".to_owned()),
    ])]
}

fn words(text: &str) -> String {
    escape::line(text, limits::EVIDENCE_BYTES)
}

/// `2026-01-18 10:15:00 UTC`.
fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| format!("{seconds} seconds after 1970"),
        |at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}
