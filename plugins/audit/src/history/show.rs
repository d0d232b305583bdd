//! Findings and report blocks of a comparison.

use super::model::{Change, Completion, History, PlanCompletion};
use crate::count::{count, is};
use crate::page::{Block, Cell, Table};
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::verify::Status;

impl History {
    /// A finding for each regression.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let last = self.last_at.as_deref().unwrap_or_default();
        let gap = |change: &Change| {
            let (before, after) = (word(change.before), word(change.after));
            let Change { plan, line, path, detail, .. } = change;
            let detail = if detail.is_empty() { String::new() } else { format!("; {detail}") };
            let title = format!("REGRESSION: {path} was {before} and is {after} ({plan})");
            let evidence = format!("{plan}:{line}; {before} on {last}{detail}");
            let line = usize::try_from(*line).unwrap_or_default();
            Gap::new(&format!("{plan}:{path}:regression"), NoteSeverity::High, &title, &evidence).at(plan, line)
        };
        self.regressions.iter().map(gap).collect()
    }

    /// One sentence about the progress since the last audit; `None` if there was no change.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let before = self.before?;
        if self.unchanged {
            return Some("Nothing changed since the last audit.".to_owned());
        }
        let percent =
            |standing: Completion| standing.percent.map_or("\u{2013}".to_owned(), |percent| format!("{percent} %"));
        let mut text = format!("Since the last audit: {} \u{2192} {}", percent(before), percent(self.after));
        let parts = [("regression", self.regressions.len()), ("step forward", self.progress.len())];
        for (what, many) in parts.into_iter().filter(|(_, many)| *many > 0) {
            text = format!("{text}; {}", count(many, what));
        }
        Some(text + ".")
    }

    /// The report blocks: before and after, and the changes; empty without an earlier audit.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let (Some(before), Some(last)) = (self.before, &self.last_at) else { return Vec::new() };
        let what = if self.unchanged { "Nothing changed since" } else { "Compared with" };
        let mut blocks = vec![Block::Text(format!("{what} the last audit ({last})."))];
        let mut table = Table::new(&["Plan", "Before", "After", "Done Before", "Done After"]);
        for change in &self.plans {
            table.row(standings(Cell::code(&change.plan), change.before, change.after));
        }
        table.row(standings(Cell::Strong("Overall".to_owned()), Some(before), Some(self.after)));
        blocks.push(Block::Table(table));
        blocks.extend(self.others());
        let lists = [
            ("Regressions", &self.regressions),
            ("Progress", &self.progress),
            ("Changed", &self.changed),
            ("New", &self.new),
            ("No Longer Promised", &self.gone),
        ];
        for (name, changes) in lists.into_iter().filter(|(_, changes)| !changes.is_empty()) {
            blocks.push(Block::Heading(name.to_owned()));
            blocks.push(Block::Table(changes_table(changes)));
        }
        if self.left_out > 0 {
            blocks.push(Block::Text(format!(
                "{} {} not listed.",
                count(self.left_out, "more change"),
                is(self.left_out)
            )));
        }
        blocks
    }
}

impl History {
    /// The plans that this audit left out, with their recorded data.
    fn others(&self) -> Vec<Block> {
        if self.others.is_empty() {
            return Vec::new();
        }
        let mut table = Table::new(&["Plan", "Completion", "Done"]);
        for PlanCompletion { plan, standing } in &self.others {
            let done = format!("{} of {}", standing.counts.done(), standing.counts.expected());
            table.row([Cell::code(plan), Cell::Percent(standing.percent), Cell::text(done)]);
        }
        let mut text = "The numbers are from the last audit that checked these plans.".to_owned();
        if let Some(more) = self.others_count.checked_sub(self.others.len()).filter(|more| *more > 0) {
            text += &format!(" {more} more are not listed.");
        }
        vec![Block::Heading("Plans Not Audited Now".to_owned()), Block::Text(text), Block::Table(table)]
    }
}

fn standings(name: Cell, before: Option<Completion>, after: Option<Completion>) -> Vec<Cell> {
    let percent =
        |standing: Option<Completion>| standing.map_or(Cell::None, |standing| Cell::Percent(standing.percent));
    let done = |standing: Option<Completion>| match standing {
        Some(standing) => Cell::text(format!("{} of {}", standing.counts.done(), standing.counts.expected())),
        None => Cell::None,
    };
    vec![name, percent(before), percent(after), done(before), done(after)]
}

fn changes_table(changes: &[Change]) -> Table {
    let mut table = Table::new(&["Deliverable", "Plan", "Before", "After", "Remark"]);
    let status = |status: Option<Status>| status.map_or(Cell::None, Cell::Status);
    for change in changes {
        table.row([
            Cell::code(&change.path),
            Cell::code(format!("{}:{}", change.plan, change.line)),
            status(change.before),
            status(change.after),
            if change.detail.is_empty() { Cell::None } else { Cell::text(&change.detail) },
        ]);
    }
    table
}

fn word(status: Option<Status>) -> &'static str {
    status.map_or("not promised", Status::word)
}
