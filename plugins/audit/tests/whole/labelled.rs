//! Measures precision and recall of the extraction. The plans were written and labelled without knowledge of the
//! extraction's rules.
//!
//! The labels are `NAME.labels.tsv` beside each plan in `tests/corpus/plans` (line, path, symbols). A deliverable
//! counts as found if its path is right; lines and symbols are measured separately. The results are printed with every
//! error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use audit::plan::Purpose;

struct Label {
    line: usize,
    symbols: BTreeSet<String>,
}

/// The compared labels.
#[derive(Default)]
struct Score {
    documents: usize,
    labelled: usize,
    found: usize,
    right: usize,
    right_lines: usize,
    symbols: usize,
    symbols_found: usize,
    symbols_right: usize,
    errors: Vec<String>,
}

impl Score {
    fn precision(&self) -> f64 {
        ratio(self.right, self.found)
    }

    fn recall(&self) -> f64 {
        ratio(self.right, self.labelled)
    }

    /// Compares one document.
    fn add(&mut self, name: &str, text: &str, labels: &BTreeMap<String, Label>) {
        let mut plan = audit::reader::plan(text);
        // The labels only contain created files; changed and deleted files are promised too, but have no label.
        plan.deliverables.retain(|item| item.purpose == Purpose::Make);
        self.documents += 1;
        self.labelled += labels.len();
        self.found += plan.deliverables.len();
        for found in &plan.deliverables {
            let Some(label) = labels.get(&found.path) else {
                self.errors.push(format!("{name}:{}: not labelled: {}", found.line(), found.path));
                continue;
            };
            self.right += 1;
            self.right_lines += usize::from(found.line() == label.line);
            let symbols: BTreeSet<String> = found.symbols.iter().cloned().collect();
            self.symbols += label.symbols.len();
            self.symbols_found += symbols.len();
            self.symbols_right += symbols.intersection(&label.symbols).count();
            if symbols != label.symbols {
                self.errors.push(format!(
                    "{name}:{}: symbols of {}: {symbols:?} for {:?}",
                    label.line, found.path, label.symbols
                ));
            }
        }
        let found: BTreeSet<&str> = plan.deliverables.iter().map(|found| found.path.as_str()).collect();
        for (path, label) in labels.iter().filter(|(path, _)| !found.contains(path.as_str())) {
            self.errors.push(format!("{name}:{}: not found: {path}", label.line));
        }
    }

    #[expect(clippy::print_stdout, reason = "the figures are what the test is for")]
    fn print(&self, what: &str) {
        for error in &self.errors {
            println!("  {error}");
        }
        println!(
            "{what}: {} documents, {} deliverables labelled, {} found, {} right: precision {:.4}, recall {:.4}; \
             line of the first promise right for {} of {}; symbols: {} labelled, {} found, {} right",
            self.documents,
            self.labelled,
            self.found,
            self.right,
            self.precision(),
            self.recall(),
            self.right_lines,
            self.right,
            self.symbols,
            self.symbols_found,
            self.symbols_right,
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of files")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn labels(path: &Path) -> BTreeMap<String, Label> {
    let text = fs::read_to_string(path).unwrap();
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("line\tpath\tsymbols"), "{}", path.display());
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let line = cells[0].parse().unwrap();
        let symbols = cells.get(2).copied().unwrap_or_default();
        let symbols = symbols.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (cells[1].trim_end_matches('/').to_owned(), Label { line, symbols })
    })
    .collect()
}

/// The documents of a folder that have labels, sorted.
fn documents(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found: Vec<(PathBuf, PathBuf)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let stem = name.strip_suffix(".md").or_else(|| name.strip_suffix(".txt"))?;
            let stem = stem.strip_suffix(".plan").unwrap_or(stem);
            let beside = path.with_file_name(format!("{stem}.labels.tsv"));
            beside.is_file().then_some((path, beside))
        })
        .collect();
    found.sort();
    found
}

/// The sets of plans, by the first letter of their names; each has another author.
const SETS: [(&str, &[char]); 3] = [("a and b", &['a', 'b']), ("c", &['c']), ("d", &['d'])];

/// Compares the plans of `folder` whose names start with one of `letters`.
fn score_of(folder: &Path, letters: impl Fn(char) -> bool) -> Score {
    let mut score = Score::default();
    for (document, beside) in documents(folder) {
        let name = document.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&letters) {
            score.add(&name, &fs::read_to_string(&document).unwrap(), &labels(&beside));
        }
    }
    score
}

#[test]
fn the_labelled_plans_are_read_as_a_person_reads_them() {
    let folder = baton_judges::synthetic("plans");
    for (what, letters) in SETS {
        let score = score_of(&folder, |letter| letters.contains(&letter));
        assert!(score.documents > 0, "the set {what} is missing");
        score.print(what);
    }
    let mut all = score_of(&folder, |_| true);
    all.errors.clear();
    all.print("all");
    assert!(all.documents >= 90 && all.labelled >= 1000, "{} documents, {}", all.documents, all.labelled);
    assert!(all.precision() >= 0.98, "precision {:.4}", all.precision());
    assert!(all.recall() >= 0.97, "recall {:.4}", all.recall());
}
