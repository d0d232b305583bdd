//! Items of lists, with what the items above them say; boxes and todos, which are items by another name.

use super::super::blocks::{Block, Fence, blocks};
use super::super::context::{LineContext, SectionKind};
use super::super::inline::Inline;
use super::super::sentence;
use super::super::todos::Todo;
use super::super::{names, words};
use super::fields::{joined, label_folder};
use super::marks::is_list_row;
use super::{HeadingFlags, ParentItem, Scan};
use crate::plan::Form;

impl Scan<'_> {
    pub(super) fn todo(&mut self, todo: &Todo) {
        let ground = if todo.dropped { SectionKind::Excluded } else { SectionKind::Plain };
        let setting = LineContext { ground, entry: true, told: true, ..LineContext::default() };
        let mut found = sentence::sightings(&todo.text, setting, Form::Bullet);
        for sighting in &mut found {
            sighting.status = Some(if todo.done { "[x]" } else { "[ ]" }.to_owned());
        }
        self.take(found);
    }

    /// An item of a list; `holds` when it has items below it.
    pub(super) fn item(&mut self, depth: usize, checked: Option<bool>, text: &Inline, holds: bool) {
        while self.items.last().is_some_and(|above| above.depth >= depth) {
            self.items.pop();
        }
        let (text, table) = self.apart_from_table(text);
        let plain = text.plain();
        let subject = self.items.last().map_or(self.subject, |above| above.subject);
        let above_folder = self.items.last().and_then(|above| above.folder.clone());
        let described = subject.is_some_and(|subject| {
            sentence::label(&plain).is_some_and(|(key, value)| !value.is_empty() && self.field(subject, &key, &value))
        });
        self.wants(&text, subject);
        let promised = self.items.last().map_or_else(|| self.promised(), |above| above.promises);
        let alone = holds && text.is_strong() && names::file(&plain).is_some();
        let setting = LineContext {
            ground: self.ground(promised),
            making: self.makes(),
            entry: checked.is_some() || ((alone || above_folder.is_some()) && !self.revised()),
            told: checked.is_some(),
            measured: self.measured(),
            ..LineContext::default()
        };
        let folder = above_folder.clone().or_else(|| {
            self.label.as_ref().and_then(|label| label_folder(&label.text)).filter(|_| promised && depth == 1)
        });
        let mine = if described { None } else { self.item_lines(&text, setting, checked, folder.as_deref()) };
        let title = plain.trim_end_matches(':');
        let announces = plain.ends_with(':') || text.is_strong();
        if depth == 1 && words::is_heading(&plain) {
            // `4. Artifacts` in a text without Markdown.
            self.label = Some(HeadingFlags::of(&plain));
        }
        let below = (promised && !announces) || (words::promises(title) && (announces || plain.len() <= 60));
        let own = names::folder(title).filter(|_| holds).map(|own| joined(above_folder.as_deref(), &own.path));
        self.items.push(ParentItem {
            depth,
            promises: below,
            makes: self.makes_above() || words::opens_creating(title),
            subject: mine,
            folder: own,
        });
        if let Some(rows) = table {
            self.table(&rows);
        }
    }

    /// The lines of an item; where the first file that they promise stands.
    fn item_lines(
        &mut self,
        text: &Inline,
        setting: LineContext,
        checked: Option<bool>,
        folder: Option<&str>,
    ) -> Option<usize> {
        let (plain, mut mine) = (text.plain(), None);
        let ticked = plain.starts_with(['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}']);
        let state = checked.map(|done| if done { "[x]" } else { "[ ]" }).or(ticked.then_some("\u{2705}"));
        for (nth, line) in text.by_line().into_iter().enumerate() {
            // `Path: x` may stand in the second line of a step.
            let making = setting.making || (nth > 0 && words::opens_creating(&plain));
            let mut found = sentence::sightings(&line, LineContext { making, ..setting }, Form::Bullet);
            for sighting in &mut found {
                sighting.status = state.map(str::to_owned);
                if let Some(folder) = folder {
                    sighting.path = joined(Some(folder), &sighting.path);
                }
            }
            self.near = found.last().map(|sighting| sighting.path.clone()).or_else(|| self.subject_path());
            mine = mine.or_else(|| self.place_of_promise(&found));
            self.take(found);
        }
        mine
    }

    /// A line `[x] …` outside of any list.
    pub(super) fn boxed(&mut self, done: bool, line: &Inline) {
        let ground = self.ground(self.promised());
        let setting = LineContext { ground, entry: true, told: true, ..LineContext::default() };
        let mut found = sentence::sightings(line, setting, Form::Bullet);
        for sighting in &mut found {
            sighting.status = Some(if done { "[x]" } else { "[ ]" }.to_owned());
        }
        self.take(found);
    }

    /// A list that is indented by a tab is a code block for Markdown and a list for its reader.
    pub(super) fn indented_list(&mut self, fence: &Fence) -> bool {
        let mut rows = fence.rows.iter().filter(|(_, row)| !row.trim().is_empty());
        if fence.fenced || !rows.all(|(_, row)| is_list_row(row)) {
            return false;
        }
        let text: String = fence.rows.iter().map(|(_, row)| format!("{row}\n")).collect();
        let first = fence.rows.first().map_or(1, |(line, _)| *line);
        for block in blocks(&text) {
            if let Block::Item { depth, checked, text } = block {
                self.item(depth, checked, &text.shifted(first - 1), false);
            }
        }
        true
    }
}
