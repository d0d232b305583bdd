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
    let mut scan = Scan { rows: text.lines().collect(), ..Scan::default() };
    for todo in todos(text) {
        scan.todo(&todo);
    }
    let blocks = blocks(text);
    for (at, block) in blocks.iter().enumerate() {
        scan.block(block, blocks.get(at + 1));
    }
    scan.finish()
}

/// A list item above the present one.
struct Above {
    depth: usize,
    promises: bool,
    makes: bool,
    /// The file that it promises; fields below describe it.
    subject: Option<usize>,
    /// The folder that it is, joined with those above; what is below is in it.
    folder: Option<String>,
}

/// A heading above the present block.
struct Heading {
    level: u8,
    text: String,
    /// It is the document's own, which rules nothing.
    title: bool,
}

#[derive(Default)]
struct Scan<'a> {
    /// The lines of the plan.
    rows: Vec<&'a str>,
    title: Option<String>,
    header: Vec<(String, String)>,
    headings: Vec<Heading>,
    /// The last paragraph that announces what follows it.
    label: Option<String>,
    items: Vec<Above>,
    /// The file that the nearest heading or the line before names; fences belong to it.
    near: Option<String>,
    /// The promised file of the nearest heading; fields describe it.
    subject: Option<usize>,
    /// A fence has been read since; the next one is not the subject's.
    fenced: bool,
    sightings: Vec<Sighting>,
    hints: Vec<SymbolHint>,
    folders: Vec<String>,
}

impl Scan<'_> {
    fn block(&mut self, block: &Block, next: Option<&Block>) {
        if !matches!(block, Block::Item { .. }) {
            self.items.clear();
        }
        match block {
            Block::Heading { level, text } => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text),
            Block::Item { depth, checked, text } => {
                let holds = matches!(next, Some(Block::Item { depth: below, .. }) if below > depth);
                self.item(*depth, *checked, text, holds);
            }
            Block::Table(rows) => self.table(rows),
            Block::Fence(fence) => self.fence(fence),
        }
    }

    fn table(&mut self, rows: &[Vec<Inline>]) {
        let found = table::read(rows, self.excluded());
        self.folders.extend(found.folders);
        self.take(found.sightings);
    }

    /// Whether a heading above, the title apart, is such.
    fn some_heading(&self, such: impl Fn(&str) -> bool) -> bool {
        self.headings.iter().any(|heading| !heading.title && such(&heading.text))
    }

    fn label_text(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// Whether some heading above or the label rules promises out.
    fn excluded(&self) -> bool {
        self.some_heading(words::excludes) || self.label.as_deref().is_some_and(words::excludes)
    }

    /// Whether the label or a heading above announces deliverables.
    fn promised(&self) -> bool {
        let label = self.label_text();
        words::promises(label) || (!words::turns_away(label) && self.some_heading(words::promises))
    }

    /// Whether the label or a heading above says that what follows is there already.
    fn revised(&self) -> bool {
        words::revises(self.label_text()) || self.some_heading(words::revises)
    }

    fn ground(&self, promised: bool) -> Ground {
        match (self.excluded(), promised) {
            (true, _) => Ground::Excluded,
            (false, true) => Ground::Promising,
            (false, false) => Ground::Plain,
        }
    }

    /// Whether the label or a heading above says that what is done is told by what follows.
    fn measured(&self) -> bool {
        words::measures(self.label_text()) || self.some_heading(words::measures)
    }

    fn component(&self) -> Option<String> {
        self.headings.last().filter(|heading| !heading.title).map(|heading| heading.text.clone())
    }

    fn take(&mut self, found: Vec<Sighting>) {
        let component = self.component();
        for mut sighting in found {
            sighting.component = sighting.component.or_else(|| component.clone());
            self.sightings.push(sighting);
        }
    }

    /// Where the first promised file of `found` will stand when it is taken.
    fn place_of_promise(&self, found: &[Sighting]) -> Option<usize> {
        let at = found.iter().position(|sighting| sighting.role == Role::Deliverable)?;
        Some(self.sightings.len() + at)
    }

    fn heading(&mut self, level: u8, text: &Inline) {
        let plain = unnumbered(&text.plain()).to_owned();
        let title = level == 1 && self.headings.is_empty() && self.title.is_none();
        if self.title.is_none() {
            self.title = Some(text.plain());
        }
        while self.headings.last().is_some_and(|above| above.level >= level) {
            self.headings.pop();
        }
        self.headings.push(Heading { level, text: plain, title });
        (self.label, self.near, self.subject, self.fenced) = (None, None, None, false);
        if title {
            return;
        }
        let setting = Setting { ground: self.ground(false), entry: true, ..Setting::default() };
        let bare = without_number(text);
        let found: Vec<Sighting> = sentence::sightings(&bare, setting, Form::Heading)
            .into_iter()
            .filter(|sighting| sighting.form != Form::Field || sighting.role == Role::Deliverable)
            .collect();
        self.near = found.first().map(|sighting| sighting.path.clone());
        self.subject = self.place_of_promise(&found);
        self.take(found);
    }

    fn paragraph(&mut self, text: &Inline) {
        let (text, table) = self.apart_from_table(text);
        if !self.plain_tree(&text) {
            self.lines(&text);
        }
        if let Some(rows) = table {
            self.table(&rows);
        }
    }

    /// The lines of a paragraph, each read by itself.
    fn lines(&mut self, text: &Inline) {
        let mut only_entries = self.promised();
        for line in text.by_line() {
            let plain = line.plain();
            if let Some((done, rest)) = boxed(&line) {
                self.boxed(done, &rest);
            } else if let Some(rest) = unmarked(&line) {
                self.item(1, None, &rest, false);
            } else {
                let promised = self.line(&line, &plain);
                only_entries &= promised;
            }
            if (plain.ends_with(':') && plain.len() <= 80) || words::is_heading(&plain) {
                self.label = Some(plain.trim_end_matches(':').to_owned());
                only_entries = self.promised();
            }
        }
        let plain = text.plain();
        let announces = plain.ends_with(':') || (text.is_strong() && plain.len() <= 80) || words::is_heading(&plain);
        if announces && text.line() == text.last_line() {
            self.label = Some(plain.trim_end_matches(':').to_owned());
        } else if announces {
            let whole = plain.trim_end_matches(':');
            self.label = self.label.take().filter(|_| !words::promises(whole)).or_else(|| Some(whole.to_owned()));
        } else if !only_entries {
            self.label = None;
        }
    }

    /// One line of running text; true when it promises something.
    fn line(&mut self, line: &Inline, plain: &str) -> bool {
        if let Some((key, value)) = sentence::label(plain).filter(|(_, value)| !value.is_empty()) {
            if self.headings.len() <= 1 && line.spans().first().is_some_and(|span| span.strong) {
                self.header.push((plain.split(':').next().unwrap_or_default().trim().to_owned(), value.clone()));
            }
            if self.subject.is_some_and(|subject| self.field(subject, &key, &value)) {
                return true;
            }
        }
        let alone = line.is_strong() && names::file(plain).is_some() && !self.revised();
        let setting = Setting {
            ground: self.ground(false),
            making: self.makes(),
            entry: alone || self.promised(),
            ..Setting::default()
        };
        let found = sentence::sightings(line, setting, Form::Prose);
        self.wants(line, self.subject);
        let apart = sentence::label(plain).is_some_and(|(key, _)| words::turns_away(&key));
        let named = found.last().filter(|_| !apart).map(|sighting| sighting.path.clone());
        self.near = named.or_else(|| self.subject_path());
        let promise = self.place_of_promise(&found);
        if alone && promise.is_some() {
            (self.subject, self.fenced) = (promise, false);
        }
        self.take(found);
        promise.is_some()
    }

    /// A tree that is neither fenced nor marked as code: rows below a folder, or rows with connectors.
    fn plain_tree(&mut self, text: &Inline) -> bool {
        let (first, last) = (text.line(), text.last_line());
        if first == last {
            return false;
        }
        let rows = (first..=last).filter_map(|line| Some((line, (*self.rows.get(line - 1)?).to_owned())));
        let mut rows: Vec<(usize, String)> = rows.collect();
        let caption = rows.first().is_some_and(|(_, row)| row.trim_end().ends_with(':'));
        if caption {
            rows.remove(0);
        }
        let fence = Fence { rows, line: first, ..Fence::default() };
        self.tree(&fence)
    }

    /// Takes a fence as a tree; false when it is none.
    fn tree(&mut self, fence: &Fence) -> bool {
        let Some(mut found) = tree::read(fence) else { return false };
        if self.excluded() {
            found.sightings.iter_mut().for_each(|sighting| sighting.role = Role::Reference);
        }
        self.folders.extend(found.folders);
        self.take(found.sightings);
        true
    }

    /// Cuts off a table that stands directly below a line of text: for Markdown it is a part of that text.
    fn apart_from_table(&self, text: &Inline) -> (Inline, Option<Vec<Vec<Inline>>>) {
        let (first, last) = (text.line(), text.last_line());
        let row = |line: usize| self.rows.get(line.saturating_sub(1)).map(|row| row.trim()).unwrap_or_default();
        let Some(head) = (first..last).find(|line| row(*line).starts_with('|') && is_ruler(row(line + 1))) else {
            return (text.clone(), None);
        };
        let source: String = (head..=last).map(|line| format!("{}\n", row(line))).collect();
        let shift = |cells: Vec<Inline>| cells.into_iter().map(|cell| cell.shifted(head - 1)).collect();
        let table = blocks(&source).into_iter().find_map(|block| match block {
            Block::Table(rows) => Some(rows.into_iter().map(shift).collect()),
            _ => None,
        });
        match table {
            Some(rows) => (text.above(head), Some(rows)),
            None => (text.clone(), None),
        }
    }

    /// A line `Location: x`, `Class: y` or `Size: n bytes` below a file; true when it was used up.
    fn field(&mut self, subject: usize, key: &str, value: &str) -> bool {
        let Some(subject) = self.sightings.get_mut(subject) else { return false };
        match key {
            "location" | "path" | "file" | "directory" | "folder" | "ort" | "pfad" | "ordner" => {
                located(subject, value)
            }
            "size" => {
                subject.bytes = super::claims::bytes_cell(value.split('(').next().unwrap_or_default(), false);
                true
            }
            "lines" | "loc" => {
                subject.lines = super::claims::lines_cell(value);
                true
            }
            "class" | "classes" | "function" | "functions" | "struct" | "klasse" => {
                subject.symbols.extend(value.split(',').filter_map(symbols::identifier));
                true
            }
            "status" => {
                subject.status = Some(value.to_owned());
                true
            }
            _ => false,
        }
    }

    /// A line "class `Shelf`" below a file wants the class in it.
    fn wants(&mut self, line: &Inline, subject: Option<usize>) {
        let symbols: Vec<String> = symbols::announced(&line.marked()).into_iter().collect();
        let path = subject.and_then(|at| self.sightings.get(at)).map(|sighting| sighting.path.clone());
        if let (Some(path), false) = (path, symbols.is_empty()) {
            self.hints.push(SymbolHint { path, symbols });
        }
    }

    /// The file of the nearest heading, until its fence has been read.
    fn subject_path(&self) -> Option<String> {
        let subject = self.subject.filter(|_| !self.fenced)?;
        self.sightings.get(subject).map(|sighting| sighting.path.clone())
    }

    /// Whether the nearest heading, or an item above, makes something.
    fn makes(&self) -> bool {
        self.makes_above()
            || self.headings.last().is_some_and(|heading| !heading.title && words::opens_creating(&heading.text))
    }

    fn makes_above(&self) -> bool {
        self.items.last().is_some_and(|above| above.makes)
    }

    fn todo(&mut self, todo: &Todo) {
        let ground = if todo.dropped { Ground::Excluded } else { Ground::Plain };
        let setting = Setting { ground, entry: true, told: true, ..Setting::default() };
        let mut found = sentence::sightings(&todo.text, setting, Form::Bullet);
        for sighting in &mut found {
            sighting.status = Some(if todo.done { "[x]" } else { "[ ]" }.to_owned());
        }
        self.take(found);
    }

    /// An item of a list; `holds` when it has items below it.
    fn item(&mut self, depth: usize, checked: Option<bool>, text: &Inline, holds: bool) {
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
        let setting = Setting {
            ground: self.ground(promised),
            making: self.makes(),
            entry: checked.is_some() || ((alone || above_folder.is_some()) && !self.revised()),
            told: checked.is_some(),
            measured: self.measured(),
            ..Setting::default()
        };
        let folder =
            above_folder.clone().or_else(|| label_folder(self.label_text()).filter(|_| promised && depth == 1));
        let mine = if described { None } else { self.item_lines(&text, setting, checked, folder.as_deref()) };
        let title = plain.trim_end_matches(':');
        let announces = plain.ends_with(':') || text.is_strong();
        if depth == 1 && words::is_heading(&plain) {
            // `4. Artifacts` in a text without Markdown.
            self.label = Some(plain.clone());
        }
        let below = (promised && !announces) || (words::promises(title) && (announces || plain.len() <= 60));
        let own = names::folder(title).filter(|_| holds).map(|own| joined(above_folder.as_deref(), &own.path));
        self.items.push(Above {
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
        setting: Setting,
        checked: Option<bool>,
        folder: Option<&str>,
    ) -> Option<usize> {
        let (plain, mut mine) = (text.plain(), None);
        for (nth, line) in text.by_line().into_iter().enumerate() {
            // `Path: x` may stand in the second line of a step.
            let making = setting.making || (nth > 0 && words::opens_creating(&plain));
            let mut found = sentence::sightings(&line, Setting { making, ..setting }, Form::Bullet);
            for sighting in &mut found {
                sighting.status = checked.map(|done| if done { "[x]" } else { "[ ]" }.to_owned());
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
    fn boxed(&mut self, done: bool, line: &Inline) {
        let ground = self.ground(self.promised());
        let setting = Setting { ground, entry: true, told: true, ..Setting::default() };
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
                self.item(depth, checked, &text.shifted(first - 1), false);
            }
        }
        true
    }

    fn fence(&mut self, fence: &Fence) {
        if self.indented_list(fence) {
            return;
        }
        if self.tree(fence) {
            return;
        }
        let symbols = symbols::defined_in(fence);
        let titled = fence.rows.first().and_then(|(_, row)| row.strip_prefix("# ").or_else(|| row.strip_prefix("// ")));
        let owner = titled.and_then(names::file).map(|name| name.path).or_else(|| self.near.clone());
        if let (Some(path), false) = (owner, symbols.is_empty()) {
            self.hints.push(SymbolHint { path, symbols });
        }
        self.fenced |= fence.fenced;
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
        Plan {
            title: self.title,
            header: self.header,
            deliverables: gathered.deliverables,
            references: gathered.references,
            folders,
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

/// A path below a folder, unless it says the folder itself or starts at the root.
fn joined(folder: Option<&str>, path: &str) -> String {
    let Some(folder) = folder.map(|folder| folder.trim_end_matches('/')) else { return path.to_owned() };
    let first = folder.trim_start_matches("./").trim_start_matches('/').split('/').next().unwrap_or_default();
    let own = path.starts_with(['/', '~', '.']) && path.contains('/') || path.split('/').next() == Some(first);
    if own && path.contains('/') { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The folder in which a label says that its list is: `New files in src/core/`.
fn label_folder(label: &str) -> Option<String> {
    let mut words = label.split_whitespace().rev();
    let folder = names::folder(words.next()?)?;
    matches!(words.next()?, "in" | "under" | "below" | "unter").then_some(folder.path)
}

/// The line below the head of a table.
fn is_ruler(row: &str) -> bool {
    row.starts_with('|') && row.contains("--") && row.chars().all(|sign| matches!(sign, '|' | '-' | ':' | ' '))
}

/// A line of a paragraph that opens as an item does, without that mark.
fn unmarked(line: &Inline) -> Option<Inline> {
    let first = line.spans().first()?;
    let rest = ["- ", "* ", "+ ", "\u{2022} "].iter().find_map(|mark| first.text.strip_prefix(mark))?;
    Some(line.with_first(rest))
}

/// A heading's words without what counts it: `1.1`, `2)`, `C.1`, `Step 3:`, signs.
fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '.' | '_' | '/' | '~'));
    let lettered = match rest.as_bytes() {
        [letter, b'.' | b')', ..] if letter.is_ascii_uppercase() => rest.get(1..).unwrap_or_default(),
        _ => rest,
    };
    let counted = lettered.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    let rest = match counted.strip_prefix([')', ' ', ':']) {
        Some(after) if counted.len() < rest.len() => after.trim_start(),
        _ => rest,
    };
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (
            Some("Step" | "Task" | "Phase" | "Part" | "File" | "Datei" | "Schritt" | "Deliverable"),
            Some(number),
            Some(after),
        ) if number.ends_with([':', '.']) || after.starts_with(['-', '\u{2013}', '\u{2014}']) => {
            after.trim_start_matches(['-', '\u{2013}', '\u{2014}', ' '])
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
