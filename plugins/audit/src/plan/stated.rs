//! Deliverables that a plan states as data: the `deliverables:` of its front matter, or its lock.
//!
//! A stated list replaces the deliverables of the plan's text; files that are not on the list become references.

use super::gather::{Deliverables, gather};
use super::{Deliverable, Form, Kind, Place, Plan, Purpose, Role, Sighting};

/// A deliverable of a stated list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedDeliverable {
    /// The path from the audited folder; a folder ends in `/`.
    pub path: String,
    /// Classes and functions that the file must define.
    pub symbols: Vec<String>,
    /// The wanted action.
    pub purpose: Purpose,
    /// Whether the list states that it is done. If `None`, the boxes of the plan's text decide.
    pub done: Option<bool>,
    /// The line of the plan, from 1. If `None`, it is the line where the text promises it.
    pub line: Option<usize>,
}

/// The action for a word of a stated list.
#[must_use]
pub(super) fn purpose(word: &str) -> Option<Purpose> {
    match word.to_lowercase().as_str() {
        "create" | "make" | "add" => Some(Purpose::Make),
        "modify" | "change" | "update" => Some(Purpose::Change),
        "delete" | "remove" => Some(Purpose::Delete),
        _ => None,
    }
}

impl Plan {
    /// Replaces the deliverables by a stated list.
    pub fn state(&mut self, stated: &[StatedDeliverable]) {
        let read = std::mem::take(&mut self.deliverables);
        let mut sightings: Vec<Sighting> = stated.iter().map(|item| sighting(item, &read)).collect();
        sightings.extend(read.iter().flat_map(demoted));
        let references = std::mem::take(&mut self.references);
        sightings.extend(references.into_iter().map(|reference| {
            let path = written(&reference.path, &reference.place);
            Sighting::new(path, Kind::Either, reference.form, Role::Reference, reference.line)
        }));
        let Deliverables { deliverables, references, left_out } = gather(sightings, &[]);
        let parents = deliverables.iter().filter_map(|item| Some(item.path.rsplit_once('/')?.0.to_owned()));
        self.folders.extend(parents);
        self.folders.sort();
        self.folders.dedup();
        // Only the stated list promises files now, so a drawn tree no longer lists a folder in full.
        self.enumerated.clear();
        (self.deliverables, self.references) = (deliverables, references);
        self.left_out = self.left_out.max(left_out);
    }
}

fn sighting(stated: &StatedDeliverable, read: &[Deliverable]) -> Sighting {
    let path = anchored(&stated.path);
    let known = read.iter().find(|item| is_same(&item.path, &path));
    let kind = if stated.path.ends_with('/') { Kind::Folder } else { Kind::Either };
    let line = stated.line.or_else(|| known.map(Deliverable::line)).unwrap_or(1);
    let status = match stated.done {
        Some(true) => Some("[x]".to_owned()),
        Some(false) => Some("[ ]".to_owned()),
        None => known.and_then(|item| item.status.clone()),
    };
    Sighting {
        purpose: stated.purpose,
        component: known.and_then(|item| item.component.clone()),
        symbols: stated.symbols.clone(),
        status,
        ..Sighting::new(path, kind, Form::Field, Role::Deliverable, line)
    }
}

/// True if a path of the text is the stated path, or the end of the stated path.
fn is_same(read: &str, stated: &str) -> bool {
    let stated = stated.trim_start_matches("./").trim_end_matches('/');
    stated == read || stated.ends_with(&format!("/{read}"))
}

/// The stated path with `./` before it, because a stated path always starts at the audited folder.
fn anchored(path: &str) -> String {
    match Place::of(path) {
        Place::Inside { anchored: false, path } => format!("./{path}"),
        _ => path.to_owned(),
    }
}

fn written(path: &str, place: &Place) -> String {
    if matches!(place, Place::Inside { anchored: true, .. }) { format!("./{path}") } else { path.to_owned() }
}

/// The mentions of a deliverable that the text promises, as references.
fn demoted(item: &Deliverable) -> impl Iterator<Item = Sighting> {
    let path = written(&item.path, &item.place);
    item.mentions
        .iter()
        .map(move |mention| Sighting::new(path.clone(), item.kind, mention.form, Role::Reference, mention.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(path: &str) -> StatedDeliverable {
        StatedDeliverable { path: path.into(), symbols: Vec::new(), purpose: Purpose::Make, done: None, line: None }
    }

    #[test]
    fn a_stated_list_replaces_what_was_read() {
        let mut plan = crate::reader::plan("# P\n\n- [x] Create `till.py`\n- [ ] Create `src/drawer.py`\n");
        assert_eq!(plan.deliverables.len(), 2);
        plan.state(&[stated("src/till.py"), stated("README.md")]);
        let paths: Vec<&str> = plan.deliverables.iter().map(|item| item.path.as_str()).collect();
        assert_eq!(paths, ["README.md", "src/till.py"]);
        let till = &plan.deliverables[1];
        assert_eq!((till.line(), till.status.as_deref(), till.done_at), (3, Some("[x]"), Some(3)));
        let spoken: Vec<&str> = plan.references.iter().map(|item| item.path.as_str()).collect();
        assert_eq!(spoken, ["src/drawer.py"]);
    }
}
