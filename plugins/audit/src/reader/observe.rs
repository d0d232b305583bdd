//! Finds every path of a plan with its features: in lines, cells and trees.

use std::collections::{HashMap, HashSet};

use super::candidate::Candidate;
use super::context::{self, LineContext};
use super::features::{self, Features};
use super::lexer::{self, Token};
use super::names::{self, Name};
use super::structure::{Code, Document, Line, LineForm};
use super::tree::{self, Leaf, Tree};
use super::{columns, fields, marks, placeholders, rows, table, words};
use crate::plan::{Form, Kind, Place, Role, Sighting, is_third_party};

/// The paths and folders of a plan.
#[derive(Debug, Default)]
pub(crate) struct DocumentPaths {
    pub(crate) seen: Vec<Candidate>,
    /// Folders of trees and lists whose content is shown.
    pub(crate) folders: Vec<String>,
    pub(crate) enumerated: Vec<String>,
}

/// Reads the paths of a document.
#[must_use]
pub(crate) fn observe(document: &Document, rows: &[&str]) -> DocumentPaths {
    let mut out = DocumentPaths::default();
    let codes: Vec<(Code, Tree)> = trees(document, rows);
    let drawn: std::collections::HashSet<usize> =
        codes.iter().flat_map(|(code, _)| code.rows.iter().map(|(number, _)| *number)).collect();
    // If a plan marks some rows as new and others as existing, the marks decide.
    let leaves = || codes.iter().flat_map(|(_, tree)| &tree.leaves).map(|leaf| words::state(&leaf.tail));
    let marked = leaves().any(|state| state == "new") && leaves().any(|state| state == "unchanged");
    let mut trees = codes.into_iter().peekable();
    let mut folders: Vec<Option<String>> = Vec::with_capacity(document.lines.len());
    for (at, line) in document.lines.iter().enumerate() {
        while trees.peek().is_some_and(|(code, _)| code.rows.first().is_some_and(|(number, _)| *number <= line.number))
        {
            if let Some((code, tree)) = trees.next() {
                take_tree(document, &code, tree, marked, &mut out);
            }
        }
        let above = line.parent.and_then(|parent| folders.get(parent).cloned().flatten());
        folders.push(None);
        if drawn.contains(&line.number) {
            continue;
        }
        match line.form {
            LineForm::Heading | LineForm::Item | LineForm::Text => {
                let own = of_line(document, at, line, above.as_deref(), &mut out);
                if let Some(slot) = folders.last_mut() {
                    *slot = own;
                }
            }
            LineForm::Row(table) => of_row(document, at, line, table, &mut out),
            LineForm::Code(_) => {
                out.seen.extend(announced(rows.get(line.number - 1).copied().unwrap_or_default(), line));
            }
            LineForm::Blank => {}
        }
    }
    for (code, tree) in trees {
        take_tree(document, &code, tree, marked, &mut out);
    }
    out
}

/// The file that a comment in a code block announces: `// New: src/till.ts`.
fn announced(row: &str, line: &Line) -> Option<Candidate> {
    let comment = ["//", "#", "--", "/*", "<!--"].iter().find_map(|mark| row.trim_start().strip_prefix(mark))?;
    let (key, path) = comment.split_once(": ")?;
    let key = key.trim().to_lowercase();
    let word = path.split_whitespace().next().filter(|_| matches!(key.as_str(), "create" | "new" | "new file"))?;
    let Name { path, kind } = names::file(word).or_else(|| names::folder(word))?;
    let sighting = Sighting::new(path, kind, Form::Step, Role::Reference, line.number);
    let features = Features(vec!["announced".to_owned()]);
    Some(Candidate { sighting, features, line: None, token: None, barred: false, column: None })
}

/// Finds the paths of a line. Returns a folder if the line names one that contains the entries below it.
fn of_line(
    document: &Document,
    at: usize,
    line: &Line,
    above: Option<&str>,
    out: &mut DocumentPaths,
) -> Option<String> {
    let place = LineContext::new(document, line);
    let listing = above.is_some() || matches!(context::list_topic(&place), "deliverable" | "new files");
    let tokens = lexer::tokens(&line.text, listing);
    let label = line.label.and_then(|at| document.lines.get(at)).filter(|_| line.parent.is_none());
    let folder = above.map(str::to_owned).or_else(|| {
        label.filter(|_| line.form == LineForm::Item).and_then(|label| fields::label_folder(&lexer::plain(&label.text)))
    });
    let mut own = None;
    let mut placed = None;
    let next: Vec<Option<String>> = tokens.iter().skip(1).map(said_folder).chain([None]).collect();
    let spellings = spellings(&tokens);
    // "In `src/`, create `x`": the folder only says where the first file is.
    let mut files = 0;
    for ((nth, token), folder_behind) in tokens.into_iter().enumerate().zip(next) {
        if placed.as_ref() == Some(&token.path) {
            continue;
        }
        let mut features = Features::default();
        features::of_text(&place, &token, files, &mut features);
        let opens = !token.before.contains(char::is_alphanumeric) && nth == 0;
        files += usize::from(token.kind != Kind::Folder);
        if spellings.contains(&token.path.to_lowercase()) {
            features.0.push("barred".to_owned());
        }
        let mut path = token.path.clone();
        if let Some(behind) = folder_behind.filter(|_| !path.contains('/') && token.kind == Kind::File) {
            path = format!("{behind}/{path}");
            placed = Some(behind);
        }
        if let Some(folder) = folder.as_deref().filter(|_| line.form == LineForm::Item) {
            features.0.push("in a folder".to_owned());
            path = fields::joined(Some(folder), &path);
        } else if let Some(folder) = place.heading_folder().filter(|_| line.form == LineForm::Item && is_bare(&token)) {
            path = fields::joined(Some(folder), &path);
        }
        if opens && token.kind == Kind::Folder && line.form == LineForm::Item && has_nested_items(document, at) {
            own = Some(path.clone());
            features.0.push("holds more".to_owned());
        }
        let form = form(line, &features, &token);
        let sighting = Sighting::new(path, token.kind, form, crate::plan::Role::Reference, line.number);
        out.seen.push(Candidate {
            sighting,
            features,
            line: Some(at),
            barred: line.quoted,
            token: Some(token),
            column: None,
        });
    }
    out.folders.extend(own.clone());
    own
}

/// True for the name of a file without its folder.
fn is_bare(token: &Token) -> bool {
    token.kind == Kind::File && !token.path.contains('/')
}

/// The names that a line writes in several spellings, in lower case. A line such as "(`README.md`, `readme.md`)" does not
/// promise these files: it says which names are looked up.
fn spellings(tokens: &[Token]) -> HashSet<String> {
    let mut known: HashMap<String, &str> = HashMap::new();
    let mut several = HashSet::new();
    for token in tokens {
        let name = token.path.to_lowercase();
        if known.insert(name.clone(), &token.path).is_some_and(|path| path != token.path) {
            several.insert(name);
        }
    }
    several
}

/// The folder, if the words before it say that the preceding file is in it: "`x.md`, to be created in `docs/`".
fn said_folder(token: &Token) -> Option<String> {
    let (before, between) = token.before.rsplit_once(placeholders::PATH)?;
    let last = between.split_whitespace().last()?;
    let near = between.split_whitespace().count() <= 6 && matches!(last, "in" | "under" | "below" | "unter");
    (token.kind == Kind::Folder && near && !before.contains(placeholders::PATH)).then(|| token.path.clone())
}

/// True if the item at a position has nested items.
fn has_nested_items(document: &Document, at: usize) -> bool {
    let below = |line: &&Line| line.form == LineForm::Item;
    document.lines.iter().skip(at + 1).find(below).is_some_and(|line| line.parent == Some(at))
}

fn form(line: &Line, features: &Features, token: &Token) -> Form {
    let has = |prefix: &str| features.0.iter().any(|feature| feature.starts_with(prefix));
    if line.form == LineForm::Heading {
        Form::Heading
    } else if token.written == lexer::Markup::Link {
        Form::Link
    } else if has("key=") {
        Form::Field
    } else if has("lead=make") || has("lead=add") || has("lead=write") {
        Form::Step
    } else if line.form == LineForm::Item || line.own_box.is_some() {
        Form::Bullet
    } else {
        Form::Prose
    }
}

/// Maximum number of columns that are read.
const COLUMNS: usize = 48;

fn of_row(document: &Document, at: usize, line: &Line, table: usize, out: &mut DocumentPaths) {
    let place = LineContext::new(document, line);
    let head: &[String] = document.tables.get(table).map_or(&[], |table| &table.head);
    let mut cells = marks::cells(&line.text);
    cells.truncate(COLUMNS);
    let head = head.get(..head.len().min(COLUMNS)).unwrap_or_default();
    let first = out.seen.len();
    for (column, cell) in cells.iter().enumerate() {
        let cell = cell.replace("<br>", ", ").replace("<br/>", ", ").replace("<br />", ", ");
        let listing = head.get(column).is_some_and(|head| matches!(columns::column(head), "file" | "deliverable"));
        let tokens = lexer::tokens(&cell, listing);
        let alone = tokens.last().is_some_and(|last| {
            let words = last
                .before
                .chars()
                .chain(last.after.chars())
                .filter(|sign| sign.is_alphanumeric() && *sign < '\u{e000}');
            words.count() == 0
        });
        for (nth, token) in tokens.into_iter().enumerate() {
            let mut features = Features::default();
            features::of_text(&place, &token, nth, &mut features);
            rows::of_cell(&place, head, &cells, column, alone, &mut features);
            let folder = place.heading_folder().filter(|_| is_bare(&token));
            let path = fields::joined(folder, &token.path);
            let sighting = Sighting::new(path, token.kind, Form::Table, crate::plan::Role::Reference, line.number);
            let seen = Candidate {
                sighting,
                features,
                line: Some(at),
                barred: line.quoted,
                token: Some(token),
                column: Some(column),
            };
            out.seen.push(seen);
        }
    }
    let row = out.seen.get_mut(first..).unwrap_or_default();
    out.folders.extend(table::describe(head, &cells, row));
    if context::lists_every_file(&place) {
        let parents = row.iter().filter_map(|seen| seen.sighting.path.rsplit_once('/'));
        out.enumerated.extend(parents.map(|(parent, _)| parent.to_owned()));
    }
}

fn take_tree(document: &Document, code: &Code, tree: Tree, marked: bool, out: &mut DocumentPaths) {
    let folder = |leaf: &Leaf| leaf.sighting.path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let itself = tree.leaves.iter().find(|leaf| words::state(&leaf.tail) == "itself").map(folder);
    out.folders.extend(tree.branches.iter().map(|branch| branch.sighting.path.clone()));
    // A report says that folders were made; a plan promises their files. If the tree also has existing or removed files, a
    // folder without a comment only contains the files.
    let state = |leaf: &Leaf| words::state(&leaf.tail);
    let mixed = tree.leaves.iter().any(|leaf| matches!(state(leaf), "existing" | "goes"));
    let made = |branch: &Leaf| match state(branch) {
        "done" | "made" => true,
        _ => document.report && !(mixed && branch.tail.trim().is_empty()),
    };
    let branches = tree.branches.into_iter().filter(|branch| !is_foreign(branch) && made(branch));
    for leaf in tree.leaves.into_iter().chain(branches) {
        let mut features = Features::default();
        // The tree contains the plan itself: the other files in the plan's folder are documents of the same step.
        if itself.as_ref() == Some(&folder(&leaf)) && words::state(&leaf.tail) != "done" {
            features.0.push("tree shows the plan".to_owned());
        }
        rows::of_tree(document, Some(code), &leaf, marked, &mut features);
        let Leaf { sighting, .. } = leaf;
        out.seen.push(Candidate { sighting, features, line: None, token: None, barred: false, column: None });
    }
    if !context::lists_part(document, code) {
        out.enumerated.extend(tree.enumerated);
    }
}

/// True for the root of the tree, a folder outside of the repository, and a folder of installed packages.
fn is_foreign(branch: &Leaf) -> bool {
    let path = branch.sighting.path.as_str();
    path == "./" || is_third_party(path) || matches!(Place::of(path), Place::Outside(_))
}

/// The trees of a document: in code blocks, and in plain lines.
fn trees(document: &Document, rows: &[&str]) -> Vec<(Code, Tree)> {
    let fenced = document.codes.iter().filter_map(|code| Some((code.clone(), tree::read(code)?)));
    let mut all: Vec<(Code, Tree)> = fenced.collect();
    let mut run: Vec<usize> = Vec::new();
    for (at, line) in document.lines.iter().enumerate() {
        if line.form == LineForm::Text && !line.quoted {
            run.push(at);
        } else if line.form == LineForm::Blank && continues_tree(document, &run, at) {
            // The tree continues: a blank line may separate its folders.
        } else {
            all.extend(plain_tree(document, rows, &run));
            run.clear();
        }
    }
    all.extend(plain_tree(document, rows, &run));
    all.sort_by_key(|(code, _)| code.rows.first().map_or(0, |(number, _)| *number));
    all
}

/// True if a blank line separates two rows of a tree.
fn continues_tree(document: &Document, run: &[usize], blank: usize) -> bool {
    let drawn = |at: usize| {
        document.lines.get(at).is_some_and(|line| {
            line.form == LineForm::Text && line.text.starts_with(['\u{2502}', '\u{251c}', '\u{2514}'])
        })
    };
    run.last().is_some_and(|last| drawn(*last)) && drawn(blank + 1)
}

/// A tree in lines that are neither fenced nor marked as code.
fn plain_tree(document: &Document, rows: &[&str], run: &[usize]) -> Option<(Code, Tree)> {
    let first = run.first().and_then(|at| document.lines.get(*at))?;
    let (caption, run) =
        if first.text.ends_with(':') { (run.first().copied(), run.get(1..)?) } else { (first.label, run) };
    if run.len() < 2 {
        return None;
    }
    let lines = run.iter().filter_map(|at| document.lines.get(*at));
    let rows =
        lines.map(|line| (line.number, rows.get(line.number - 1).copied().unwrap_or_default().to_owned())).collect();
    let code =
        Code { language: String::new(), rows, after: None, heading: first.heading, label: caption, fenced: false };
    let tree = tree::read(&code)?;
    Some((code, tree))
}
