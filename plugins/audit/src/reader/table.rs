//! Reads the cells of a table row that describe the row's file: component, class, lines, size, state, folder.

use super::candidate::Candidate;
use super::{columns, lexer, names, size_assertions, symbols};

const CLASS: &[&str] = &[
    "class",
    "classes",
    "function",
    "functions",
    "key classes",
    "klasse",
    "klassen",
    "struct",
    "structs",
    "symbol",
    "symbols",
    "trait",
    "traits",
];
const LINES: &[&str] = &["# lines", "line count", "lines", "lines of code", "loc", "zeilen"];
const SIZE: &[&str] = &["bytes", "file size", "size", "size (bytes)"];

/// Adds the properties that a row states to the row's files. Returns the folder in the row's folder column, if there is one.
pub(super) fn describe(head: &[String], cells: &[String], row: &mut [Candidate]) -> Option<String> {
    let plain: Vec<String> = head.iter().map(|head| lexer::plain(head).to_lowercase()).collect();
    let find = |names: &[&str]| plain.iter().position(|head| names.contains(&head.as_str()));
    let kind = |wanted: &str| head.iter().position(|head| columns::column(head) == wanted);
    let text = |at: Option<usize>| {
        at.and_then(|at| cells.get(at)).map(|cell| lexer::plain(cell)).filter(|cell| !cell.is_empty())
    };
    let files = |column: usize| row.iter().any(|seen| seen.column == Some(column));
    let component = kind("thing").filter(|at| !files(*at));
    let folder =
        kind("folder").and_then(|at| cells.get(at)).and_then(|cell| names::folder(cell.trim().trim_matches('`')));
    let (class, lines, size, status) = (find(CLASS), find(LINES), find(SIZE), kind("state"));
    let bytes_head = size.and_then(|at| plain.get(at)).is_some_and(|head| head.contains("bytes"));
    let single = row.len() == 1;
    for seen in row.iter_mut() {
        let sighting = &mut seen.sighting;
        sighting.component = text(component);
        sighting.status = text(status);
        if let Some(folder) = folder.as_ref().filter(|_| !sighting.path.contains('/')) {
            sighting.path = format!("{}/{}", folder.path, sighting.path);
        }
        if single {
            sighting.symbols = class.and_then(|at| cells.get(at)).map(|cell| classes(cell)).unwrap_or_default();
            sighting.lines = text(lines).and_then(|text| size_assertions::lines_cell(&text));
            sighting.bytes = text(size).and_then(|text| size_assertions::bytes_cell(&text, bytes_head));
        }
    }
    folder.map(|folder| folder.path)
}

/// The classes that a cell names: its code in backticks, or the whole cell if it has no code.
fn classes(cell: &str) -> Vec<String> {
    let in_code: Vec<String> = cell.split('`').skip(1).step_by(2).filter_map(symbols::identifier).collect();
    let plain = lexer::plain(cell);
    if !in_code.is_empty() {
        in_code
    } else if symbols::is_single_name(&plain) {
        vec![plain]
    } else {
        plain.split([',', ' ']).filter_map(symbols::symbol).collect()
    }
}
