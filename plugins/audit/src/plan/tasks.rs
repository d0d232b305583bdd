//! The tasks of a plan: its check boxes outside code blocks, and the stale ones among them.

use serde::Serialize;

/// Maximum number of listed lines of stale tasks.
const LISTED: usize = 20;

/// Progress of a plan's tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// Ticked tasks, stale ones included.
    pub ticked: usize,
    /// Tasks that are not ticked.
    pub open: usize,
    /// Ticked tasks whose file is missing, empty or a stub.
    pub stale: usize,
    /// The lines of the first stale tasks, from 1.
    pub stale_lines: Vec<usize>,
    /// Whether each task is ticked, in the order of the plan.
    #[serde(skip)]
    pub boxes: Vec<bool>,
}

impl Tasks {
    /// Counts the check boxes of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut tasks = Self::default();
        let mut fence = None;
        for line in text.lines().map(str::trim_start) {
            let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
            match (fence, mark) {
                (None, Some(mark)) => fence = Some(mark),
                (Some(open), Some(mark)) if open == mark => fence = None,
                (None, None) => {
                    if let Some(ticked) = ticked(line) {
                        tasks.add(ticked);
                    }
                }
                _ => {}
            }
        }
        tasks
    }

    /// Adds a task.
    pub fn add(&mut self, ticked: bool) {
        *(if ticked { &mut self.ticked } else { &mut self.open }) += 1;
        self.boxes.push(ticked);
    }

    /// Adds the lines of ticked tasks whose file is missing.
    pub fn add_stale(&mut self, lines: impl IntoIterator<Item = usize>) {
        let lines: std::collections::BTreeSet<usize> = lines.into_iter().collect();
        self.stale = lines.len().min(self.ticked);
        self.stale_lines = lines.into_iter().take(LISTED).collect();
    }

    /// `3 of 5 tasks are ticked; 1 of them is stale (line 7)`; `None` without tasks.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let all = self.ticked + self.open;
        let stale = match self.stale_lines.as_slice() {
            [] => String::new(),
            lines => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                format!("; stale, because their files are not there: {} (line {})", self.stale, lines.join(", "))
            }
        };
        (all > 0).then(|| format!("Tasks: {} of {all} ticked{stale}.", self.ticked))
    }
}

/// State of the box at the start of a list item.
fn ticked(line: &str) -> Option<bool> {
    let number = line.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    let item = line.strip_prefix(['-', '*', '+']).or_else(|| (number.len() < line.len()).then_some(number))?;
    let (inside, after) = item.trim_start_matches(')').trim_start().strip_prefix('[')?.split_once(']')?;
    let state = (after.is_empty() || after.starts_with(' ')).then(|| box_state(inside)).flatten();
    state.map(|done| done && !is_skipped(after))
}

/// True if a line ends with a remark that its work was skipped: `(skipped)`, `(deferred: no time)`, `(not needed for now)`.
#[must_use]
pub(crate) fn is_skipped(line: &str) -> bool {
    let line = line.trim_end_matches(['.', ' ']);
    let Some((_, inside)) = line.strip_suffix(')').and_then(|line| line.rsplit_once('(')) else { return false };
    let inside = inside.to_lowercase();
    let rest = ["skipped", "deferred", "not needed"].iter().find_map(|word| inside.strip_prefix(word));
    rest.is_some_and(|rest| {
        rest.is_empty()
            || [":", " -", " \u{2013}", " \u{2014}", " for now", " because"].iter().any(|next| rest.starts_with(next))
    })
}

/// Whether the text in a box ticks it: `x`, a check mark, `DONE`. `None` for other brackets.
#[must_use]
pub(crate) fn box_state(inside: &str) -> Option<bool> {
    match inside {
        "x" | "X" | "\u{2713}" | "\u{2714}" | "\u{2705}" | "DONE" | "Done" | "done" | "COMPLETE" | "COMPLETED" => {
            Some(true)
        }
        " " | "" | "~" | "/" | "-" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_outside_code_are_tasks() {
        let text = "- [x] a\n  * [ ] b\n1. [X] c\n2.1 [ ] d\n```\n- [x] code\n```\n[x](link)\n- [link](a)\n- [P] e\n";
        let mut tasks = Tasks::of(text);
        assert_eq!((tasks.ticked, tasks.open), (2, 2));
        assert_eq!(tasks.sentence().unwrap(), "Tasks: 2 of 4 ticked.");
        tasks.add_stale([1]);
        assert!(tasks.sentence().unwrap().ends_with("not there: 1 (line 1)."), "{tasks:?}");
        assert_eq!(Tasks::of("# P\n").sentence(), None);
    }
}
