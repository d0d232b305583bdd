//! Fenced trees: box-drawing or ASCII connectors, several roots, comments after the names; and fences that only list
//! paths.
//!
//! A row's depth is the column of its name, so any width of indentation works. Diagrams drawn with the same characters are
//! recognised by their corners. If a name cannot be parsed, the rows below it are ignored; they do not become children of
//! the row above it.

use std::collections::HashSet;

use super::names::{self, Name};
use super::size_assertions;
use super::structure::Code as Fence;
use super::symbols;
use crate::limits;
use crate::plan::{Form, Kind, Role, Sighting};

/// Info strings of fences that may contain any tree. A fence of `SHELL` may contain only a tree with connectors.
const PLAIN: &[&str] = &["", "text", "txt", "tree", "plain", "plaintext", "ascii", "none", "files", "filesystem"];
const SHELL: &[&str] = &["bash", "sh", "shell", "console", "zsh"];

/// The content of a tree fence.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Files and leaf folders.
    pub leaves: Vec<Leaf>,
    /// Folders that contain other rows of the tree.
    pub branches: Vec<Leaf>,
    /// The folders of which the tree lists every file: the tree has no `...` row, and every row in the folder was parsed.
    pub enumerated: Vec<String>,
}

/// A file or a leaf folder, with the words after its name.
#[derive(Debug)]
pub(super) struct Leaf {
    pub sighting: Sighting,
    pub tail: String,
    /// True if the row has connectors.
    pub connected: bool,
}

#[derive(Clone, Copy)]
struct Row<'a> {
    line: usize,
    /// Column of the name, in characters.
    column: usize,
    token: &'a str,
    tail: &'a str,
    /// True if two spaces or a tab separate the tail from the name, as in a table.
    apart: bool,
    connected: bool,
}

/// Reads a fence as a tree; `None` if it is not a tree.
#[must_use]
pub(super) fn read(fence: &Fence) -> Option<Tree> {
    let language = fence.language.as_str();
    if !(PLAIN.contains(&language) || SHELL.contains(&language)) || is_diagram(fence) {
        return None;
    }
    let rows: Vec<Row<'_>> = present(fence).filter_map(|(line, text)| row(*line, text)).flat_map(several).collect();
    let connected = rows.iter().any(|row| row.connected);
    let listing = PLAIN.contains(&language) && is_listing(&rows) && (fence.fenced || is_nested(&rows));
    if !connected && !listing {
        return None;
    }
    Some(walk(&rows, names_allowed(&rows)))
}

/// The rows of a fence. If it has "Before:" and "After:", the rows between these labels show the former state and are skipped.
fn present(fence: &Fence) -> impl Iterator<Item = &(usize, String)> {
    let label = |text: &str| text.trim_matches(['#', '/', ' ']).to_lowercase();
    let before = fence.rows.iter().position(|(_, text)| label(text) == "before:");
    let after = fence.rows.iter().position(|(_, text)| matches!(label(text).as_str(), "after:" | "now:"));
    let former = before.zip(after).map_or(0..0, |(before, after)| before..after + 1);
    fence.rows.iter().enumerate().filter(move |(at, _)| !former.contains(at)).map(|(_, row)| row)
}

/// True if the fence draws boxes: a corner that no tree has, or a line closed on its right.
fn is_diagram(fence: &Fence) -> bool {
    fence.rows.iter().any(|(_, row)| {
        let row = row.trim_end();
        row.contains([
            '\u{250c}', '\u{2510}', '\u{2518}', '\u{2534}', '\u{253c}', '\u{2554}', '\u{2557}', '\u{25bc}', '\u{25b2}',
            '\u{25ba}', '\u{25b6}', '\u{25c4}', '\u{25c0}',
        ]) || row.starts_with("+--") && row.ends_with('+')
            || (row.ends_with('\u{2502}') && row.chars().any(char::is_alphanumeric))
    })
}

/// True if every row is a path with at most a comment.
fn is_listing(rows: &[Row<'_>]) -> bool {
    let known = |row: &Row<'_>| names::file(row.token).is_some() || names::folder(row.token).is_some();
    let path = |row: &Row<'_>| known(row) || is_more(row.token) || names::likely_file(row.token, true).is_some();
    let quiet = |row: &Row<'_>| {
        row.apart || row.tail.is_empty() || row.tail.starts_with(['#', '(', '\u{2190}', '-', '\u{2014}', '\u{2013}'])
    };
    let sure = rows.iter().filter(|row| known(row)).count();
    sure > 0 && sure * 2 >= rows.len() && rows.iter().all(|row| path(row) && quiet(row))
}

/// True if the rows are a folder and its content, recognised by indentation alone.
fn is_nested(rows: &[Row<'_>]) -> bool {
    let opens = rows.first().is_some_and(|row| row.token.ends_with('/') && row.token.len() > 1);
    let inside = rows
        .iter()
        .zip(rows.iter().skip(1))
        .any(|(row, next)| row.token.ends_with('/') && next.column > row.column && names::file(next.token).is_some());
    opens && inside
}

/// True if leaves without an extension are accepted: at least half of the leaves must look like files or folders.
fn names_allowed(rows: &[Row<'_>]) -> bool {
    let leaves: Vec<&Row<'_>> =
        rows.iter().enumerate().filter(|(at, row)| !has_children(rows, *at, row)).map(|(_, row)| row).collect();
    let files =
        leaves.iter().filter(|row| names::file(row.token).is_some() || names::folder(row.token).is_some()).count();
    files > 0 && files * 2 >= leaves.len()
}

fn has_children(rows: &[Row<'_>], at: usize, row: &Row<'_>) -> bool {
    rows.get(at + 1).is_some_and(|next| next.column > row.column && (next.connected || !row.connected))
}

fn row(line: usize, text: &str) -> Option<Row<'_>> {
    let mark = |sign: char| {
        sign.is_whitespace()
            || ('\u{2500}'..='\u{257f}').contains(&sign)
            || matches!(sign, '|' | '+' | '`' | '\\' | '-')
    };
    let start = text.find(|sign| !mark(sign))?;
    let (prefix, mut rest) = text.split_at_checked(start)?;
    let mut column = prefix.chars().count();
    // A pictogram before the name is decoration.
    while let Some(sign) =
        rest.chars().next().filter(|sign| !sign.is_ascii() && !sign.is_alphanumeric() && *sign != '\u{2026}')
    {
        rest = rest.get(sign.len_utf8()..)?;
        let trimmed = rest.trim_start();
        column += usize::from(trimmed.is_empty());
        rest = trimmed;
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (token, tail) = rest.split_at_checked(end)?;
    let connected = prefix.contains(['\u{251c}', '\u{2514}', '\u{2570}', '\u{2523}', '\u{2517}'])
        || ["|--", "+--", "`--", "\\--"].iter().any(|join| prefix.contains(join));
    let apart = tail.starts_with("  ") || tail.starts_with('\t');
    (!token.is_empty()).then(|| Row { line, column, token, tail: tail.trim(), apart, connected })
}

/// One row for each name, if a row lists several names: `up.rs, down.rs, list.rs`.
fn several(row: Row<'_>) -> Vec<Row<'_>> {
    let mut rows = vec![row];
    while let Some(last) = rows.last().filter(|last| last.token.ends_with(',') && names::file(last.token).is_some()) {
        let end = last.tail.find(char::is_whitespace).unwrap_or(last.tail.len());
        let Some((token, tail)) = last.tail.split_at_checked(end).filter(|(token, _)| names::file(token).is_some())
        else {
            break;
        };
        rows.push(Row { token, tail: tail.trim(), apart: tail.starts_with("  "), ..*last });
    }
    rows
}

/// A row that may have children. `path` is `None` if its children are ignored.
struct OpenRow {
    column: usize,
    path: Option<String>,
}

fn walk(rows: &[Row<'_>], names: bool) -> Tree {
    let mut tree = Tree::default();
    let mut open: Vec<OpenRow> = Vec::new();
    let mut unclear = HashSet::new();
    for (at, row) in rows.iter().enumerate() {
        while open.last().is_some_and(|parent| parent.column >= row.column) {
            open.pop();
        }
        let parent = open.last().map(|parent| parent.path.as_deref());
        let parents = has_children(rows, at, row);
        let name =
            if is_root_mark(row.token) { Some(root()) } else { target(row).or_else(|| names::tree_entry(row.token)) };
        let path = match (&name, parent) {
            (None, _) | (_, Some(None)) => None,
            (Some(name), None) => Some(name.path.clone()),
            (Some(name), Some(Some(parent))) => Some(join(parent, &name.path)),
        };
        let path = path.filter(|path| path.len() <= limits::PATH_BYTES);
        if name.is_none()
            && let Some(Some(parent)) = parent
        {
            unclear.insert(parent.to_owned());
        }
        if let (Some(path), Some(name)) = (&path, &name) {
            if parents && name.kind != Kind::File && !is_caption(row, Some(name)) {
                tree.branches.push(leaf(row, Kind::Folder, path));
            } else if is_leaf(row, name, names) {
                tree.leaves.push(leaf(row, name.kind, path));
            }
        }
        if parents && !is_caption(row, name.as_ref()) {
            // "Edit the settings:" is a step, not a folder.
            let step = name.as_ref().is_some_and(|name| name.kind == Kind::Either)
                && !row.apart
                && !is_quiet(row.tail)
                && row.tail.contains(' ');
            let holds = !step && name.is_some_and(|name| name.kind != Kind::File);
            open.push(OpenRow { column: row.column, path: path.filter(|_| holds) });
        }
    }
    if !rows.iter().any(|row| row.connected && is_more(row.token)) && rows.iter().any(|row| row.connected) {
        let folders = tree.branches.iter().map(|branch| branch.sighting.path.clone());
        tree.enumerated = folders.filter(|folder| !unclear.contains(folder)).collect();
    }
    tree
}

/// True for a row that represents omitted entries.
fn is_more(token: &str) -> bool {
    token.starts_with("...") || token.starts_with('\u{2026}') || token == "etc." || token == "etc"
}

/// True for a row that is the audited root: `.`, `<repo>/`, `[project]/`.
fn is_root_mark(token: &str) -> bool {
    let name = token.trim_end_matches('/');
    let bracketed = (name.starts_with('<') && name.ends_with('>')) || (name.starts_with('[') && name.ends_with(']'));
    name == "." || (bracketed && !name.contains('/'))
}

/// True for a caption above a tree: `Project layout:`. The rows after a caption are not its children.
fn is_caption(row: &Row<'_>, name: Option<&Name>) -> bool {
    let words = match name {
        None => !row.token.contains('/') && !names::is_placeholder(row.token),
        Some(name) => name.kind == Kind::Either && !is_quiet(row.tail),
    };
    !row.connected && words
}

fn root() -> Name {
    Name { path: "./".to_owned(), kind: Kind::Folder }
}

fn join(parent: &str, name: &str) -> String {
    format!("{}/{}", parent.trim_end_matches('/'), name.trim_start_matches("./").trim_start_matches('/'))
}

/// True if the text after a name is a comment, not the rest of a sentence.
fn is_quiet(tail: &str) -> bool {
    tail.is_empty() || !tail.starts_with(char::is_alphanumeric)
}

fn is_leaf(row: &Row<'_>, name: &Name, names: bool) -> bool {
    match name.kind {
        Kind::File => true,
        Kind::Folder => (row.apart || is_quiet(row.tail)) && name.path != "./",
        Kind::Either => names && row.connected && (row.apart || is_quiet(row.tail)) && !row.token.ends_with(':'),
    }
}

/// The folder into which a row's folder was moved or copied: `old/ → new/`.
fn target(row: &Row<'_>) -> Option<Name> {
    let behind = ["\u{2192}", "\u{21d2}", "->", "=>"].iter().find_map(|arrow| row.tail.strip_prefix(arrow))?;
    names::folder(behind.split_whitespace().next()?).filter(|_| row.token.ends_with('/'))
}

fn leaf(row: &Row<'_>, kind: Kind, path: &str) -> Leaf {
    Leaf { sighting: sighting(row, kind, path), tail: row.tail.to_owned(), connected: row.connected }
}

fn sighting(row: &Row<'_>, kind: Kind, path: &str) -> Sighting {
    let mut sighting = Sighting::new(path, kind, Form::Tree, Role::Reference, row.line);
    sighting.symbols = symbols::in_tail(row.tail);
    (sighting.bytes, sighting.lines) = size_assertions::in_text(row.tail);
    let said = row.tail.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let ticked = row.tail.starts_with(['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}']);
    sighting.status = said.map(|(inner, _)| inner.trim().to_owned()).or_else(|| ticked.then(|| row.tail.to_owned()));
    sighting
}
