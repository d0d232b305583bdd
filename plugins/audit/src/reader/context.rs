//! The surroundings of a line that its paths share: label, heading, check mark, box.

use std::cell::OnceCell;

use super::heading::CHECKS;
use super::structure::{Document, Heading, Line};
use super::{topics, words};
use crate::lists::list;

/// A line with paths. The properties that its paths share are computed once: a line may have thousands of paths.
pub(crate) struct LineContext<'a> {
    pub(super) document: &'a Document,
    pub(super) line: &'a Line,
    mark: OnceCell<&'static str>,
    label: OnceCell<&'static str>,
    heading: OnceCell<&'static str>,
    moves: OnceCell<bool>,
    present: OnceCell<bool>,
}

impl<'a> LineContext<'a> {
    /// The folder that the nearest heading is about.
    pub(super) fn heading_folder(&self) -> Option<&str> {
        self.document.headings_of(self.line.heading).next()?.folder()
    }

    pub(crate) fn new(document: &'a Document, line: &'a Line) -> Self {
        Self {
            document,
            line,
            mark: OnceCell::new(),
            label: OnceCell::new(),
            heading: OnceCell::new(),
            moves: OnceCell::new(),
            present: OnceCell::new(),
        }
    }
}

pub(super) fn boxed(line: &Line) -> &'static str {
    match (line.own_box, line.boxed) {
        (Some(true), _) => "ticked",
        (Some(false), _) => "open",
        (None, Some(true)) => "below ticked",
        (None, Some(false)) => "below open",
        (None, None) => "none",
    }
}

/// The place of a "done" sign: in the line, in an item above, in the heading.
pub(super) fn mark(place: &LineContext<'_>) -> &'static str {
    place.mark.get_or_init(|| find_mark(place))
}

fn find_mark(place: &LineContext<'_>) -> &'static str {
    if place.line.text.contains(CHECKS) {
        "own"
    } else if place.document.parents_of(place.line).any(|above| above.text.contains(CHECKS)) {
        "parent"
    } else if place.document.headings_of(place.line.heading).any(|heading| heading.level > 1 && heading.is_checked()) {
        "heading"
    } else {
        "none"
    }
}

/// The topic of the list that contains the line.
pub(super) fn label(place: &LineContext<'_>) -> &'static str {
    place.label.get_or_init(|| find_label(place))
}

fn find_label(place: &LineContext<'_>) -> &'static str {
    let above = place
        .document
        .parents_of(place.line)
        .find(|above| above.text.trim_end().trim_end_matches(['*', '_']).ends_with(':') || is_bold(&above.text));
    let label =
        place.line.label.and_then(|at| place.document.lines.get(at)).filter(|label| label.number != place.line.number);
    above.or(label).map_or("none", |above| topics::topic(&super::lexer::plain(&above.text)))
}

fn is_bold(text: &str) -> bool {
    text.starts_with("**") && text.trim_end().ends_with("**")
}

/// True for the heading that is the document's title.
pub(super) fn is_title(document: &Document, heading: &Heading) -> bool {
    let first = document.headings.first().is_some_and(|first| first.line == heading.line);
    first && heading.level == 1 && heading.parent.is_none()
}

pub(super) fn heading_topic(place: &LineContext<'_>) -> &'static str {
    place.heading.get_or_init(|| {
        let nearest = place.document.headings_of(place.line.heading).next();
        let heading = nearest.filter(|heading| !is_title(place.document, heading));
        let topic = heading.map_or("none", Heading::topic);
        if topic == "aside" { listed_above(place).unwrap_or(topic) } else { topic }
    })
}

/// The topic of the first outer heading that lists files. Example: below "Files created", the heading "Examples and
/// documentation" only groups the files.
fn listed_above(place: &LineContext<'_>) -> Option<&'static str> {
    let above = place.document.headings_of(place.line.heading).skip(1);
    let mut topics = above.filter(|heading| !is_title(place.document, heading)).map(Heading::topic);
    topics.find(|topic| matches!(*topic, "new files" | "changed files" | "deliverable"))
}

/// The heading and the label nearest to a place.
fn nearest(document: &Document, heading: Option<usize>, label: Option<usize>) -> impl Iterator<Item = &str> {
    let heading = heading.and_then(|at| document.headings.get(at)).map(|heading| heading.text.as_str());
    let label = label.and_then(|at| document.lines.get(at)).map(|label| label.text.as_str());
    heading.into_iter().chain(label)
}

/// True in a list of files that will be made.
pub(super) fn lists_products(place: &LineContext<'_>) -> bool {
    matches!(list_topic(place), "deliverable" | "new files")
}

/// True if the nearest label or heading is about moved files.
pub(super) fn tells_moves(place: &LineContext<'_>) -> bool {
    let moves = |word: String| matches!(word.as_str(), "moved" | "moves" | "relocated" | "renamed" | "renames");
    *place.moves.get_or_init(|| {
        nearest(place.document, place.line.heading, place.line.label).any(|text| words::words(text).any(moves))
    })
}

/// True if an item above, the label or the heading says that the lines describe the present state, which the plan will
/// change.
pub(super) fn shows_present(place: &LineContext<'_>) -> bool {
    *place.present.get_or_init(|| {
        let above = place.document.parents_of(place.line).map(|line| line.text.as_str());
        above.chain(nearest(place.document, place.line.heading, place.line.label)).any(topics::is_present_state)
    })
}

/// True if a tree shows only a part: new or changed files, or an example.
pub(super) fn lists_part(document: &Document, code: &super::structure::Code) -> bool {
    const PART: &[&str] = list!(
        "added affected changed changes created example examples excerpt key modified new partial sample selected \
        touched updated"
    );
    nearest(document, code.heading, code.label)
        .any(|text| topics::topic(text) == "aside" || words::words(text).any(|word| PART.contains(&word.as_str())))
}

/// True if the plan states that a table lists every file.
pub(super) fn lists_every_file(place: &LineContext<'_>) -> bool {
    nearest(place.document, place.line.heading, place.line.label).any(|text| {
        let words: Vec<String> = words::words(text).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        has(&["inventory"]) || has(&["all", "every", "complete", "full"]) && has(&["file", "files"])
    })
}

/// The topic of the list that contains a line; without a label, the topic of the heading.
pub(super) fn list_topic(place: &LineContext<'_>) -> &'static str {
    match label(place) {
        "none" => heading_topic(place),
        topic => topic,
    }
}
