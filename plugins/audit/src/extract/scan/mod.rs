//! The walk over a plan's blocks: keeps in mind the headings, labels and items above, and hands each block to the reader
//! of its form.
//!
//! Context only ever turns a remark into a promise or a promise into a remark; which words are files the readers decide.

mod fields;
mod items;
mod lines;
mod marks;

use self::marks::{unnumbered, without_number};
use super::blocks::{Block, Fence, blocks};
use super::context::{LineContext, SectionKind};
use super::inline::Inline;
use super::names;
use super::sentence;
use super::todos::todos;
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
struct ParentItem {
    depth: usize,
    promises: bool,
    makes: bool,
    /// The file that it promises; fields below describe it.
    subject: Option<usize>,
    /// The folder that it is, joined with those above; what is below is in it.
    folder: Option<String>,
}

/// How much of a heading is kept: it is told again with every file below it.
const HEADING_CHARS: usize = 300;

struct Heading {
    level: u8,
    said: HeadingFlags,
    /// It is the document's own, which rules nothing.
    title: bool,
}

/// What the words of a heading or a label say of all that is below them. Judged once, however much that is.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that words may say, whatever else they say")]
#[derive(Default)]
struct HeadingFlags {
    text: String,
    promises: bool,
    excludes: bool,
    turns_away: bool,
    measures: bool,
    revises: bool,
    lists_part: bool,
    lists_every_file: bool,
}

impl HeadingFlags {
    fn of(text: &str) -> Self {
        Self {
            text: text.chars().take(HEADING_CHARS).collect(),
            promises: words::promises(text),
            excludes: words::excludes(text),
            turns_away: words::turns_away(text),
            measures: words::measures(text),
            revises: words::revises(text),
            lists_part: words::lists_part(text),
            lists_every_file: words::lists_every_file(text),
        }
    }
}

#[derive(Default)]
struct Scan<'a> {
    /// The lines of the plan.
    rows: Vec<&'a str>,
    title: Option<String>,
    header: Vec<(String, String)>,
    headings: Vec<Heading>,
    /// The last paragraph that announces what follows it.
    label: Option<HeadingFlags>,
    items: Vec<ParentItem>,
    /// The file that the nearest heading or the line before names; fences belong to it.
    near: Option<String>,
    /// The promised file of the nearest heading; fields describe it.
    subject: Option<usize>,
    /// A fence has been read since; the next one is not the subject's.
    fenced: bool,
    sightings: Vec<Sighting>,
    hints: Vec<SymbolHint>,
    folders: Vec<String>,
    enumerated: Vec<String>,
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
        if !self.excluded() && self.headed_as_whole() {
            self.enumerated.extend(parents(&found.sightings));
        }
        self.take(found.sightings);
    }

    /// The words of the nearest heading and of the label.
    fn nearest(&self) -> impl Iterator<Item = &HeadingFlags> {
        self.headings.last().map(|heading| &heading.said).into_iter().chain(self.label.as_ref())
    }

    /// Whether a tree at this place shows all that there is, and not just what is new or examined.
    fn lists_all(&self) -> bool {
        !self.excluded() && !self.nearest().any(|said| said.lists_part)
    }

    /// Whether the nearest heading or the label announces every file.
    fn headed_as_whole(&self) -> bool {
        self.nearest().any(|said| said.lists_every_file)
    }

    /// Whether a heading above, the title apart, is such.
    fn some_heading(&self, such: impl Fn(&HeadingFlags) -> bool) -> bool {
        self.headings.iter().any(|heading| !heading.title && such(&heading.said))
    }

    fn label_is(&self, such: impl Fn(&HeadingFlags) -> bool) -> bool {
        self.label.as_ref().is_some_and(such)
    }

    /// Whether some heading above or the label rules promises out.
    fn excluded(&self) -> bool {
        self.some_heading(|said| said.excludes) || self.label_is(|said| said.excludes)
    }

    /// Whether the label or a heading above announces deliverables.
    fn promised(&self) -> bool {
        let by_heading = || self.some_heading(|said| said.promises);
        self.label_is(|said| said.promises) || (!self.label_is(|said| said.turns_away) && by_heading())
    }

    /// Whether the label or a heading above says that what follows is there already.
    fn revised(&self) -> bool {
        self.label_is(|said| said.revises) || self.some_heading(|said| said.revises)
    }

    fn ground(&self, promised: bool) -> SectionKind {
        match (self.excluded(), promised) {
            (true, _) => SectionKind::Excluded,
            (false, true) => SectionKind::Promising,
            (false, false) => SectionKind::Plain,
        }
    }

    /// Whether the label or a heading above says that what is done is told by what follows.
    fn measured(&self) -> bool {
        self.label_is(|said| said.measures) || self.some_heading(|said| said.measures)
    }

    fn component(&self) -> Option<String> {
        self.headings.last().filter(|heading| !heading.title).map(|heading| heading.said.text.clone())
    }

    fn take(&mut self, found: Vec<Sighting>) {
        let component = self.component();
        for mut sighting in found {
            sighting.component = sighting.component.or_else(|| component.clone());
            if sighting.role == Role::Reference && !sighting.symbols.is_empty() {
                let symbols = std::mem::take(&mut sighting.symbols);
                self.hints.push(SymbolHint { path: sighting.path.clone(), symbols });
            }
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
        self.headings.push(Heading { level, said: HeadingFlags::of(&plain), title });
        (self.label, self.near, self.subject, self.fenced) = (None, None, None, false);
        if title {
            return;
        }
        let setting = LineContext { ground: self.ground(false), entry: true, ..LineContext::default() };
        let bare = without_number(text);
        let found: Vec<Sighting> = sentence::sightings(&bare, setting, Form::Heading)
            .into_iter()
            .filter(|sighting| sighting.form != Form::Field || sighting.role == Role::Deliverable)
            .collect();
        self.near = found.first().map(|sighting| sighting.path.clone());
        self.subject = self.place_of_promise(&found);
        self.take(found);
    }

    /// Takes a fence as a tree; false when it is none.
    fn tree(&mut self, fence: &Fence) -> bool {
        let Some(mut found) = tree::read(fence) else { return false };
        // "Layout today:" shows what was there before anything is done.
        if self.excluded() || self.label_is(|said| said.revises && words::shows_layout(&said.text)) {
            found.sightings.iter_mut().for_each(|sighting| sighting.role = Role::Reference);
        }
        if self.lists_all() {
            self.enumerated.extend(found.enumerated);
        }
        self.folders.extend(found.folders);
        self.take(found.sightings);
        true
    }

    /// The file of the nearest heading, until its fence has been read.
    fn subject_path(&self) -> Option<String> {
        let subject = self.subject.filter(|_| !self.fenced)?;
        self.sightings.get(subject).map(|sighting| sighting.path.clone())
    }

    /// Whether the nearest heading, or an item above, makes something.
    fn makes(&self) -> bool {
        self.makes_above()
            || self.headings.last().is_some_and(|heading| !heading.title && words::opens_creating(&heading.said.text))
    }

    fn makes_above(&self) -> bool {
        self.items.last().is_some_and(|above| above.makes)
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
