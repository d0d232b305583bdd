//! Protects the contract with plugins from accidental changes: compares `wit/` with the recorded contract in `tests/wit/VERSION.txt`, by
//! the rules of `wit/README.md`.
//!
//! While a version is open, a change needs a new line in its table in `wit/README.md`; then `BATON_UPDATE_WIT=1 cargo test -p baton-tests
//! --test e2e wit_versions` records it. When a version is frozen, only comments may change.

mod contract;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use baton_tests::repository;

use self::contract::{Contract, Difference};

/// The content of `tests/wit/VERSION.txt`.
struct RecordedContract {
    /// The number of lines in the table of changes at that time.
    changes: usize,
    contract: Contract,
}

/// The file of a version.
fn place(version: &str) -> PathBuf {
    repository().join("tests/wit").join(format!("{version}.txt"))
}

impl RecordedContract {
    fn read(version: &str) -> Option<Self> {
        let text = fs::read_to_string(place(version)).ok()?;
        let (head, body) = text.split_once("\n\n").expect("a head, an empty line, the contract");
        let changes = head.lines().find_map(|line| line.strip_prefix("changes: ")).expect("a line `changes: NUMBER`");
        Some(Self { changes: changes.parse().unwrap(), contract: Contract::from_lines(version, body) })
    }

    fn write(&self) {
        let version = &self.contract.version;
        let head = format!("baton:plugin@{version}, written by tests/e2e/wit_versions\nchanges: {}", self.changes);
        fs::create_dir_all(repository().join("tests/wit")).unwrap();
        fs::write(place(version), format!("{head}\n\n{}", self.contract.to_lines())).unwrap();
    }
}

/// The status of a version in `wit/README.md`.
struct VersionStatus {
    open: bool,
    /// The number of lines in the table of its changes.
    changes: usize,
}

fn status_of(version: &str) -> VersionStatus {
    let text = fs::read_to_string(repository().join("wit/README.md")).unwrap();
    let open = text.contains(&format!("**Now: {version}, open.**"));
    let frozen = text.contains(&format!("**Now: {version}, frozen.**"));
    assert!(open != frozen, "wit/README.md must say either `**Now: {version}, open.**` or `…, frozen.**`");
    let table = text.split(&format!("## Changes to {version} while it is open")).nth(1).unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or_default();
    // Without the table's header and the line below it.
    let changes = table.lines().filter(|line| line.starts_with('|')).count().saturating_sub(2);
    VersionStatus { open, changes }
}

/// Checks `now` against the recorded contract of the same version and the version's status in the README.
fn judge(recorded: &RecordedContract, now: &Contract, status: &VersionStatus) -> Result<(), String> {
    let differences = recorded.contract.differences(now);
    let list = || differences.iter().map(|difference| format!("\n  {difference}")).collect::<String>();
    let breaking = differences.iter().any(Difference::is_breaking);
    match (differences.is_empty(), status.open) {
        (true, _) if status.changes < recorded.changes => {
            Err("lines were taken out of the table of changes in wit/README.md: put them back".to_owned())
        }
        (true, _) => Ok(()),
        (false, true) if status.changes <= recorded.changes => Err(format!(
            "wit/ has changed and the table in wit/README.md has not: add a line there, then write the contract down \
             with BATON_UPDATE_WIT=1{}",
            list()
        )),
        (false, true) => Err(format!("wit/ has changed: write it down with BATON_UPDATE_WIT=1{}", list())),
        (false, false) => Err(format!(
            "{} is frozen: this needs {} (wit/README.md){}",
            now.version,
            if breaking { "the next version in the middle, 0.N.0" } else { "the next version at the end, 0.x.N" },
            list()
        )),
    }
}

#[test]
fn the_contract_is_the_recorded_one() {
    let now = Contract::of_folder(&repository().join("wit"));
    let status = status_of(&now.version);
    let recorded = RecordedContract::read(&now.version);
    if std::env::var_os("BATON_UPDATE_WIT").is_some() && status.open {
        let before = recorded.as_ref().map_or(0, |recorded| recorded.changes);
        let same = recorded.as_ref().is_some_and(|recorded| recorded.contract.differences(&now).is_empty());
        assert!(same || status.changes > before, "add a line to the table of changes in wit/README.md first");
        return RecordedContract { changes: status.changes, contract: now }.write();
    }
    let recorded =
        recorded.unwrap_or_else(|| panic!("{} is missing: BATON_UPDATE_WIT=1", place(&now.version).display()));
    if let Err(wrong) = judge(&recorded, &now, &status) {
        panic!("{wrong}");
    }
}

/// A version must be compatible with older versions that have the same major and minor number. 0.1.3 must have every item of
/// 0.1.0 to 0.1.2, but 0.2.0 need not.
#[test]
fn no_version_breaks_a_compatible_older_one() {
    let now = Contract::of_folder(&repository().join("wit"));
    let series = |version: &str| version.rsplit_once('.').map(|(series, _)| series.to_owned());
    for entry in fs::read_dir(repository().join("tests/wit")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let version = name.strip_suffix(".txt").unwrap();
        if version != now.version && series(version) == series(&now.version) {
            let old = RecordedContract::read(version).unwrap().contract;
            let broken: Vec<_> = old.differences(&now).into_iter().filter(Difference::is_breaking).collect();
            assert!(broken.is_empty(), "{} breaks {version}: {broken:#?}", now.version);
        }
    }
}

const BEFORE: &str = "
    package baton:plugin@0.1.0;
    interface types {
      record task { id: string, tags: list<string> }
      variant error { later(string), never }
      enum level { low, high }
    }
    interface log { use types.{level}; say: func(level: level, text: string); }
    interface handler { use types.{task, error}; run: func(task: task) -> result<_, error>; }
    world plugin { import log; export handler; }";

/// Each row: the replaced text, its replacement, and whether it breaks plugins that were built before (`None`: no difference).
const CHANGES: [(&str, &str, Option<bool>); 14] = [
    ("interface log {", "/// Says things.\n interface log {", None),
    ("{ low, high }", "{\n      low,\n      high,\n    }", None),
    ("say: func", "flush: func(); say: func", Some(false)),
    ("world plugin {", "interface extra { more: func(); } world plugin { import extra;", Some(false)),
    ("interface log {", "interface log { record line { text: string } ", Some(false)),
    ("id: string,", "id: string, size: u64,", Some(true)),
    ("later(string),", "later(string), soon,", Some(true)),
    ("{ low, high }", "{ low, high, highest }", Some(true)),
    ("{ low, high }", "{ high, low }", Some(true)),
    ("text: string);", "text: list<u8>);", Some(true)),
    ("text: string);", "words: string);", Some(true)),
    ("say: func", "tell: func", Some(true)),
    ("run: func", "stop: func(); run: func", Some(true)),
    ("world plugin {", "interface extra { more: func(); } world plugin { export extra;", Some(true)),
];

#[test]
fn each_row_of_the_rules_is_distinguished() {
    let before = Contract::of_text(BEFORE);
    for (old, new, breaks) in CHANGES {
        assert!(BEFORE.contains(old), "{old}");
        let after = Contract::of_text(&BEFORE.replacen(old, new, 1));
        let differences = before.differences(&after);
        let found = (!differences.is_empty()).then(|| differences.iter().any(Difference::is_breaking));
        assert_eq!(found, breaks, "{old} → {new}: {differences:#?}");
    }
}

#[test]
fn a_recorded_contract_is_parsed_again() {
    let contract = Contract::of_text(BEFORE);
    let read = Contract::from_lines("0.1.0", &contract.to_lines());
    assert!(contract.differences(&read).is_empty() && read.differences(&contract).is_empty());
    assert!(contract.to_lines().contains("types.task: record { id: string, tags: list<string> }"));
}

#[test]
fn a_frozen_version_refuses_every_change_and_an_open_one_unlisted_changes() {
    let (before, open) = (|changes| RecordedContract { changes, contract: Contract::of_text(BEFORE) }, true);
    let added = Contract::of_text(&BEFORE.replacen("say: func", "flush: func(); say: func", 1));
    let broken = Contract::of_text(&BEFORE.replacen("id: string,", "", 1));
    let same = Contract::of_text(BEFORE);
    for (now, said, wrong) in [
        (&same, VersionStatus { open, changes: 2 }, None),
        (&same, VersionStatus { open: false, changes: 2 }, None),
        (&same, VersionStatus { open, changes: 1 }, Some("put them back")),
        (&added, VersionStatus { open, changes: 2 }, Some("add a line")),
        (&added, VersionStatus { open, changes: 3 }, Some("write it down")),
        (&added, VersionStatus { open: false, changes: 3 }, Some("0.x.N")),
        (&broken, VersionStatus { open: false, changes: 3 }, Some("0.N.0")),
    ] {
        match (judge(&before(2), now, &said), wrong) {
            (Ok(()), None) => {}
            (Err(told), Some(words)) => assert!(told.contains(words), "`{words}` in: {told}"),
            (told, wrong) => panic!("{told:?} instead of {wrong:?}"),
        }
    }
}

/// The contract has the items that plugins need; a failure lists the names.
#[test]
fn the_contract_has_the_items_that_plugins_need() {
    let now = Contract::of_folder(&repository().join("wit"));
    let items: BTreeMap<_, _> = now.items.iter().collect();
    for part in ["types.task", "handler.run", "world plugin import progress", "world plugin export handler"] {
        assert!(items.keys().any(|item| item.as_str() == part), "{part}");
    }
}
