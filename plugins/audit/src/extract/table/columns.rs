//! What the columns of a table hold, told by their headings; where no heading tells, by their cells.

use super::super::inline::{Inline, SpanKind};
use super::super::names;
use super::super::words;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Columns {
    /// One bit for each of the first 64 columns that is there for files.
    pub(super) files: u64,
    pub(super) component: Option<usize>,
    pub(super) class: Option<usize>,
    /// A column `Type`, which may hold classes or kinds of file.
    pub(super) kind: Option<usize>,
    pub(super) lines: Option<usize>,
    pub(super) size: Option<usize>,
    pub(super) size_in_bytes: bool,
    pub(super) status: Option<usize>,
    pub(super) folder: Option<usize>,
    /// The table lists things by name, so that a file in the column for folders is one of them.
    pub(super) located: bool,
    /// The table lists issues, risks or numbers.
    pub(super) complains: bool,
}

const FILE: &[&str] = &[
    "artefact",
    "artefacts",
    "artefakt",
    "artefakte",
    "artifact",
    "artifacts",
    "config file",
    "created file",
    "created files",
    "datei",
    "dateien",
    "dateiname",
    "dateipfad",
    "deliverable",
    "deliverables",
    "document path",
    "ergebnis",
    "expected artifact",
    "expected artifacts",
    "expected deliverables",
    "expected file",
    "expected files",
    "expected output",
    "expected outputs",
    "file",
    "file created",
    "file name",
    "file path",
    "file to create",
    "filename",
    "files",
    "files created",
    "files to create",
    "key files",
    "lieferobjekt",
    "module file",
    "neue datei",
    "neue dateien",
    "new file",
    "new files",
    "new module",
    "output",
    "output file",
    "output path",
    "outputs",
    "path",
    "paths",
    "pfad",
    "planned file",
    "planned files",
    "result file",
    "script",
    "scripts",
    "skript",
    "skripte",
    "source file",
    "target file",
    "target files",
    "target path",
    "test file",
    "zieldatei",
];
const COMPONENT: &[&str] = &[
    "arbeitspaket",
    "area",
    "aufgabe",
    "baustein",
    "bereich",
    "category",
    "component",
    "components",
    "deliverable name",
    "feature",
    "item",
    "job",
    "komponente",
    "layer",
    "modul",
    "module",
    "package",
    "phase",
    "schritt",
    "section",
    "step",
    "task",
    "was",
    "what",
    "work",
    "work item",
    "workstream",
];
pub(super) const CLASS: &[&str] = &[
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
pub(super) const LINES: &[&str] = &["# lines", "line count", "lines", "lines of code", "loc", "zeilen"];
pub(super) const SIZE: &[&str] = &["bytes", "file size", "size", "size (bytes)"];
pub(super) const STATUS: &[&str] = &["action", "change", "done", "progress", "stand", "state", "status", "zustand"];
const FOLDER: &[&str] = &["directory", "folder", "location", "ordner", "verzeichnis"];
const COMPLAINS: &[&str] = &[
    "alternative",
    "aspect",
    "bug",
    "criterion",
    "error",
    "finding",
    "gap",
    "idea",
    "issue",
    "metric",
    "option",
    "problem",
    "proposal",
    "question",
    "risk",
    "suggestion",
    "symptom",
    "vote",
    "warning",
];
/// Words in the heading of a column that holds files which are only spoken of.
const ELSE: &[&str] = &[
    "before",
    "default",
    "example",
    "examples",
    "fallback",
    "from",
    "input",
    "inputs",
    "note",
    "notes",
    "old",
    "read",
    "reads",
    "reference",
    "references",
    "source",
    "sources",
    "url",
    "value",
    "where",
];
impl Columns {
    pub(super) fn of(header: &[Inline]) -> Self {
        let names: Vec<String> = header.iter().map(|cell| cell.plain().to_lowercase().replace("(s)", "s")).collect();
        let find = |list: &[&str]| names.iter().position(|name| list.contains(&name.as_str()));
        let size = find(SIZE);
        let for_files = names.iter().enumerate().filter(|(_, name)| FILE.contains(&name.as_str()));
        let complains = names.iter().any(|name| COMPLAINS.contains(&name.trim_end_matches('s')));
        Self {
            files: for_files.fold(0, |all, (at, _)| all | bit(at)),
            component: find(COMPONENT),
            class: find(CLASS),
            kind: find(&["type", "typ"]),
            lines: find(LINES),
            size,
            size_in_bytes: size.and_then(|at| names.get(at)).is_some_and(|name| name.contains("bytes")),
            status: find(STATUS),
            folder: find(FOLDER),
            located: !complains && (find(FILE).is_some() || find(COMPONENT).is_some()),
            complains,
        }
    }
}

/// The bit of a column.
pub(super) const fn bit(at: usize) -> u64 {
    if at < 64 { 1 << at } else { 0 }
}

/// A column without a telling heading where at least half of the cells are nothing but files.
pub(super) fn file_column(header: &[Inline], body: &[Vec<Inline>]) -> Option<usize> {
    let open = |cell: &Inline| {
        let name = cell.plain().to_lowercase();
        !name.split(|sign: char| !sign.is_alphanumeric()).any(|word| ELSE.contains(&word))
    };
    let mut open = header.iter().enumerate().filter(|(_, cell)| open(cell)).map(|(at, _)| at);
    open.find(|at| {
        let cells: Vec<&Inline> = body.iter().filter_map(|row| row.get(*at)).filter(|cell| !cell.is_empty()).collect();
        let files = cells.iter().filter(|cell| is_only_files(cell)).count();
        files > 0 && files * 2 >= cells.len()
    })
}

fn is_only_files(cell: &Inline) -> bool {
    let plain = cell.plain();
    if cell.spans().iter().all(|span| span.kind == SpanKind::Text) {
        let mut pieces = plain.split([',', ';']).map(str::trim).peekable();
        return pieces.peek().is_some()
            && pieces.all(|piece| names::file(piece).is_some_and(|name| name.path.contains('/')));
    }
    let mut any = false;
    let rest = cell.spans().iter().all(|span| match span.kind {
        SpanKind::Code => {
            any = true;
            names::file(&span.text).is_some()
        }
        SpanKind::Text => words::only_lists(&span.text),
    });
    any && rest
}
