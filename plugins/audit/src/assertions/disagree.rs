//! The same quantity with different numbers, and the same file in different spellings, over all documents of a run.
//!
//! Names are the same when their words are; a shorter name is the same as the only longer one that ends in the same word
//! and holds all of it, but only where the numbers lie close, as two counts of one thing do. Numbers of one section are
//! never compared, nor those of one document's code blocks and dates, and within one document only close ones are: it knows
//! there why it says two.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Assertion, AssertionKind, CheckedDocument, Kind, Outcome, Quantity, Value};
use super::lookup::Lookup;
use super::number::grouped;
use super::rows::JudgedAssertion;

/// A quantity with the place where it stands.
#[derive(Clone, Copy)]
struct Said<'a> {
    document: usize,
    shown: &'a str,
    claim: &'a Assertion,
    quantity: &'a Quantity,
}

/// Names with one last word that are compared with each other.
const NAMES: usize = 64;

pub(super) fn quantities(documents: &[(CheckedDocument, Vec<Assertion>)], rows: &mut Vec<JudgedAssertion>) {
    let mut numbers: BTreeMap<String, BTreeMap<Vec<String>, Vec<Said<'_>>>> = BTreeMap::new();
    let mut ids = numbers.clone();
    let mut sets: BTreeMap<(String, String), Vec<Said<'_>>> = BTreeMap::new();
    for said in said(documents) {
        let Some(head) = said.quantity.key.last() else { continue };
        let names = match (&said.quantity.value, said.quantity.topic.as_slice()) {
            (Value::Id(_), _) => &mut ids,
            (Value::Number(_), []) => &mut numbers,
            (Value::Number(_), [topic, ..]) => {
                sets.entry((topic.clone(), head.clone())).or_default().push(said);
                continue;
            }
        };
        names.entry(head.clone()).or_default().entry(said.quantity.key.clone()).or_default().push(said);
    }
    for names in numbers.into_values() {
        for mut group in merged(names, near) {
            judge(&mut group, rows);
        }
    }
    for names in ids.into_values() {
        for mut group in merged(names, |_, _| true) {
            judge(&mut group, rows);
        }
    }
    for mut group in sets.into_values() {
        judge(&mut group, rows);
    }
}

fn said(documents: &[(CheckedDocument, Vec<Assertion>)]) -> impl Iterator<Item = Said<'_>> {
    documents.iter().enumerate().flat_map(|(document, (source, claims))| {
        claims.iter().filter_map(move |claim| match &claim.says {
            AssertionKind::Quantity(quantity) => Some(Said { document, shown: &source.shown, claim, quantity }),
            _ => None,
        })
    })
}

/// Groups of names that mean the same.
fn merged<'a>(names: BTreeMap<Vec<String>, Vec<Said<'a>>>, fits: fn(&Value, &Value) -> bool) -> Vec<Vec<Said<'a>>> {
    let mut groups: BTreeMap<Vec<String>, Vec<Said<'a>>> = BTreeMap::new();
    let keys: Vec<Vec<String>> = names.keys().take(NAMES).cloned().collect();
    for (key, said) in names {
        let longer: Vec<&Vec<String>> = keys
            .iter()
            .filter(|other| other.len() > key.len() && key.iter().all(|word| other.contains(word)))
            .collect();
        let into = match longer.as_slice() {
            [only] => (*only).clone(),
            _ => key,
        };
        groups.entry(into).or_default().extend(said);
    }
    groups.into_iter().map(|(key, said)| close(&key, said, fits)).collect()
}

/// Of what goes by another name or by one word alone, only what lies close to the rest.
fn close<'a>(key: &[String], said: Vec<Said<'a>>, fits: fn(&Value, &Value) -> bool) -> Vec<Said<'a>> {
    let own = |said: &Said<'_>| said.quantity.key == key && key.len() > 1;
    let anchor = said.iter().find(|said| own(said)).or(said.first()).copied();
    let Some(anchor) = anchor else { return said };
    said.into_iter().filter(|said| own(said) || fits(&said.quantity.value, &anchor.quantity.value)).collect()
}

/// Whether two numbers are so close that they may be two counts of the same.
fn near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            (*one).min(*other) >= 20 && one.abs_diff(*other).saturating_mul(20) <= (*one).max(*other)
        }
        _ => one == other,
    }
}

/// Whether one document can hardly mean two things by two values; ids never are two by nature.
fn close_enough(one: &Value, other: &Value) -> bool {
    matches!((one, other), (Value::Id(_), Value::Id(_))) || near(one, other)
}

fn judge(group: &mut [Said<'_>], rows: &mut Vec<JudgedAssertion>) {
    group.sort_by_key(|said| (said.document, said.claim.line));
    let places: BTreeSet<(usize, usize)> = group.iter().map(|said| (said.document, said.quantity.section)).collect();
    let values: BTreeSet<&Value> = group.iter().map(|said| &said.quantity.value).collect();
    let documents: BTreeSet<usize> = group.iter().map(|said| said.document).collect();
    let differ = values.len() > 1;
    let eras: BTreeSet<&String> = group.iter().filter_map(|said| said.quantity.era.as_ref()).collect();
    let one = documents.len() < 2;
    let history = one && (eras.len() > 1 || group.iter().all(|said| said.quantity.shown));
    let cases = one && differ && !values.iter().zip(values.iter().skip(1)).all(|(one, other)| close_enough(one, other));
    if places.len() < 2 || (!differ && one) || history || cases {
        return;
    }
    let mut seen: BTreeSet<(usize, &Value)> = BTreeSet::new();
    let firsts: Vec<&Said<'_>> =
        group.iter().filter(|said| seen.insert((said.document, &said.quantity.value))).collect();
    let Some(first) = firsts.first() else { return };
    let evidence: Vec<String> = firsts
        .iter()
        .take(8)
        .map(|said| format!("{}:{} says {}", said.shown, said.claim.place(), shown(&said.quantity.value)))
        .collect();
    let outcome = Outcome::of(!differ, evidence.join(", "));
    let name = group
        .iter()
        .map(|said| &said.quantity.key)
        .max_by_key(|key| key.len())
        .map_or(String::new(), |key| key.join(" "));
    rows.push(JudgedAssertion {
        document: first.document,
        line: first.claim.line,
        field: first.claim.field.clone(),
        kind: Kind::Quantity,
        subject: name,
        words: first.claim.words.clone(),
        outcome,
    });
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => grouped((*number).into()),
        Value::Id(id) => id.clone(),
    }
}

/// Endings that one and the same file goes by in different hands.
const FAMILIES: &[&[&str]] =
    &[&["js", "gs"], &["yml", "yaml"], &["htm", "html"], &["jpg", "jpeg"], &["md", "markdown"]];

/// A file's name with the place where it stands.
#[derive(Clone, Copy)]
struct Spelled<'a> {
    document: usize,
    shown: &'a str,
    claim: &'a Assertion,
    folder: &'a str,
    name: &'a str,
    path: &'a str,
}

/// Whether two names differ in more than the capital that opens a sentence.
fn differ(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.chars(), other.chars());
    let first = one.next().map(char::to_lowercase).into_iter().flatten();
    !first.eq(other.next().map(char::to_lowercase).into_iter().flatten()) || one.as_str() != other.as_str()
}

/// Every file that is spelled in two ways.
pub(super) fn names(
    documents: &[(CheckedDocument, Vec<Assertion>)],
    lookup: &Lookup<'_>,
    rows: &mut Vec<JudgedAssertion>,
) {
    let mut groups: BTreeMap<(String, String), Vec<Spelled<'_>>> = BTreeMap::new();
    for (document, (source, claims)) in documents.iter().enumerate() {
        for claim in claims {
            let AssertionKind::Name(path) = &claim.says else { continue };
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
            let ending = ending.to_lowercase();
            let family =
                FAMILIES.iter().find(|family| family.contains(&ending.as_str())).and_then(|family| family.first());
            let key = (stem.to_lowercase(), family.map_or(ending.clone(), |first| (*first).to_owned()));
            let group = groups.entry(key).or_default();
            if group.len() < NAMES {
                group.push(Spelled { document, shown: &source.shown, claim, folder, name, path });
            }
        }
    }
    for group in groups.into_values() {
        let same_place = |one: &Spelled<'_>, other: &Spelled<'_>| {
            one.folder.is_empty()
                || other.folder.is_empty()
                || one.folder.trim_start_matches('/') == other.folder.trim_start_matches('/')
        };
        let pair = group.iter().enumerate().find_map(|(at, one)| {
            let other = group.iter().skip(at + 1).find(|other| {
                other.document != one.document && differ(one.name, other.name) && same_place(one, other)
            })?;
            Some((one, other))
        });
        let Some((one, other)) = pair else { continue };
        if lookup.has(one.path) && lookup.has(other.path) {
            continue;
        }
        let evidence = format!(
            "{}:{} writes {}, {}:{} writes {}",
            one.shown,
            one.claim.place(),
            one.path,
            other.shown,
            other.claim.place(),
            other.path
        );
        rows.push(JudgedAssertion {
            document: other.document,
            line: other.claim.line,
            field: other.claim.field.clone(),
            kind: Kind::Name,
            subject: other.path.to_owned(),
            words: format!("{} and {}", one.name, other.name),
            outcome: Outcome::of(false, evidence),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::Verdict;
    use super::super::document::read;
    use super::*;
    use crate::index::{Index, Root};

    fn rows(texts: &[&str]) -> Vec<(Kind, Verdict, String)> {
        let documents: Vec<(CheckedDocument, Vec<Assertion>)> = texts
            .iter()
            .zip(["a", "b", "c"])
            .map(|(text, shown)| {
                let document = CheckedDocument { shown: shown.to_owned(), text: (*text).to_owned() };
                let claims = read(&document);
                (document, claims)
            })
            .collect();
        let mut judged = Vec::new();
        quantities(&documents, &mut judged);
        let index = Index::build(Vec::new());
        names(&documents, &Lookup::new(&index), &mut judged);
        judged.into_iter().map(|row| (row.kind, row.outcome.verdict, row.outcome.evidence)).collect()
    }

    #[test]
    fn one_quantity_with_two_numbers_is_found() {
        let seen = rows(&["Shelf books: 1,200", "| Dataset | Count |\n|-|-|\n| Shelf Books | 1,203 |\n"]);
        assert_eq!(seen, [(Kind::Quantity, Verdict::False, "a:1 says 1,200, b:3 says 1,203".to_owned())]);
        assert_eq!(rows(&["Shelf books: 7", "Shelf books: 7"])[0].1, Verdict::True);
    }

    #[test]
    fn a_short_name_is_a_longer_one_only_where_the_numbers_are_close() {
        assert_eq!(rows(&["Books: 120", "Shelf books: 121"]).len(), 1);
        assert_eq!(rows(&["Books: 120", "Shelf books: 500"]), []);
        assert_eq!(rows(&["Books: 120", "Shelf books: 121\n\nTable books: 119"]), []);
        assert_eq!(rows(&["Books: 120", "Books: 900"]), []);
    }

    #[test]
    fn numbers_of_one_section_are_not_compared() {
        assert_eq!(rows(&["Shelf books: 7\n\nShelf books: 8"]), []);
        assert_eq!(rows(&["Shelf books: 113\n\n# Later\n\nShelf books: 114"]).len(), 1);
        assert_eq!(rows(&["Shelf books: 0\n\n# Later\n\nShelf books: 114"]), []);
        assert_eq!(rows(&["# 2024-01-02\n\nShelf books: 113\n\n# 2024-02-03\n\nShelf books: 114"]), []);
        assert_eq!(rows(&["```\nShelf books: 113\n```\n\n# Later\n\n```\nShelf books: 114\n```"]), []);
    }

    #[test]
    fn ids_and_sets_of_tests_are_compared() {
        let table = |name: &str, id: &str| format!("| Database | ID |\n|-|-|\n| {name} | {id} |\n");
        assert_eq!(rows(&[&table("Shelves", "0a1b2c3d"), &table("Town Shelves", "0a1b-2c3e")])[0].1, Verdict::False);
        assert_eq!(rows(&[&table("Shelves", "0a1b2c3d"), &table("Town Shelves", "0a1b-2c3d")])[0].1, Verdict::True);
        let tests = rows(&[
            "## BookShelf\n- All 5 tests pass",
            "## Plan of BookShelf\n| Part | Expected |\n|-|-|\n| Tests | 4 test scenarios, helpers |\n",
        ]);
        assert_eq!(tests, [(Kind::Quantity, Verdict::False, "a:2 says 5, b:4 says 4".to_owned())]);
    }

    #[test]
    fn a_file_in_two_spellings_is_found() {
        let seen = rows(&["Mended `gas/Code.js`", "See `CODE.gs` for it"]);
        assert_eq!(seen, [(Kind::Name, Verdict::False, "a:1 writes gas/Code.js, b:1 writes CODE.gs".to_owned())]);
        for other in ["See `other/CODE.gs`", "See `Code.json`", "See `Code.js`", "See `code-2.js`"] {
            assert_eq!(rows(&["Mended `gas/Code.js`", other]), [], "{other}");
        }
    }

    #[test]
    fn two_files_that_are_both_there_are_two_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.js"), "x").unwrap();
        std::fs::write(dir.path().join("a.gs"), "x").unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        let documents = ["`a.js`", "`a.gs`"].map(|text| {
            let document = CheckedDocument { shown: "d".into(), text: text.into() };
            let claims = read(&document);
            (document, claims)
        });
        let mut judged = Vec::new();
        names(&documents, &Lookup::new(&index), &mut judged);
        assert_eq!(judged.len(), 0);
        names(&documents, &Lookup::new(&Index::build(Vec::new())), &mut judged);
        assert_eq!(judged.len(), 1);
    }
}
