//! Combines sightings into deliverables: the same file named twice is one deliverable with two mentions.
//!
//! A bare or partial name (`matcher.py`, `core/matcher.py`) is the same file as the longer path of the plan that ends with
//! the name, if there is only one such path. A bare name that may mean several of the plan's files is dropped, because it
//! would count a file twice. This module does not read the audited tree.

use std::collections::HashMap;

use super::{Deliverable, Mention, Place, Purpose, Reference, Role, Sighting, SymbolHint, reports_done};
use crate::limits;
use crate::lists::list;

/// The deliverables and references of a list of sightings.
#[derive(Debug, Default)]
pub struct Deliverables {
    /// Promised files, by their first line.
    pub deliverables: Vec<Deliverable>,
    /// Files that are mentioned but not promised, by their first line.
    pub references: Vec<Reference>,
    /// Number of names dropped because there are more than [`limits::NAMES_PER_PLAN`].
    pub left_out: usize,
}

/// Combines sightings, in linear time.
#[must_use]
pub fn gather(sightings: Vec<Sighting>, hints: &[SymbolHint]) -> Deliverables {
    let (promised, spoken): (Vec<_>, Vec<_>) =
        sightings.into_iter().partition(|sighting| sighting.role == Role::Deliverable);
    let mut book = DeliverableIndex::of(&promised);
    let mut out = Deliverables::default();
    let mut loose = Vec::new();
    for sighting in promised {
        match book.target(&sighting) {
            Target::Own(key) | Target::Other(key) => out.left_out += usize::from(!book.add(key, sighting)),
            Target::Several => loose.push(sighting),
        }
    }
    for hint in hints {
        book.hint(hint);
    }
    loose.extend(spoken);
    loose.sort_by_key(|sighting| sighting.line);
    out.references = book.references(loose, &mut out.left_out);
    out.deliverables = book.into_deliverables();
    out
}

/// Files that are at the root of every project.
const ROOT_FILES: &[&str] =
    list!("AGENTS.md CHANGELOG.md CLAUDE.md Cargo.toml LICENSE Makefile README.md go.mod package.json pyproject.toml");

enum Target {
    Own(String),
    Other(String),
    Several,
}

/// The deliverables by key, and the keys by base name.
struct DeliverableIndex {
    keys_by_name: HashMap<String, Vec<String>>,
    entries: HashMap<String, Deliverable>,
}

impl DeliverableIndex {
    fn of(promised: &[Sighting]) -> Self {
        let mut keys_by_name: HashMap<String, Vec<String>> = HashMap::new();
        let mut seen = std::collections::HashSet::new();
        for sighting in promised {
            let (key, _) = key_of(&sighting.path);
            if seen.insert(key.clone()) {
                let keys = keys_by_name.entry(last_name(&key).to_owned()).or_default();
                if keys.len() < limits::CANDIDATES {
                    keys.push(key);
                }
            }
        }
        Self { keys_by_name, entries: HashMap::new() }
    }

    /// The key with the ending `.md`, if the plan promises that file too: `README.md` for `README`.
    fn with_ending(&self, key: &str) -> Option<String> {
        let is_known = matches!(last_name(key), "CHANGELOG" | "CONTRIBUTING" | "LICENSE" | "README" | "SECURITY");
        let key = is_known.then(|| format!("{key}.md"))?;
        self.keys_by_name.get(last_name(&key))?.contains(&key).then_some(key)
    }

    /// The longer path of the plan that ends with `key`. If several paths do, the longest path, provided that it ends with
    /// each of the other paths.
    fn longer(&self, key: &str) -> Target {
        if let Some(key) = self.with_ending(key) {
            return Target::Other(key);
        }
        let tail = format!("/{key}");
        let longer: Vec<&String> = self
            .keys_by_name
            .get(last_name(key))
            .into_iter()
            .flatten()
            .filter(|other| other.ends_with(&tail) && matches!(Place::of(other), Place::Inside { .. }))
            .collect();
        let Some(longest) = longer.iter().max_by_key(|other| other.len()) else {
            return Target::Own(key.to_owned());
        };
        let agree = longer.iter().all(|other| other == longest || longest.ends_with(&format!("/{other}")));
        if agree { Target::Other((*longest).clone()) } else { Target::Several }
    }

    fn target(&self, sighting: &Sighting) -> Target {
        match key_of(&sighting.path) {
            // Every project has these files at its root: a plan that changes one of them means the file at the root.
            (key, false) if sighting.purpose == Purpose::Change && ROOT_FILES.contains(&key.as_str()) => {
                Target::Own(key)
            }
            (key, false) => self.longer(&key),
            (key, true) => Target::Own(key),
        }
    }

    fn add(&mut self, key: String, sighting: Sighting) -> bool {
        if let Some(entry) = self.entries.get_mut(&key) {
            merge(entry, sighting);
            return true;
        }
        if self.entries.len() >= limits::NAMES_PER_PLAN {
            return false;
        }
        let place = place_of(&sighting.path, &key);
        self.entries.insert(
            key.clone(),
            Deliverable {
                path: key,
                place,
                kind: sighting.kind,
                purpose: sighting.purpose,
                component: sighting.component,
                symbols: sighting.symbols,
                lines: sighting.lines,
                bytes: sighting.bytes,
                done_at: done_at(sighting.status.as_deref(), sighting.line),
                status: sighting.status,
                mentions: vec![Mention { line: sighting.line, form: sighting.form, role: sighting.role }],
            },
        );
        true
    }

    fn hint(&mut self, hint: &SymbolHint) {
        let (key, _) = key_of(&hint.path);
        let key = if self.entries.contains_key(&key) {
            key
        } else if let Target::Other(longer) = self.longer(&key) {
            longer
        } else {
            return;
        };
        if let Some(entry) = self.entries.get_mut(&key) {
            extend(&mut entry.symbols, hint.symbols.clone());
        }
    }

    /// Adds mentioned names: as mentions of a deliverable if the plan promises the same file, else as references.
    fn references(&mut self, loose: Vec<Sighting>, left_out: &mut usize) -> Vec<Reference> {
        let mut references: Vec<Reference> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for sighting in loose {
            let (key, _) = key_of(&sighting.path);
            let target = if self.entries.contains_key(&key) { Target::Own(key.clone()) } else { self.longer(&key) };
            if let Target::Own(known) | Target::Other(known) = &target
                && let Some(entry) = self.entries.get_mut(known)
            {
                mention(entry, Mention { line: sighting.line, form: sighting.form, role: Role::Reference });
                continue;
            }
            if matches!(target, Target::Several) || !seen.insert(key.clone()) {
                continue;
            }
            if references.len() >= limits::NAMES_PER_PLAN {
                *left_out += 1;
                continue;
            }
            let place = place_of(&sighting.path, &key);
            references.push(Reference { path: key, place, line: sighting.line, form: sighting.form });
        }
        references
    }

    fn into_deliverables(self) -> Vec<Deliverable> {
        let mut all: Vec<Deliverable> = self.entries.into_values().collect();
        for deliverable in &mut all {
            deliverable.mentions.sort_by_key(|mention| (mention.line, mention.form));
            deliverable.mentions.dedup();
        }
        all.sort_by(|left, right| (left.line(), &left.path).cmp(&(right.line(), &right.path)));
        all
    }
}

/// The key of a path, and whether the path starts at the root.
fn key_of(written: &str) -> (String, bool) {
    match Place::of(written) {
        Place::Inside { path, anchored } => (path, anchored),
        Place::Outside(_) => (written.trim_end_matches('/').to_owned(), true),
    }
}

/// The place of `key`; `written` is the path as the plan writes it.
fn place_of(written: &str, key: &str) -> Place {
    match Place::of(written) {
        Place::Inside { anchored, .. } => Place::Inside { path: key.to_owned(), anchored },
        outside @ Place::Outside(_) => outside,
    }
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn merge(entry: &mut Deliverable, sighting: Sighting) {
    if let (Place::Inside { anchored, .. }, Place::Inside { anchored: true, .. }) =
        (&mut entry.place, Place::of(&sighting.path))
    {
        *anchored = true;
    }
    let (done, status) = (done_at(sighting.status.as_deref(), sighting.line), sighting.status);
    match (entry.purpose == Purpose::Delete, sighting.purpose == Purpose::Delete) {
        // Only a line that deletes the file can report it as deleted.
        (true, false) => {}
        (false, true) => (entry.done_at, entry.status) = (done, status),
        _ => (entry.done_at, entry.status) = (entry.done_at.or(done), entry.status.take().or(status)),
    }
    entry.purpose = match (entry.purpose, sighting.purpose) {
        (Purpose::Delete, _) | (_, Purpose::Delete) => Purpose::Delete,
        (one, other) => one.min(other),
    };
    mention(entry, Mention { line: sighting.line, form: sighting.form, role: sighting.role });
    extend(&mut entry.symbols, sighting.symbols);
    entry.lines = entry.lines.or(sighting.lines);
    entry.bytes = entry.bytes.or(sighting.bytes);
    entry.component = entry.component.take().or(sighting.component);
}

/// The line, if its state reports the work as done.
fn done_at(status: Option<&str>, line: usize) -> Option<usize> {
    status.filter(|status| reports_done(status)).map(|_| line)
}

fn mention(entry: &mut Deliverable, new: Mention) {
    if entry.mentions.len() < limits::MENTIONS && !entry.mentions.contains(&new) {
        entry.mentions.push(new);
    }
}

fn extend(symbols: &mut Vec<String>, more: Vec<String>) {
    for symbol in more {
        if !symbols.contains(&symbol) && symbols.len() < limits::CANDIDATES {
            symbols.push(symbol);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Kind};
    use super::*;

    fn seen(path: &str, line: usize, role: Role) -> Sighting {
        Sighting::new(path, Kind::File, Form::Tree, role, line)
    }

    fn paths(gathered: &Deliverables) -> Vec<&str> {
        gathered.deliverables.iter().map(|item| item.path.as_str()).collect()
    }

    #[test]
    fn a_bare_name_means_the_longer_path_that_ends_with_the_name() {
        let gathered = gather(
            vec![
                seen("m.py", 1, Role::Deliverable),
                seen("/a/b/m.py", 5, Role::Deliverable),
                seen("b/m.py", 9, Role::Reference),
            ],
            &[SymbolHint { path: "m.py".into(), symbols: vec!["Maker".into()] }],
        );
        assert_eq!(paths(&gathered), ["a/b/m.py"]);
        let lines: Vec<usize> = gathered.deliverables[0].mentions.iter().map(|mention| mention.line).collect();
        assert_eq!(lines, [1, 5, 9]);
        assert_eq!(gathered.deliverables[0].symbols, ["Maker"]);
        assert!(gathered.references.is_empty());
    }

    #[test]
    fn a_bare_name_that_could_be_two_files_is_not_counted() {
        let gathered = gather(
            vec![
                seen("a/client.py", 1, Role::Deliverable),
                seen("b/client.py", 2, Role::Deliverable),
                seen("client.py", 3, Role::Deliverable),
            ],
            &[],
        );
        assert_eq!(paths(&gathered), ["a/client.py", "b/client.py"]);
    }

    #[test]
    fn a_name_without_an_extension_means_the_file_with_the_extension() {
        let gathered = gather(vec![seen("README", 1, Role::Deliverable), seen("README.md", 2, Role::Deliverable)], &[]);
        assert_eq!(paths(&gathered), ["README.md"]);
    }

    #[test]
    fn a_name_at_the_root_is_not_taken_for_a_deeper_one() {
        let gathered =
            gather(vec![seen("./README.md", 1, Role::Deliverable), seen("docs/README.md", 2, Role::Deliverable)], &[]);
        assert_eq!(paths(&gathered), ["README.md", "docs/README.md"]);
    }
}
