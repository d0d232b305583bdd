//! How long each step takes on a large tree. Not a test: it fails for nothing and prints figures; run it by name in
//! release: `cargo test --release -p audit --test whole speed -- --ignored --nocapture`.

use std::time::Instant;

use audit::history::{Closing, Comparison};
use audit::index::{Index, Root};
use audit::memory::Memory;
use audit::report::{Assembly, Audited};
use audit::verify::{Enumerations, Facts, Judge, RequestedEntries, unrequested};
use audit::{assertions, discover, reader};
use baton_judges::or_skip;

use crate::sqlite::Sqlite;
use crate::tree;

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    format!("{} {}", line("VmRSS"), line("VmHWM"))
}

#[test]
#[ignore = "prints figures"]
#[expect(clippy::print_stderr, reason = "figures are what it is for")]
fn figures() {
    let number = |name: &str, or: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (plans, files) = (number("PLANS", 1_000), number("FILES", 10_000));
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    tree::make(dir.path(), plans, files).unwrap();
    eprintln!("made {plans} plans and {files} files in {:?}", begun.elapsed());
    std::thread::sleep(std::time::Duration::from_secs(3));
    let database = Sqlite::new();
    for round in ["cold", "unchanged", "unchanged"] {
        let begun = Instant::now();
        let mut last = begun;
        let mut step = |what: &str| {
            eprintln!("{round:>10} {what:<12} {:>9.2?} {}", last.elapsed(), resident());
            last = Instant::now();
        };
        let memory = Memory::open(&database, "root").unwrap();
        step("memory");
        let now_ns = u64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
        let index = Index::build(vec![Root { path: dir.path().join("root"), shown: "root".into() }]);
        step("index");
        let found = discover::all(&[discover::PlansFolder { path: dir.path().join("plans"), shown: "plans".into() }]);
        step("discover");
        let mut facts = Facts::new(Some(&memory), now_ns);
        let mut comparison = Comparison::new(Some(&memory));
        let (mut asked, mut enumerations) = (RequestedEntries::new(&index), Enumerations::default());
        let mut assembly = Assembly::default();
        let mut times = [std::time::Duration::ZERO; 5];
        for file in &found.plans {
            let mut at = Instant::now();
            let mut lap = |nth: usize| {
                times[nth] += at.elapsed();
                at = Instant::now();
            };
            let text = discover::read(file);
            lap(0);
            let plan = reader::plan(&text.text);
            lap(1);
            let before = comparison.before(&file.shown);
            lap(2);
            let judged = Judge::new(&index, &mut facts).plan(&plan, &before);
            lap(3);
            asked.add(&index, &judged);
            enumerations.add(&index, &file.shown, &plan);
            comparison.plan(&file.shown, &plan, &judged, &[], &before);
            lap(4);
            assembly.plan(Audited {
                shown: file.shown.clone(),
                bytes: file.bytes,
                plan,
                tasks: audit::plan::Tasks::default(),
                judged,
            });
        }
        eprintln!("{round:>10} read, extract, before, judge, compare: {times:.2?}");
        step("plans");
        let folders = memory.folders().unwrap();
        let (found, folders) = unrequested(&index, &asked, &enumerations, &folders, now_ns);
        step("unrequested");
        let reads = facts.reads();
        let closing = Closing { at: round, whole: true, head: None, inputs: None };
        let (history, refused) = comparison.finish(&closing, &facts, &folders);
        step("remember");
        eprintln!(
            "{round:>10} ALL {:.2?}: {reads} reads, {} calls, unchanged: {}, refused: {refused:?}, {} unrequested",
            begun.elapsed(),
            database.calls.take(),
            history.unchanged,
            found.plans.len()
        );
    }
}

#[test]
#[ignore = "prints figures"]
#[expect(clippy::print_stderr, reason = "figures are what it is for")]
fn extraction() {
    let folder = or_skip!(crate::support::corpus());
    for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = file.path();
        if path.extension().is_some_and(|ending| ending == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            let bytes = text.len();
            let begun = Instant::now();
            for _ in 0..100 {
                std::hint::black_box(reader::plan(std::hint::black_box(&text)));
            }
            let plan = begun.elapsed() / 100;
            let document = assertions::CheckedDocument { shown: "d".into(), text };
            let begun = Instant::now();
            for _ in 0..100 {
                std::hint::black_box(assertions::read(std::hint::black_box(&document)));
            }
            eprintln!("{}: {bytes} bytes: plan {plan:?}, claims {:?}", path.display(), begun.elapsed() / 100);
        }
    }
}
