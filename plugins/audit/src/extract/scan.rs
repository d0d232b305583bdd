//! The walk over a plan's blocks: keeps in mind the headings, labels and items above, and hands each block to the reader
//! of its form.
//!
//! Context only ever turns a remark into a promise or a promise into a remark; which words are files the readers decide.

use super::blocks::{Block, Fence, blocks};
use super::inline::{Inline, SpanKind};
use super::names;
use super::sentence::{self, Ground, Setting};
use super::todos::{Todo, todos};
use super::{symbols, table, tree, words};
use crate::plan::{Form, Place, Plan, Role, Sighting, SymbolHint, gather};

/// Reads a plan.
#[must_use]
pub fn plan(text: &str) -> Plan {
    let mut scan = Scan::default();
    for todo in todos(text) {
        scan.todo(&todo);
    }
    for block in blocks(text) {
        scan.block(&block);
    }
    scan.finish()
}

/// A list item above the present one.
struct Above {
    depth: usize,
    promises: bool,
    makes: bool,
}

#[derive(Default)]
struct Scan {
    title: Option<String>,
    header: Vec<(String, String)>,
    headings: Vec<(u8, String)>,
    /// The last paragraph that announces what follows it.
    label: Option<String>,
    items: Vec<Above>,
    /// The file that the nearest heading or the line before names; fences belong to it.
    near: Option<String>,
    /// The promised file of the nearest heading; fields describe it.
    subject: Option<usize>,
    sightings: Vec<Sighting>,
    hints: Vec<SymbolHint>,
    folders: Vec<String>,
    enumerated: Vec<String>,
}

impl Scan {
    fn block(&mut self, block: &Block) {
        if !matches!(block, Block::Item { .. }) {
            self.items.clear();
        }
        match block {
            Block::Heading { level, text } => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text),
            Block::Item { depth, checked, text } => self.item(*depth, *checked, text),
            Block::Table(rows) => {
                let found = table::read(rows, self.excluded());
                self.folders.extend(found.folders);
                if !self.excluded() && self.headed_as_whole() {
                    self.enumerated.extend(parents(&found.sightings));
                }
                self.take(found.sightings);
            }
            Block::Fence(fence) => self.fence(fence),
        }
    }

    /// Whether some heading above (the title apart) or the label rules promises out.
    fn excluded(&self) -> bool {
        let rules_out = |text: &str| words::excludes(text);
        self.headings.iter().any(|(level, text)| *level > 1 && rules_out(text))
            || self.label.as_deref().is_some_and(rules_out)
    }

    /// Whether the label or a heading above (the title apart) announces deliverables.
    fn promised(&self) -> bool {
        let label = self.label.as_deref().unwrap_or_default();
        let by_heading = || self.headings.iter().any(|(level, text)| *level > 1 && words::promises(text));
        words::promises(label) || (!words::turns_away(label) && by_heading())
    }

    /// Whether a tree at this place shows all that there is, and not just what is new or examined.
    fn lists_all(&self) -> bool {
        let headings = self.headings.last().map(|(_, text)| text.as_str());
        !self.excluded() && !headings.into_iter().chain(self.label.as_deref()).any(words::lists_part)
    }

    /// Whether the nearest heading or the label announces every file.
    fn headed_as_whole(&self) -> bool {
        let headings = self.headings.last().map(|(_, text)| text.as_str());
        headings.into_iter().chain(self.label.as_deref()).any(words::lists_every_file)
    }

    fn ground(&self, promised: bool) -> Ground {
        match (self.excluded(), promised) {
            (true, _) => Ground::Excluded,
            (false, true) => Ground::Promising,
            (false, false) => Ground::Plain,
        }
    }

    /// Whether a heading above says that what is done is told by what follows.
    fn measured(&self) -> bool {
        let label = self.label.as_deref().unwrap_or_default();
        words::measures(label) || self.headings.iter().any(|(level, text)| *level > 1 && words::measures(text))
    }

    fn component(&self) -> Option<String> {
        self.headings.last().filter(|(level, _)| *level > 1).map(|(_, text)| text.clone())
    }

    fn take(&mut self, found: Vec<Sighting>) {
        let component = self.component();
        for mut sighting in found {
            sighting.component = sighting.component.or_else(|| component.clone());
            self.sightings.push(sighting);
        }
    }

    fn heading(&mut self, level: u8, text: &Inline) {
        let plain = unnumbered(&text.plain()).to_owned();
        if self.title.is_none() {
            self.title = Some(text.plain());
        }
        while self.headings.last().is_some_and(|(above, _)| *above >= level) {
            self.headings.pop();
        }
        self.headings.push((level, plain));
        (self.label, self.near, self.subject) = (None, None, None);
        if level == 1 {
            return;
        }
        let setting = Setting { ground: self.ground(false), entry: true, ..Setting::default() };
        let bare = without_number(text);
        let found: Vec<Sighting> = sentence::sightings(&bare, setting, Form::Heading)
            .into_iter()
            .filter(|sighting| matches!(sighting.form, Form::Heading | Form::Step | Form::Link | Form::Prose))
            .collect();
        self.near = found.first().map(|sighting| sighting.path.clone());
        let promised = found.iter().position(|sighting| sighting.role == Role::Deliverable);
        self.subject = promised.map(|at| self.sightings.len() + at);
        self.take(found);
    }

    fn paragraph(&mut self, text: &Inline) {
        for line in text.by_line() {
            let plain = line.plain();
            if let Some((done, rest)) = boxed(&line) {
                self.boxed(done, &rest);
                continue;
            }
            if let Some((key, value)) = sentence::label(&plain).filter(|(_, value)| !value.is_empty()) {
                if self.headings.len() <= 1 && line.spans().first().is_some_and(|span| span.strong) {
                    self.header.push((plain.split(':').next().unwrap_or_default().trim().to_owned(), value.clone()));
                }
                if self.field(&key, &value) {
                    continue;
                }
            }
            let setting = Setting { ground: self.ground(false), making: self.makes(), ..Setting::default() };
            let found = sentence::sightings(&line, setting, Form::Prose);
            let apart = sentence::label(&plain).is_some_and(|(key, _)| words::turns_away(&key));
            let named = found.last().filter(|_| !apart).map(|sighting| sighting.path.clone());
            self.near = named.or_else(|| self.subject_path());
            self.take(found);
        }
        let plain = text.plain();
        let announces = plain.ends_with(':') || (text.is_strong() && plain.len() <= 80) || words::is_heading(&plain);
        self.label = announces.then(|| plain.trim_end_matches(':').to_owned());
    }

    /// A line `Location: x` or `Size: n bytes` below a heading that is a file; true when it was used up.
    fn field(&mut self, key: &str, value: &str) -> bool {
        let Some(subject) = self.subject.and_then(|at| self.sightings.get_mut(at)) else { return false };
        match key {
            "location" | "path" | "file" | "directory" | "folder" => located(subject, value),
            "size" => {
                subject.bytes = super::claims::bytes_cell(value.split('(').next().unwrap_or_default(), false);
                true
            }
            "lines" | "loc" => {
                subject.lines = super::claims::lines_cell(value);
                true
            }
            "status" => {
                subject.status = Some(value.to_owned());
                true
            }
            _ => false,
        }
    }

    fn subject_path(&self) -> Option<String> {
        self.subject.and_then(|at| self.sightings.get(at)).map(|sighting| sighting.path.clone())
    }

    /// Whether the nearest heading, or an item above, makes something.
    fn makes(&self) -> bool {
        self.makes_above()
            || self.headings.last().is_some_and(|(level, text)| *level > 1 && words::opens_creating(text))
    }

    fn makes_above(&self) -> bool {
        self.items.last().is_some_and(|above| above.makes)
    }

    fn todo(&mut self, todo: &Todo) {
        let ground = if todo.dropped { Ground::Excluded } else { Ground::Plain };
        let setting = Setting { ground, entry: true, ..Setting::default() };
        let mut found = sentence::sightings(&todo.text, setting, Form::Bullet);
        for sighting in &mut found {
            sighting.status = Some(if todo.done { "[x]" } else { "[ ]" }.to_owned());
        }
        self.take(found);
    }

    fn item(&mut self, depth: usize, checked: Option<bool>, text: &Inline) {
        while self.items.last().is_some_and(|above| above.depth >= depth) {
            self.items.pop();
        }
        let plain = text.plain();
        let promised = self.items.last().map_or_else(|| self.promised(), |above| above.promises);
        let setting = Setting {
            ground: self.ground(promised),
            making: self.makes(),
            entry: checked.is_some(),
            measured: self.measured(),
            ..Setting::default()
        };
        let ticked = plain.starts_with(['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}']);
        let state = checked.map(|done| if done { "[x]" } else { "[ ]" }).or(ticked.then_some("\u{2705}"));
        for (nth, line) in text.by_line().into_iter().enumerate() {
            // `Path: x` may stand in the second line of a step.
            let making = setting.making || (nth > 0 && words::opens_creating(&plain));
            let mut found = sentence::sightings(&line, Setting { making, ..setting }, Form::Bullet);
            for sighting in &mut found {
                sighting.status = state.map(str::to_owned);
            }
            self.near = found.last().map(|sighting| sighting.path.clone()).or_else(|| self.subject_path());
            self.take(found);
        }
        let title = plain.trim_end_matches(':');
        let announces = plain.ends_with(':') || text.is_strong();
        if depth == 1 && words::is_heading(&plain) {
            // `4. Artifacts` in a text without Markdown.
            self.label = Some(plain.clone());
        }
        let below = (promised && !announces) || (words::promises(title) && (announces || plain.len() <= 60));
        self.items.push(Above { depth, promises: below, makes: self.makes_above() || words::opens_creating(title) });
    }

    /// A line `[x] …` outside of any list.
    fn boxed(&mut self, done: bool, line: &Inline) {
        let setting = Setting { ground: self.ground(self.promised()), entry: true, ..Setting::default() };
        let mut found = sentence::sightings(line, setting, Form::Bullet);
        for sighting in &mut found {
            sighting.status = Some(if done { "[x]" } else { "[ ]" }.to_owned());
        }
        self.take(found);
    }

    /// A list that is indented by a tab is a code block for Markdown and a list for its reader.
    fn indented_list(&mut self, fence: &Fence) -> bool {
        let mut rows = fence.rows.iter().filter(|(_, row)| !row.trim().is_empty());
        if fence.fenced || !rows.all(|(_, row)| is_list_row(row)) {
            return false;
        }
        let text: String = fence.rows.iter().map(|(_, row)| format!("{row}\n")).collect();
        let first = fence.rows.first().map_or(1, |(line, _)| *line);
        for block in blocks(&text) {
            if let Block::Item { depth, checked, text } = block {
                self.item(depth, checked, &text.shifted(first - 1));
            }
        }
        true
    }

    fn fence(&mut self, fence: &Fence) {
        if self.indented_list(fence) {
            return;
        }
        if let Some(mut found) = tree::read(fence) {
            if self.excluded() {
                found.sightings.iter_mut().for_each(|sighting| sighting.role = Role::Reference);
            }
            if self.lists_all() {
                self.enumerated.extend(found.enumerated);
            }
            self.folders.extend(found.folders);
            self.take(found.sightings);
            return;
        }
        let symbols = symbols::defined_in(fence);
        let titled = fence.rows.first().and_then(|(_, row)| row.strip_prefix("# ").or_else(|| row.strip_prefix("// ")));
        let owner = titled.and_then(names::file).map(|name| name.path).or_else(|| self.near.clone());
        if let (Some(path), false) = (owner, symbols.is_empty()) {
            self.hints.push(SymbolHint { path, symbols });
        }
        self.near = self.subject_path();
    }

    fn finish(self) -> Plan {
        let mut folders: Vec<String> = self.folders.iter().filter_map(|folder| inside(folder)).collect();
        let gathered = gather(self.sightings, &self.hints);
        let parents =
            gathered.deliverables.iter().filter_map(|item| item.path.rsplit_once('/')).map(|(parent, _)| parent);
        folders.extend(parents.filter_map(inside));
        folders.sort();
        folders.dedup();
        let mut enumerated: Vec<String> = self.enumerated.iter().filter_map(|folder| inside(folder)).collect();
        enumerated.sort();
        enumerated.dedup();
        Plan {
            title: self.title,
            header: self.header,
            deliverables: gathered.deliverables,
            references: gathered.references,
            folders,
            enumerated,
            left_out: gathered.left_out,
        }
    }
}

/// The box that opens a line, and what follows it.
fn boxed(line: &Inline) -> Option<(bool, Inline)> {
    let first = line.spans().first()?;
    let (done, rest) = match first.text.get(..3)? {
        "[ ]" => (false, first.text.get(3..)?),
        "[x]" | "[X]" => (true, first.text.get(3..)?),
        _ => return None,
    };
    Some((done, line.with_first(rest)))
}

fn is_list_row(row: &str) -> bool {
    let row = row.trim_start();
    let digits = row.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let numbered = digits.len() < row.len() && (digits.starts_with(". ") || digits.starts_with(") "));
    numbered || ["- ", "* ", "+ "].iter().any(|mark| row.starts_with(mark))
}

/// The folders of promised files.
fn parents(sightings: &[Sighting]) -> Vec<String> {
    let promised = sightings.iter().filter(|sighting| sighting.role == Role::Deliverable);
    promised.filter_map(|sighting| Some(sighting.path.rsplit_once('/')?.0.to_owned())).collect()
}

fn inside(folder: &str) -> Option<String> {
    match Place::of(folder) {
        Place::Inside { path, .. } => Some(path),
        Place::Outside(_) => None,
    }
}

/// Takes over the folder, or the whole path, that a field gives for a file. False when it speaks of another file.
fn located(subject: &mut Sighting, value: &str) -> bool {
    let last = subject.path.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(name) = names::file(value) {
        let same = name.path.rsplit('/').next() == Some(last.as_str());
        if same {
            subject.path = name.path;
        }
        return same;
    }
    match names::folder(value) {
        Some(folder) if !subject.path.contains('/') => {
            subject.path = format!("{}/{last}", folder.path);
            true
        }
        _ => false,
    }
}

/// A heading's words without what counts it: `1.1`, `2)`, `Step 3:`, signs.
fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '.' | '_' | '/' | '~'));
    let counted = rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    let rest = match counted.strip_prefix([')', ' ', ':']) {
        Some(after) if counted.len() < rest.len() => after.trim_start(),
        _ => rest,
    };
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some("Step" | "Task" | "Phase" | "Part" | "File"), Some(number), Some(after))
            if number.ends_with([':', '.']) =>
        {
            after.trim_start()
        }
        _ => rest,
    }
}

/// The same heading without its number, spans kept.
fn without_number(text: &Inline) -> Inline {
    let mut out = Inline::default();
    for (nth, span) in text.spans().iter().enumerate() {
        let words = if nth == 0 && span.kind == SpanKind::Text { unnumbered(&span.text) } else { &span.text };
        if !words.is_empty() {
            out.push(span.kind, words, span.line, span.strong, span.link.as_deref());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promised(text: &str) -> Vec<String> {
        plan(text).deliverables.into_iter().map(|item| item.path).collect()
    }

    #[test]
    fn headings_that_are_files_take_their_fields_and_fences() {
        let text = "# T\n\n#### 1.1 a.py\n\n**Location:** `lib/x/a.py`\n**Size:** 18,975 bytes\n\n```python\nclass MakerOne:\n    pass\n```\n\n#### 2. b.py (Second)\n\n### a.py explained\n\n### On disk (`c/d.py`)\n";
        let plan = plan(text);
        let paths: Vec<&str> = plan.deliverables.iter().map(|item| item.path.as_str()).collect();
        assert_eq!(paths, ["lib/x/a.py", "b.py"]);
        assert_eq!(plan.deliverables[0].symbols, ["MakerOne"]);
        assert_eq!(plan.deliverables[0].bytes.map(|claim| claim.value), Some(18_975));
    }

    #[test]
    fn labels_and_headings_make_lists_promise() {
        assert_eq!(promised("**Deliverables:**\n- `a.py`\n- `b.py` - x\n\nOther:\n- `c.py`\n"), ["a.py", "b.py"]);
        assert_eq!(promised("## Deliverables\n\n### Core\n\n**Till:**\n- `a.py`\n\nUses:\n- `b.py`\n"), ["a.py"]);
        assert_eq!(promised("## Expected Outputs\n\n1. `a.json`\n2. Update `b.json`\n"), ["a.json"]);
        assert_eq!(promised("- Deliverables:\n  - `a.py`\n- Notes:\n  - `b.py`\n"), ["a.py"]);
        assert_eq!(promised("## Out of Scope\n\nDeliverables:\n- Create `a.py`\n"), Vec::<String>::new());
    }

    #[test]
    fn a_path_below_a_making_item_is_what_is_made() {
        let text = "## Tasks\n\n2. **Create Volume Index File**\n   - Path: `/var/v.json`\n   - Purpose: speed\n3. **Document it**\n   - Path: `/docs/old.md`\n   - Create `.env.example` with all variables\n";
        assert_eq!(promised(text), ["var/v.json", ".env.example"]);
    }

    #[test]
    fn header_lines_are_kept() {
        let plan = plan("# Plan\n\n**Date:** 2026-01-08\n**Target Script:** `m/x.py`\n\n## A\n\n**Note:** later\n");
        assert_eq!(plan.title.as_deref(), Some("Plan"));
        assert_eq!(plan.header.len(), 2);
        assert_eq!(plan.references.len(), 1);
    }
}
