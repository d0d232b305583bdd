//! Features of the rows of trees and of the cells of tables.

use super::columns;
use super::context::{LineContext, heading_topic, label};
use super::features::{Features, is_dated};
use super::heading::CHECKS;
use super::keys::key;
use super::structure::{Document, Heading};
use super::{topics, words};

/// The features of a row of a tree.
pub(crate) fn of_tree(
    document: &Document,
    code: Option<&super::structure::Code>,
    row: &super::tree::Leaf,
    marked: bool,
    out: &mut Features,
) {
    let tail = words::state(&row.tail);
    out.flag("deletes", tail == "goes");
    out.add("tree", tail);
    out.pair("tree/marked", tail, if marked { "marked" } else { "plain" });
    let heading = code.and_then(|code| code.heading);
    let topics: Vec<&str> =
        document.headings_of(heading).filter(|heading| heading.level > 1).map(Heading::topic).collect();
    let label = code
        .and_then(|code| code.label)
        .and_then(|at| document.lines.get(at))
        .map_or("none", |label| topics::topic(&label.text));
    out.pair("tree/heading", topics.first().unwrap_or(&"none"), if marked { "marked" } else { "plain" });
    out.pair("tree/label", label, if marked { "marked" } else { "plain" });
    for topic in ["aside", "delete", "existing", "changed files"] {
        out.flag(&format!("tree below {topic}"), topics.contains(&topic) || label == topic);
    }
    // Below a label such as "After running it:", the tree shows the output of a program.
    out.flag("barred", label == "runs");
    out.flag("dated", is_dated(&row.sighting.path));
    out.flag("tree listing", !row.connected);
}

/// The features that a table adds to those of the cell's words.
pub(crate) fn of_cell(
    place: &LineContext<'_>,
    head: &[String],
    cells: &[String],
    column: usize,
    alone: bool,
    out: &mut Features,
) {
    // In a table of two columns, the first column may contain the key of the path in the second column.
    let first = cells.first().filter(|_| head.len() == 2 && column == 1).and_then(|cell| key(&format!("{cell}:")));
    let own = match first {
        Some("file" | "make") => "file",
        Some("change" | "delete" | "run" | "existing") => "complaint",
        _ => head.get(column).map_or("none", |head| columns::column(head)),
    };
    let complains = first.is_none() && head.iter().any(|head| columns::column(head) == "complaint");
    out.flag("barred", cells.iter().any(|cell| words::rejects(cell)));
    let any = |wanted: &str| {
        head.iter().position(|head| columns::column(head) == wanted).or_else(|| (own == wanted).then_some(column))
    };
    // A cell with one word such as "Create" states the action of its row, regardless of the heading of its column.
    let action = || cells.iter().find(|cell| cell.split_whitespace().count() == 1 && words::names_action(cell));
    let state = any("state").and_then(|at| cells.get(at)).or_else(action).map_or("none", |cell| words::state(cell));
    let alone = if alone { "alone" } else { "among words" };
    out.pair("column", own, alone);
    out.pair("column/first", own, if column == 0 { "first" } else { "later" });
    // In a row of deleted files, a path in a later column usually names the replacement of the file.
    out.flag("deletes", state == "goes" && (column == 0 || matches!(own, "file" | "deliverable")));
    out.pair("row state", state, own);
    out.flag("table of complaints", complains);
    out.pair("table has files", if any("file").or(any("deliverable")).is_some() { "yes" } else { "no" }, own);
    below(place, own, out);
    out.flag("row is checked", cells.iter().any(|cell| matches!(cell.trim(), "[x]" | "[X]") || cell.contains(CHECKS)));
}

/// Adds the features of the label and the heading above a table.
fn below(place: &LineContext<'_>, own: &str, out: &mut Features) {
    let label = label(place);
    out.pair("table label", label, own);
    out.pair("table heading", heading_topic(place), own);
}
