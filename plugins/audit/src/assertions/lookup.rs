//! Resolves a path from a report, and checks the file at that path.
//!
//! Reports write paths from the root, from another folder, or as a bare name. An assertion is checked against every
//! file that the words may mean; files named in the same table help to choose one. The content of a line is never
//! repeated in a report, because it may be a secret.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::assertion::{FileStatement, LineStatement, Outcome};
use crate::count::{count, grouped, plural};
use crate::index::{EntryKind, FoundEntry, Index, last_name};
use crate::limits;
use crate::plan::{self, Place};
use crate::remark::NoteSeverity;
use crate::verify::content::{line_count, line_defines};
use crate::verify::resolve::{GENERIC, below_other_root, with_ending};

/// The result of resolving a path.
enum Resolution {
    Found(Vec<FoundEntry>),
    /// There is no such file. The remark names another file with this name: the file was probably moved.
    Nowhere(Option<String>),
    /// The path cannot be checked.
    Unknown(String),
}

pub(super) struct Lookup<'a> {
    index: &'a Index,
    read: Cell<u64>,
    lines: RefCell<BTreeMap<String, u64>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(index: &'a Index) -> Self {
        Self { index, read: Cell::new(0), lines: RefCell::new(BTreeMap::new()) }
    }

    /// The outcome for a file that must be absent. `None` if the file exists, because it may have been created after the
    /// document.
    pub(super) fn absence(&self, path: &str) -> Option<Outcome> {
        match self.resolve(path, &[]) {
            Resolution::Unknown(reason) => Some(Outcome::unknown(reason)),
            Resolution::Nowhere(_) => Some(Outcome::holds(format!("there is no {path} below the audited folders"))),
            Resolution::Found(_) => None,
        }
    }

    /// Checks that a file exists and has the stated properties.
    pub(super) fn file(&self, stated: &FileStatement) -> Outcome {
        let found = match self.resolve(&stated.path, &stated.beside) {
            Resolution::Unknown(reason) => return Outcome::unknown(reason),
            Resolution::Nowhere(remark) => return absent(&stated.path, remark),
            Resolution::Found(found) => found,
        };
        let weighed: Vec<Result<(bool, String), String>> =
            found.iter().map(|found| self.check_properties(stated, found)).collect();
        let of = match weighed.len() {
            0 | 1 => String::new(),
            several => format!(" (one of {several} files of that name)"),
        };
        if let Some(Ok((_, seen))) = weighed.iter().find(|one| matches!(one, Ok((true, _)))) {
            return Outcome::holds(format!("{seen}{of}"));
        }
        match weighed.into_iter().next() {
            Some(Ok((_, seen))) => Outcome::fails(NoteSeverity::Medium, format!("{seen}{of}")),
            Some(Err(reason)) => Outcome::unknown(reason),
            None => absent(&stated.path, None),
        }
    }

    /// Checks the properties of one file and returns what was found.
    fn check_properties(&self, stated: &FileStatement, found: &FoundEntry) -> Result<(bool, String), String> {
        let path = &found.path;
        let bytes = match (found.kind, found.bytes) {
            (EntryKind::File, Some(bytes)) => bytes,
            (EntryKind::Folder, _) => return Ok((false, format!("{path} is a folder"))),
            _ => return Err(format!("{path} is a link or another special file, which the audit does not read")),
        };
        let mut seen = format!("{path}: {} {}", grouped(bytes), plural(bytes, "byte"));
        let mut holds = true;
        let mut compare = |said: Option<plan::SizeAssertion>, real: u64, unit: &str| {
            if let Some(said) = said {
                holds &= said.agrees(real);
                if !said.agrees(real) {
                    seen = format!("{path} has {} {unit}, written {}", grouped(real), said.shown());
                } else if unit == "lines" {
                    seen = format!("{seen}, {} {}", grouped(real), plural(real, "line"));
                }
            }
        };
        compare(stated.bytes, bytes, "bytes");
        if stated.lines.is_some() {
            compare(stated.lines, self.count(found)?, "lines");
        }
        Ok((holds, seen))
    }

    fn count(&self, found: &FoundEntry) -> Result<u64, String> {
        if let Some(count) = self.lines.borrow().get(&found.path) {
            return Ok(*count);
        }
        let count = line_count(&self.text(found)?);
        self.lines.borrow_mut().insert(found.path.clone(), count);
        Ok(count)
    }

    fn text(&self, found: &FoundEntry) -> Result<String, String> {
        let path = &found.path;
        let read = self.read.get().saturating_add(found.bytes.unwrap_or_default());
        if read > limits::ASSERTION_READ_BYTES {
            return Err(format!(
                "{path} was not read: this audit has already read {} MiB for claims, which is the limit",
                limits::ASSERTION_READ_BYTES / 1024 / 1024
            ));
        }
        self.read.set(read);
        let content = self.index.read(found).map_err(|error| format!("{path} could not be read: {error}"))?;
        if content.whole { Ok(content.text) } else { Err(format!("{path} is too large to be read completely")) }
    }

    /// Checks the content of a line.
    pub(super) fn line(&self, stated: &LineStatement) -> Outcome {
        let found = match self.resolve(&stated.path, &[]) {
            Resolution::Unknown(reason) => return Outcome::unknown(reason),
            // A citation of a line does not state that the file exists here: the file may belong to another project.
            Resolution::Nowhere(_) => {
                let path = &stated.path;
                return Outcome::unknown(format!(
                    "there is no {path} below the audited folders whose line could be compared"
                ));
            }
            Resolution::Found(found) => found,
        };
        let mut outcomes = found.iter().map(|found| match self.text(found) {
            Ok(text) => line_in(stated, &found.path, &text),
            Err(reason) => Outcome::unknown(reason),
        });
        let Some(first) = outcomes.next() else { return absent(&stated.path, None) };
        outcomes.fold(first, |best, next| if next.verdict < best.verdict { next } else { best })
    }

    fn resolve(&self, written: &str, beside: &[String]) -> Resolution {
        if self.index.roots().is_empty() {
            return Resolution::Unknown("no folder to search was granted".to_owned());
        }
        let (path, anchored) = match Place::of(written) {
            Place::Outside(reason) => return Resolution::Unknown(format!("{reason}: {written}")),
            Place::Inside { path, anchored } => (path, anchored),
        };
        let of_other_machine = || below_other_root(self.index, &path).filter(|_| anchored);
        let found = self.index.find(&path).or_else(|| self.below_own_name(&path)).or_else(of_other_machine);
        if let Some(found) = found.or_else(|| with_ending(self.index, &path)) {
            return Resolution::Found(vec![found]);
        }
        let name = last_name(&path);
        let same: Vec<&str> = self.index.named(name, EntryKind::File).collect();
        let tail = format!("/{path}");
        let meant: Vec<&str> =
            if anchored { Vec::new() } else { same.iter().filter(|found| found.ends_with(&tail)).copied().collect() };
        let meant = self.narrowed(&path, meant, beside);
        let found: Vec<FoundEntry> = meant.iter().filter_map(|path| self.index.find(path)).collect();
        if found.len() > 1 && GENERIC.contains(&path.as_str()) {
            return Resolution::Unknown(format!(
                "{} files have the name {path}, and the document does not say which one it means",
                found.len()
            ));
        }
        match (found.is_empty(), self.index.notes().first()) {
            (false, _) => Resolution::Found(found),
            (true, Some(note)) => Resolution::Unknown(format!("the tree was not indexed completely: {note}")),
            (true, None) => Resolution::Nowhere(match same.as_slice() {
                [first, ..] if !GENERIC.contains(&name) => Some(format!("the same name is at {first}")),
                _ => None,
            }),
        }
    }

    /// Resolves a path that begins with the name of the audited folder.
    fn below_own_name(&self, path: &str) -> Option<FoundEntry> {
        let (first, rest) = path.split_once('/')?;
        let own =
            self.index.roots().iter().any(|root| root.shown.trim_end_matches('/').rsplit('/').next() == Some(first));
        if own { self.index.find(rest) } else { None }
    }

    /// If a path may mean several files, keeps the files whose folders contain most of the other files that the table names.
    fn narrowed<'b>(&self, path: &str, meant: Vec<&'b str>, beside: &[String]) -> Vec<&'b str> {
        let company = |found: &str| {
            let base = found.strip_suffix(path).unwrap_or_default();
            beside.iter().filter(|name| self.index.find(&format!("{base}{name}")).is_some()).count()
        };
        let counted: Vec<(usize, &str)> = meant.iter().map(|found| (company(found), *found)).collect();
        let most = counted.iter().map(|(count, _)| *count).max().unwrap_or_default();
        let common = GENERIC.contains(&last_name(path));
        match (most < 2, common && path.contains('/')) {
            (true, true) if meant.len() > 1 => Vec::new(),
            (true, _) => meant,
            _ => counted.into_iter().filter(|(count, _)| *count == most).map(|(_, path)| path).collect(),
        }
    }
}

fn absent(path: &str, remark: Option<String>) -> Outcome {
    let text = format!("there is no {path} below the audited folders");
    match remark {
        Some(remark) => Outcome::unknown(format!("{text}; {remark}")),
        None => Outcome::fails(NoteSeverity::High, text),
    }
}

fn line_in(stated: &LineStatement, path: &str, text: &str) -> Outcome {
    let total = line_count(text);
    let place = if stated.first == stated.last {
        format!("{path}:{}", stated.first)
    } else {
        format!("{path}:{}-{}", stated.first, stated.last)
    };
    let at = |wanted: &dyn Fn(&str) -> bool| {
        text.lines().zip(1_u64..).filter(|(line, _)| wanted(line)).map(|(_, at)| at).collect::<Vec<u64>>()
    };
    let within = |lines: &[u64]| lines.iter().find(|at| (stated.first..=stated.last).contains(at)).copied();
    if let Some(content) = &stated.content {
        let lines = at(&|line| line.trim() == content.trim());
        return match (within(&lines), lines.first()) {
            (Some(at), _) => Outcome::holds(format!("{path}:{at} has this text")),
            (None, Some(at)) => Outcome::fails(
                NoteSeverity::Medium,
                format!("the text is at {path}:{at}, not at line {}", stated.first),
            ),
            (None, None) => Outcome::fails(
                NoteSeverity::Medium,
                format!("no line of {path} has this text; the file has {}", count(total, "line")),
            ),
        };
    }
    if let Some(symbol) = &stated.symbol {
        let defined = at(&|line| line_defines(line, symbol));
        let named = at(&|line| line.contains(symbol.as_str()));
        let around = |lines: &[u64]| {
            lines
                .iter()
                .find(|at| (stated.first.saturating_sub(2)..=stated.last.saturating_add(2)).contains(*at))
                .copied()
        };
        let inside = (stated.first < stated.last && stated.last <= total)
            .then(|| defined.iter().rfind(|at| **at <= stated.last).copied())
            .flatten();
        return match (around(&defined).or_else(|| around(&named)).or(inside), defined.first()) {
            (Some(at), _) => Outcome::holds(format!("{symbol} is at {path}:{at}")),
            (None, Some(at)) => Outcome::fails(
                NoteSeverity::Medium,
                format!("{symbol} is defined at {path}:{at}, not at line {}", stated.first),
            ),
            (None, None) => Outcome::fails(
                NoteSeverity::Medium,
                format!("{path} does not define {symbol}; the file has {}", count(total, "line")),
            ),
        };
    }
    Outcome::of(stated.last <= total, format!("{place}: the file has {} {}", grouped(total), plural(total, "line")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::assertion::Verdict;
    use super::*;
    use crate::index::Root;
    use crate::plan::{Precision, SizeAssertion};

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Index) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "work/root".into() }]);
        (dir, index)
    }

    fn file(index: &Index, path: &str, lines: Option<u64>, beside: &[&str]) -> (Verdict, String) {
        let beside: Arc<[String]> = beside.iter().map(|name| (*name).to_owned()).collect();
        let lines = lines.map(|value| SizeAssertion { value, precision: Precision::Exact });
        let outcome = Lookup::new(index).file(&FileStatement { path: path.to_owned(), bytes: None, lines, beside });
        (outcome.verdict, outcome.evidence)
    }

    #[test]
    fn a_path_is_found_from_the_root_or_deeper() {
        let (_dir, index) = tree(&[("a/b/c.py", "1\n2\n")]);
        for path in ["a/b/c.py", "/a/b/c.py", "root/a/b/c.py", "b/c.py", "c.py"] {
            assert_eq!(
                file(&index, path, Some(2), &[]),
                (Verdict::True, "a/b/c.py: 4 bytes, 2 lines".into()),
                "{path}"
            );
        }
        assert_eq!(file(&index, "c.py", Some(9), &[]), (Verdict::False, "a/b/c.py has 2 lines, written 9".into()));
        assert_eq!(
            file(&index, "x/c.py", None, &[]).1,
            "there is no x/c.py below the audited folders; the same name is at a/b/c.py"
        );
    }

    #[test]
    fn files_with_one_name_are_distinguished_by_the_files_named_beside_them() {
        let (_dir, index) = tree(&[("a/m.py", "1\n"), ("b/m.py", "1\n2\n3\n"), ("b/n.py", "")]);
        assert_eq!(
            file(&index, "m.py", Some(1), &["m.py", "n.py"]),
            (Verdict::False, "b/m.py has 3 lines, written 1".into())
        );
        assert_eq!(file(&index, "m.py", Some(1), &[]).0, Verdict::True);
    }

    #[test]
    fn paths_that_cannot_be_looked_up_are_reported() {
        let (_dir, index) = tree(&[("a/__init__.py", ""), ("b/__init__.py", "")]);
        for path in ["/etc/passwd", "~/x.md", "../x.md", "__init__.py"] {
            assert_eq!(file(&index, path, None, &[]).0, Verdict::Unverifiable, "{path}");
        }
        assert_eq!(file(&Index::build(Vec::new()), "a.py", None, &[]).1, "no folder to search was granted");
        assert_eq!(file(&index, "x/a/__init__.py", None, &[]).0, Verdict::False);
    }

    #[test]
    fn stated_lines_are_compared_with_the_file() {
        let (_dir, index) = tree(&[("r", "one\n  key=secret\ndef go():\n"), (".npmrc", "a\nb\n")]);
        let stated = |first, last, content: Option<&str>, symbol: Option<&str>| {
            let (content, symbol) = (content.map(str::to_owned), symbol.map(str::to_owned));
            let outcome = Lookup::new(&index).line(&LineStatement { path: "r".into(), first, last, content, symbol });
            (outcome.verdict, outcome.evidence)
        };
        assert_eq!(stated(2, 2, Some("key=secret"), None), (Verdict::True, "r:2 has this text".into()));
        assert_eq!(
            stated(1, 1, Some("key=secret"), None),
            (Verdict::False, "the text is at r:2, not at line 1".into())
        );
        assert_eq!(
            stated(2, 2, Some("key=other"), None),
            (Verdict::False, "no line of r has this text; the file has 3 lines".into())
        );
        assert_eq!(stated(3, 3, None, Some("go")), (Verdict::True, "go is at r:3".into()));
        assert_eq!(stated(40, 40, None, Some("go")), (Verdict::False, "go is defined at r:3, not at line 40".into()));
        assert_eq!(stated(2, 3, None, None), (Verdict::True, "r:2-3: the file has 3 lines".into()));
        assert_eq!(stated(2, 30, None, None).0, Verdict::False);
    }
}
