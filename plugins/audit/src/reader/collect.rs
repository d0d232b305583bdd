//! Builds the plan from the paths of a document: assigns their roles with the model, and reads the surrounding lines.

use std::collections::HashMap;

use super::candidate::Candidate;
use super::features::Features;
use super::observe::{DocumentPaths, observe};
use super::structure::{Document, Line, LineForm};
use super::{
    after, before, fields, front_files, lexer, model, names, placeholders, size_assertions, symbols, todos, words,
};
use crate::plan::{Kind, Place, Plan, Purpose, Role, Sighting, SymbolHint, gather};
use crate::yaml::{self, Node};

/// Maximum length of a heading: it is repeated for every file below it.
const HEADING_CHARS: usize = 300;

/// Minimum probability for a promised path.
const LIKELY: f64 = 0.6;

/// Features of paths that the plan promises to change.
const CHANGES: &[&str] = &[
    "row state=changed",
    "after=said changed",
    "key=change",
    "verb/tense=change",
    "label=changed files",
    "verb/prep=add/to",
];

/// Reads a plan.
#[must_use]
pub fn plan(text: &str) -> Plan {
    let document = Document::of(text);
    let rows: Vec<&str> = text.lines().collect();
    let mut sightings = yaml::front_matter(text).and_then(Result::ok).as_ref().map(of_front).unwrap_or_default();
    let before = sightings.len();
    let DocumentPaths { seen, folders, enumerated } = observe(&document, &rows);
    let mut collector = Collector {
        document: &document,
        by_line: HashMap::new(),
        used: vec![false; document.lines.len()],
        state: None,
    };
    for seen in seen {
        collector.take(seen, &mut sightings);
    }
    let mut hints = Vec::new();
    collector.describe(&mut sightings, &mut hints);
    collector.codes(&sightings, &mut hints);
    drop_used(&collector, &mut sightings, before);
    finish(&document, sightings, &hints, &folders, &enumerated)
}

/// The paths in the lists of files and in the todos of a front matter.
fn of_front(front: &Node) -> Vec<Sighting> {
    let mut sightings = front_files::of_front(front);
    for todo in todos::of_front(front) {
        let item = todo.item();
        let document = Document::of(&item);
        for seen in observe(&document, &[&item]).seen {
            let mut sighting = seen.sighting;
            sighting.line = todo.line;
            sighting.status = Some(if todo.done { "[x]" } else { "[ ]" }.to_owned());
            if !seen.barred && !todo.dropped {
                assign(&mut sighting, &seen.features);
            }
            sightings.push(sighting);
        }
    }
    sightings
}

/// Assigns the role of a sighting.
fn assign(sighting: &mut Sighting, features: &Features) {
    let has = |name: &str| features.0.iter().any(|feature| feature == name);
    if has("barred") {
        return;
    }
    if has("deletes") {
        // "Drop `x/` support" does not delete the folder.
        let whole = has("key=delete") || has("after=said to go") || has("verb/prep=delete/verb") && !has("after=words");
        if sighting.kind == Kind::File || whole {
            (sighting.role, sighting.purpose) = (Role::Deliverable, Purpose::Delete);
        }
        return;
    }
    if has("moved here") || has("announced") {
        (sighting.role, sighting.purpose) = (Role::Deliverable, Purpose::Make);
        return;
    }
    let likely = model::likely(features);
    if likely.made + likely.changed >= LIKELY {
        let changes = features.0.iter().any(|feature| CHANGES.iter().any(|name| feature.starts_with(name)));
        let made = likely.made >= likely.changed && !changes;
        let purpose = match (has("removes beside"), made) {
            (true, _) => Purpose::ChangeOrDelete,
            (false, true) => Purpose::Make,
            (false, false) => Purpose::Change,
        };
        (sighting.role, sighting.purpose) = (Role::Deliverable, purpose);
    }
}

struct Collector<'a> {
    document: &'a Document,
    /// The first promised sighting of each line.
    by_line: HashMap<usize, usize>,
    /// Lines that only describe a file of another line.
    used: Vec<bool>,
    /// The line whose state was computed last, and that state.
    state: Option<(usize, Option<String>)>,
}

impl Collector<'_> {
    fn take(&mut self, seen: Candidate, sightings: &mut Vec<Sighting>) {
        let Candidate { mut sighting, features, line: at, token, barred, .. } = seen;
        if !barred {
            assign(&mut sighting, &features);
        }
        let line = at.and_then(|at| self.document.lines.get(at));
        if let Some(line) = line {
            if line.form != LineForm::Row(usize::MAX) && sighting.status.is_none() {
                sighting.status = self.state(at.unwrap_or_default(), line);
            }
            // Words before or after the path report completed work: "Shipped the exporter (`x`)", "`x` is in place".
            let told =
                || token.as_ref().is_some_and(|token| before::is_done(&token.before) || after::is_done(&token.after));
            if matches!(line.form, LineForm::Item | LineForm::Text) && sighting.status.is_none() && told() {
                sighting.status = Some("done".to_owned());
            }
            sighting.component = sighting.component.take().or_else(|| self.component(line.heading));
            if let Some(token) = token.filter(|_| !matches!(line.form, LineForm::Row(_))) {
                sighting.symbols = symbols::after_with(token.rest.trim_start_matches(['`', '*']));
                if !token.before.contains(placeholders::PATH) && !token.after.contains(placeholders::PATH) {
                    (sighting.bytes, sighting.lines) = size_assertions::beside(&token.before, &token.rest);
                }
            }
        }
        if let (Some(at), Role::Deliverable) = (at, sighting.role) {
            self.by_line.entry(at).or_insert(sightings.len());
        }
        sightings.push(sighting);
    }

    /// The state that a line gives to its paths. It is computed once per line, because a line may have thousands of paths.
    fn state(&mut self, at: usize, line: &Line) -> Option<String> {
        if self.state.as_ref().is_none_or(|(known, _)| *known != at) {
            self.state = Some((at, state(line.boxed, &line.text)));
        }
        self.state.as_ref().and_then(|(_, state)| state.clone())
    }

    fn component(&self, heading: Option<usize>) -> Option<String> {
        let heading = heading.and_then(|at| self.document.headings.get(at))?;
        let titled = heading.parent.is_none() && heading.level == 1;
        (!titled).then(|| heading.plain().chars().take(HEADING_CHARS).collect())
    }

    /// The file that the surrounding lines describe.
    fn subject(&self, at: usize) -> Option<usize> {
        let line = self.document.lines.get(at)?;
        let mut parent = line.parent;
        for _ in 0..8 {
            let Some(above) = parent else { break };
            if let Some(subject) = self.by_line.get(&above) {
                return Some(*subject);
            }
            parent = self.document.lines.get(above).and_then(|above| above.parent);
        }
        let label = line.label.filter(|label| *label != at).and_then(|label| self.by_line.get(&label));
        let heading = || self.document.headings.get(line.heading?).and_then(|heading| self.by_line.get(&heading.line));
        label.or_else(heading).copied()
    }

    /// Adds the properties from lines such as `Location: x` to the file above them.
    fn describe(&mut self, sightings: &mut [Sighting], hints: &mut Vec<SymbolHint>) {
        let mut table: Option<(usize, usize)> = None;
        let mut folder: Option<(usize, String)> = None;
        for (at, line) in self.document.lines.iter().enumerate() {
            match line.form {
                LineForm::Item | LineForm::Text => {
                    let Some(subject) = self.subject(at) else { continue };
                    let Some(sighting) = sightings.get_mut(subject) else { continue };
                    let plain = lexer::plain(&line.text);
                    if let Some(name) = symbols::announced(&line.text) {
                        hints.push(SymbolHint { path: sighting.path.clone(), symbols: vec![name] });
                    }
                    let said = fields::key_value(&plain).filter(|(_, value)| !value.is_empty());
                    if said.is_some_and(|(key, value)| fields::describe(sighting, &key, &value)) {
                        self.mark(at);
                    }
                }
                LineForm::Row(number)
                    if self.document.tables.get(number).is_some_and(|table| table.head.len() == 2) =>
                {
                    let cells = super::marks::cells(&line.text);
                    let (Some(key), Some(value)) = (cells.first(), cells.get(1)) else { continue };
                    let subject = table.filter(|(known, _)| *known == number).map(|(_, subject)| subject);
                    let key = lexer::plain(key).to_lowercase();
                    let described = key != "file"
                        && subject
                            .and_then(|subject| sightings.get_mut(subject))
                            .is_some_and(|sighting| fields::describe(sighting, &key, &lexer::plain(value)));
                    if described {
                        self.mark(at);
                    } else if let Some(name) = names::folder(value.trim().trim_matches('`'))
                        .filter(|_| subject.is_none() && fields::places(&key))
                    {
                        folder = Some((number, name.path));
                        self.mark(at);
                    } else if let Some(subject) = self.by_line.get(&at) {
                        table = Some((number, *subject));
                        let folder = folder.take().filter(|(known, _)| *known == number);
                        if let (Some((_, folder)), Some(sighting)) = (folder, sightings.get_mut(*subject)) {
                            fields::describe(sighting, "folder", &format!("{folder}/"));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn mark(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
    }

    /// Assigns the symbols that a code block defines to a file. The first comment of the block, or the line above the block,
    /// names the file.
    fn codes(&self, sightings: &[Sighting], hints: &mut Vec<SymbolHint>) {
        let mut by_line: HashMap<usize, &Sighting> = HashMap::new();
        for sighting in sightings {
            by_line.insert(sighting.line, sighting);
        }
        let mut described = None;
        for code in &self.document.codes {
            let found = symbols::defined_in(code);
            let first =
                code.rows.first().and_then(|(_, row)| row.strip_prefix("# ").or_else(|| row.strip_prefix("// ")));
            let titled = first.and_then(names::file).map(|name| name.path);
            let near = || {
                let at = code.after?;
                let line = self.document.lines.get(at)?;
                let own = by_line.get(&line.number).map(|sighting| sighting.path.clone());
                own.or_else(|| {
                    let heading = line.heading.filter(|heading| described != Some(*heading));
                    self.subject(at)
                        .filter(|_| heading.is_some())
                        .and_then(|at| sightings.get(at))
                        .map(|sighting| sighting.path.clone())
                })
            };
            if let (Some(path), false) = (titled.or_else(near), found.is_empty()) {
                hints.push(SymbolHint { path, symbols: found });
            }
            if code.fenced {
                described = code.heading;
            }
        }
    }
}

/// The state that a line gives to the files that it names.
fn state(boxed: Option<bool>, text: &str) -> Option<String> {
    match boxed {
        Some(true) => Some("[x]".to_owned()),
        Some(false) => Some("[ ]".to_owned()),
        None => words::check(text).then(|| "\u{2705}".to_owned()),
    }
}

/// Drops the sightings of lines that only describe another file.
fn drop_used(collector: &Collector<'_>, sightings: &mut Vec<Sighting>, before: usize) {
    let used: std::collections::HashSet<usize> = collector
        .document
        .lines
        .iter()
        .zip(&collector.used)
        .filter(|(_, used)| **used)
        .map(|(line, _)| line.number)
        .collect();
    let mut at = 0;
    sightings.retain(|sighting| {
        at += 1;
        at <= before || !used.contains(&sighting.line)
    });
}

fn finish(
    document: &Document,
    sightings: Vec<Sighting>,
    hints: &[SymbolHint],
    folders: &[String],
    enumerated: &[String],
) -> Plan {
    let gathered = gather(sightings, hints);
    let inside = |folder: &str| match Place::of(folder) {
        Place::Inside { path, .. } => Some(path),
        Place::Outside(_) => None,
    };
    let parents = gathered.deliverables.iter().filter_map(|item| item.path.rsplit_once('/')).map(|(parent, _)| parent);
    let made = gathered.deliverables.iter().filter(|item| item.kind == Kind::Folder).map(|item| item.path.as_str());
    let named = folders.iter().map(String::as_str).chain(parents).chain(made);
    let mut folders: Vec<String> = named.filter_map(inside).collect();
    folders.sort();
    folders.dedup();
    let mut enumerated: Vec<String> = enumerated.iter().filter_map(|folder| inside(folder)).collect();
    enumerated.sort();
    enumerated.dedup();
    Plan {
        title: document.headings.first().map(|heading| heading.plain().to_owned()),
        header: header(document),
        deliverables: gathered.deliverables,
        references: gathered.references,
        folders,
        enumerated,
        left_out: gathered.left_out,
    }
}

/// The bold lines below the title: `**Date:** x`.
fn header(document: &Document) -> Vec<(String, String)> {
    let titled =
        document.lines.iter().filter(|line| line.form == LineForm::Text && line.heading.is_none_or(|at| at == 0));
    let said = titled.filter(|line| line.text.starts_with("**")).filter_map(|line| {
        let plain = lexer::plain(&line.text);
        let (key, value) = plain.split_once(':')?;
        (!value.trim().is_empty() && key.split_whitespace().count() <= 4)
            .then(|| (key.trim().to_owned(), value.trim().to_owned()))
    });
    said.collect()
}
