//! What goes and what stays; every way of pretending a prune; archives that were tampered with; prunes that were cut off.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::State;
use rusqlite::Connection;

use super::plan::plan;
use super::*;
use crate::database::Reader;
use crate::event::{self, Event};
use crate::finding::{self, Finding};
use crate::outbox::{self, Kind};
use crate::task::{self, New, Origin};
use crate::verify::{self, Found, Head, Report, Wrong};
use crate::{Tx, backup};

/// A ledger in which every task has two events, and a folder for archives.
struct House {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn new(title: &str, kind: &str) -> New {
    New {
        kind: kind.to_owned(),
        handoff_id: Some(title.to_owned()),
        title: title.to_owned(),
        args: "{\"plans\":1}".to_owned(),
        body: "long".to_owned(),
        file: Some(format!("handoffs/a/01_inbox/{title}.json")),
        input: Some(title.to_owned()),
        dedupe_key: Some(title.to_owned()),
        substance: Some(title.to_owned()),
        ..New::blank("a", Origin::Handoff, State::Queued)
    }
}

/// Writes a task down and takes it to `state` a second later.
fn put(tx: &Tx<'_>, new: &New, second: i64, state: State) -> Result<String, LedgerError> {
    let id = task::insert(tx, new, Some(b"bytes"), at(second))?;
    let task = task::get_in(tx, &id)?;
    task::transition(tx, &Event::of(&task, "a", "ended", "well".to_owned(), state, at(second + 1)))?;
    Ok(id)
}

impl House {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        Self { folder, ledger }
    }

    /// Tasks `t0`, `t1`, … that succeeded, ten seconds apart: the events 1 and 2, 3 and 4, …
    fn with_done(tasks: i64) -> Self {
        let house = Self::empty();
        (0..tasks).for_each(|number| drop(house.put(&format!("t{number}"), number * 10, State::Succeeded)));
        house
    }

    fn put(&self, title: &str, second: i64, state: State) -> String {
        let new = new(title, "HANDOFF");
        self.ledger.write_blocking(move |tx| put(tx, &new, second, state)).unwrap()
    }

    fn plan(&self, before: i64) -> Plan {
        plan(&self.reader(), at(before)).unwrap()
    }

    fn prune(&self, before: i64) -> Done {
        prune(&self.ledger, &self.plan(before), &self.target(), at(before)).unwrap()
    }

    fn target(&self) -> Target {
        Target::Folder(self.folder.path().join("archive"))
    }

    fn reader(&self) -> Reader {
        self.ledger.reader().unwrap()
    }

    fn report(&self, head: Option<&str>, archives: &[&Path]) -> Report {
        report(&self.reader(), head, archives)
    }

    fn hashes(&self) -> Vec<String> {
        let mut hashes = Vec::new();
        verify::each::<LedgerError>(&self.reader(), |row| {
            hashes.push(row.hash.clone());
            Ok(())
        })
        .unwrap();
        hashes
    }

    fn count(&self, sql: &str) -> i64 {
        self.reader().connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The report on a copy after `sql` was done to it.
    fn after(&self, sql: &str) -> Report {
        let path = self.folder.path().join("tampered.db");
        drop(fs::remove_file(&path));
        backup::copy(&self.reader(), &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        report(&Reader::open(&path).unwrap(), None, &[])
    }
}

fn report(reader: &Reader, head: Option<&str>, archives: &[&Path]) -> Report {
    let head: Option<Head> = head.map(|head| head.parse().unwrap());
    let archives: Vec<PathBuf> = archives.iter().map(|path| path.to_path_buf()).collect();
    verify::verify_with(reader, head.as_ref(), &archives).unwrap()
}

#[track_caller]
fn breaks(report: &Report, seq: i64, wrong: Wrong) {
    assert_eq!(report.broken.as_ref().map(|broken| (broken.seq, broken.wrong)), Some((seq, wrong)), "{report:?}");
    assert!(!report.is_sound());
}

#[test]
fn what_is_left_is_one_chain_with_its_archive() {
    let house = House::with_done(10);
    let hashes = house.hashes();
    let done = house.prune(50);
    assert_eq!((done.last, done.inputs), (10, 5));
    assert!(done.archive.ends_with("archive/events-1-10.jsonl"), "{done:?}");
    assert_eq!(fs::metadata(&done.archive).unwrap().permissions().mode() & 0o777, 0o600);
    let report = house.report(None, &[]);
    let pruned = report.pruned.clone().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((pruned.last, &pruned.hash, report.tip.events), (10, &hashes[9], 21));
    assert_eq!(pruned.archive.as_deref(), done.archive.to_str());
    let report = house.report(None, &[&done.archive]);
    let archived = report.archived.clone().unwrap();
    assert_eq!((archived.first, archived.last, report.is_sound()), (1, 10, true), "{archived:?}");
    assert_eq!(house.put("later", 100, State::Queued).len(), 16);
    assert_eq!(house.count("SELECT max(seq) - min(seq) + 1 - count(*) FROM events"), 0);
    assert_eq!((house.count("SELECT max(seq) FROM events"), house.report(None, &[]).is_sound()), (23, true));
}

#[test]
fn a_head_of_the_pruned_part_is_found_in_the_archive_alone() {
    let house = House::with_done(10);
    let hashes = house.hashes();
    let done = house.prune(50);
    let found = |head: &str, archives: &[&Path]| house.report(Some(head), archives).found.unwrap();
    for (seq, hash) in (1..).zip(&hashes) {
        let expected = if seq >= 10 { Found::At(seq) } else { Found::Pruned };
        assert_eq!(found(hash, &[]), expected, "the last one that went is remembered");
        assert_eq!(found(hash, &[&done.archive]), Found::At(seq));
    }
    let never = "ab".repeat(32);
    assert_eq!((found(&never, &[]), found(&never, &[&done.archive])), (Found::Pruned, Found::Nowhere));
    assert_eq!(found(event::GENESIS, &[]), Found::At(0));
    assert!(!house.report(Some(&never), &[]).is_sound() && house.report(Some(&never), &[]).is_whole());
}

#[test]
fn nothing_goes_from_the_first_event_on_that_must_stay() {
    for state in [State::Delivered, State::Queued, State::Running, State::NeedsHuman, State::Waiting] {
        let house = House::with_done(3);
        let open = house.put("open", 30, state);
        house.put("done", 40, State::Succeeded);
        let plan = house.plan(1_000);
        let kept = plan.kept.clone().unwrap();
        assert_eq!((plan.last, kept.seq, kept.task, kept.why), (6, 7, open, "is not done yet"), "{state}");
        assert_eq!(house.prune(1_000).last, 6);
        assert!(house.report(None, &[]).is_sound());
    }
}

#[test]
fn a_task_with_an_open_delivery_or_a_younger_event_keeps_all_its_events() {
    let house = House::with_done(4);
    let ids = [house.put("open", 40, State::Succeeded), house.put("young", 50, State::Succeeded)];
    let [open, young] = ids.clone();
    let delivery = house.ledger.write_blocking(move |tx| outbox::add(tx, &open, &delivery(Kind::Return))).unwrap();
    let kept = house.plan(1_000).kept.unwrap();
    assert_eq!((kept.seq, &kept.task, kept.why), (9, &ids[0], "has something that is still to be delivered"));
    house.ledger.write_blocking(move |tx| outbox::done(tx, delivery, "r.json")).unwrap();
    house
        .ledger
        .write_blocking(move |tx| {
            let task = task::get_in(tx, &young)?;
            event::append(tx, &Event::of(&task, "baton", "archived", String::new(), State::Succeeded, at(2_000)))
        })
        .unwrap();
    let kept = house.plan(1_000).kept.unwrap();
    assert_eq!((kept.seq, &kept.task, kept.why), (11, &ids[1], "is not old enough"));
    assert_eq!(house.plan(41).last, 8, "an event of the very moment is not older than it");
}

fn delivery(kind: Kind) -> outbox::New {
    outbox::New {
        kind,
        source: None,
        folder: "handoffs/b/01_inbox".to_owned(),
        name: "r.json".to_owned(),
        hash: Some("hash of r".to_owned()),
        bytes: Some(b"{}".to_vec()),
    }
}

#[test]
fn a_return_that_lies_with_an_external_agent_is_nobodys_obligation() {
    let house = House::empty();
    let answer = new("answer", "RETURN");
    house.ledger.write_blocking(move |tx| put(tx, &answer, 1, State::Delivered)).unwrap();
    assert_eq!(house.prune(10).last, 2);
}

#[test]
fn the_rows_that_capture_asks_stay_and_what_is_large_goes() {
    let house = House::empty();
    let id = house.put("old", 0, State::Succeeded);
    house
        .ledger
        .write_blocking(|tx| {
            // The same bytes as a task that is open, and bytes that only settled tasks have.
            put(tx, &New { input: Some("shared".to_owned()), ..new("other", "HANDOFF") }, 10, State::Succeeded)?;
            put(tx, &New { input: Some("shared".to_owned()), ..new("open", "HANDOFF") }, 20, State::Queued).map(drop)
        })
        .unwrap();
    let task = id.clone();
    house
        .ledger
        .write_blocking(move |tx| {
            let text = |text: &str| text.to_owned();
            let found = Finding { id: text("f"), severity: text("low"), title: text("t"), evidence: text("e") };
            finding::record(tx, &task, &found)?;
            for kind in [Kind::Return, Kind::Artifact, Kind::Archive, Kind::Reason, Kind::Handoff] {
                let id = outbox::add(tx, &task, &delivery(kind))?;
                outbox::done(tx, id, "r.json")?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(house.prune(1_000).inputs, 1);
    let kept = task::find(&house.reader(), &id).unwrap().unwrap();
    assert_eq!((kept.body.as_str(), kept.args.as_str(), kept.title.as_str()), ("", "{}", "old"));
    assert_eq!((kept.state, kept.input.as_deref()), (State::Succeeded, Some("old")));
    let (first, there) = house
        .ledger
        .write_blocking(|tx| {
            Ok((task::with_key(tx, "old", None, None)?, outbox::put_there(tx, "handoffs/b/01_inbox", "hash of r")?))
        })
        .unwrap();
    assert_eq!((first.map(|first| first.id), there), (Some(id.clone()), true));
    assert!(finding::of_task(&house.reader(), &id).unwrap().is_empty());
    assert_eq!(house.count("SELECT count(*) FROM outbox"), 2, "a RETURN and a handoff lie in inboxes");
    assert_eq!(house.count("SELECT count(*) FROM inputs WHERE hash = 'shared'"), 1);
    let open = task::find(&house.reader(), "open").unwrap().unwrap();
    assert_eq!(open.body, "long");
}

#[test]
fn a_second_prune_finds_nothing_and_a_later_one_goes_on() {
    let house = House::with_done(10);
    let first = house.prune(50);
    let plan = house.plan(50);
    assert_eq!((plan.events(), plan.first, plan.last), (0, 11, 10));
    // Everything is old by now, the record of the prune too.
    let second = house.prune(1_000);
    assert_eq!(second.last, 20);
    assert_eq!(house.plan(2_000).events(), 0, "nothing is left but records of prunes");
    let last_of_all = house.report(None, &[&second.archive, &first.archive]);
    assert!(last_of_all.is_sound(), "{last_of_all:?}");
    assert_eq!(last_of_all.archived.map(|archived| (archived.first, archived.last)), Some((1, 20)));
    let alone = house.report(Some(&"ab".repeat(32)), &[&second.archive]);
    assert_eq!(alone.archived.clone().map(|archived| (archived.first, archived.last)), Some((11, 20)));
    assert!(alone.is_whole());
    assert_eq!(alone.found, Some(Found::Pruned), "the first archive was not looked at");
    let gap = house.report(None, &[&first.archive]);
    assert!(gap.archived.unwrap().broken.unwrap().why.contains("the ledger begins later"));
}

#[test]
fn an_archive_between_that_is_missing_is_a_gap() {
    let house = House::with_done(10);
    let [first, _, third] = [20, 50, 80].map(|before| house.prune(before).archive);
    let report = house.report(None, &[&first, &third]);
    let broken = report.archived.as_ref().unwrap().broken.clone().unwrap();
    assert_eq!((broken.file, broken.line), (third, 1));
    assert!(broken.why.contains("in no archive that was given") && !report.is_whole());
}

#[test]
fn a_prune_is_not_to_be_pretended() {
    let house = House::with_done(10);
    let hashes = house.hashes();
    let theft = |seq: usize| {
        let hash = &hashes[seq - 1];
        format!("DELETE FROM events WHERE seq <= {seq}; INSERT INTO pruned VALUES ({seq}, '{hash}', 0)")
    };
    for seq in [1, 6, 19, 20] {
        breaks(&house.after(&theft(seq)), seq.try_into().unwrap(), Wrong::Unrecorded);
    }
    house.prune(50);
    assert!(house.after("").is_sound());
    let hashes = house.hashes();
    // More than the record says; the rows begin at 11.
    for more in [1, 5] {
        let (seq, hash) = (10 + more, &hashes[more - 1]);
        let sql = format!("DELETE FROM events WHERE seq <= {seq}; UPDATE pruned SET seq = {seq}, hash = '{hash}'");
        breaks(&house.after(&sql), seq.try_into().unwrap(), Wrong::Unrecorded);
    }
    breaks(&house.after("DELETE FROM pruned"), 11, Wrong::Missing);
    breaks(&house.after("UPDATE pruned SET hash = 'ab'"), 11, Wrong::Replaced);
    breaks(&house.after("UPDATE pruned SET seq = 9"), 11, Wrong::Order);
    breaks(&house.after("UPDATE pruned SET seq = 12"), 11, Wrong::Order);
    breaks(&house.after("INSERT INTO pruned VALUES (15, 'ab', 0)"), 11, Wrong::Missing);
}

#[test]
fn tampering_on_either_side_of_the_prune_point_is_found() {
    let house = House::with_done(10);
    house.prune(50);
    breaks(&house.after("DELETE FROM events WHERE seq = 11"), 12, Wrong::Missing);
    breaks(&house.after("UPDATE events SET reason = 'x' WHERE seq = 11"), 11, Wrong::Edited);
    breaks(&house.after("UPDATE events SET prev = 'x' WHERE seq = 11"), 11, Wrong::Edited);
    breaks(&house.after("UPDATE events SET reason = 'x' WHERE seq = 20"), 20, Wrong::Edited);
    breaks(&house.after("UPDATE events SET reason = 'x' WHERE task = 'ledger'"), 21, Wrong::Edited);
    breaks(&house.after("DELETE FROM events WHERE task = 'ledger'"), 10, Wrong::Unrecorded);
    breaks(&house.after("DELETE FROM events"), 10, Wrong::Unrecorded);
    let back = "INSERT INTO events SELECT 10, task, at, actor, action, reason, state, input_hash, output_hash,
                plugin_digest, prev, hash FROM events WHERE seq = 12";
    breaks(&house.after(back), 10, Wrong::Order);
}

#[test]
fn an_archive_that_was_tampered_with_is_found_at_its_line() {
    let house = House::with_done(10);
    let whole = fs::read_to_string(house.prune(50).archive).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let check = |lines: &[&str]| {
        let file = house.folder.path().join("tampered.jsonl");
        fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let report = house.report(None, &[&file]);
        let broken = report.archived.as_ref().unwrap().broken.clone();
        assert_eq!(report.is_sound(), broken.is_none());
        broken.map(|broken| (broken.line, broken.why))
    };
    assert_eq!(check(&lines), None);
    let edited = lines[3].replace("well", "badly");
    assert_eq!(check(&[&lines[..3], &[&edited], &lines[4..]].concat()).unwrap().0, 4);
    assert!(check(&[&lines[..3], &lines[4..]].concat()).unwrap().1.contains("a line is missing"));
    assert!(check(&lines[..10]).unwrap().1.contains("was cut"));
    assert!(check(&lines[..4]).unwrap().1.contains("was cut"));
    assert!(check(&[]).unwrap().1.contains("was cut"));
    assert!(check(&lines[1..]).unwrap().1.contains("does not fit"));
    assert_eq!(check(&[&lines[..], &lines[..1]].concat()).unwrap(), (12, "there is more after the last line"));
    assert_eq!(check(&["no json"]).unwrap(), (1, "this line is no event"));
    // Cut at the end and closed with a last line of its own: sound in itself, but it does not reach the ledger.
    let head = house.count("SELECT 0").to_string() + &"0".repeat(63);
    let short = crate::export::end(4, &head).to_string();
    assert!(check(&[&lines[..4], &[&short]].concat()).unwrap().1.contains("does not fit"));
    let hash = match crate::export::parse(lines[3]) {
        Some(crate::export::Line::Event(row)) => row.hash,
        other => panic!("{other:?}"),
    };
    let short = crate::export::end(4, &hash).to_string();
    assert!(check(&[&lines[..4], &[&short]].concat()).unwrap().1.contains("the ledger begins later"));
}

#[test]
fn the_archive_of_another_ledger_does_not_lead_into_this_one() {
    let (house, other) = (House::with_done(10), House::with_done(10));
    house.prune(50);
    let theirs = other.prune(50).archive;
    let broken = house.report(None, &[&theirs]).archived.unwrap().broken.unwrap();
    assert_eq!((broken.line, broken.why.contains("not of one chain")), (10, true), "{broken:?}");
    let unpruned = House::with_done(10);
    assert!(unpruned.report(None, &[&theirs]).archived.unwrap().broken.is_some());
    let missing = verify::verify_with(&house.reader(), None, &[house.folder.path().join("none")]);
    assert!(matches!(missing, Err(LedgerError::Archive { .. })));
}

#[test]
fn a_prune_that_was_cut_off_leaves_a_sound_chain_and_the_next_goes_on() {
    let house = House::with_done(10);
    let plan = house.plan(1_000);
    let written = archive::write(&house.reader(), &plan, &house.target()).unwrap();
    let record = Record {
        first: 1,
        last: 20,
        hash: written.head,
        archive: written.path.display().to_string(),
        digest: written.digest,
    };
    house.ledger.write_blocking(move |tx| record.append(tx, at(500))).unwrap();
    assert!(house.report(None, &[&written.path]).is_sound(), "nothing is gone yet");
    assert!(house.report(None, &[&written.path]).pruned.is_none());
    remove::remove(&house.ledger, &Plan { last: 7, ..plan }, at(500)).unwrap();
    let report = house.report(None, &[&written.path]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.pruned.map(|pruned| pruned.last), Some(7));
    let done = house.prune(1_000);
    assert_eq!(done.last, 20);
    assert!(done.archive.ends_with("events-8-20.jsonl"), "{done:?}");
    let report = house.report(None, &[&done.archive, &written.path]);
    assert!(report.is_sound(), "{report:?}");
    // Sound in itself, and at its end another chain than the archive that holds these events too.
    let other = House::with_done(10);
    let theirs = [40, 1_000].map(|before| other.prune(before).archive)[1].clone();
    let broken = house.report(None, &[&written.path, &theirs]).archived.unwrap().broken.unwrap();
    assert_eq!((&broken.file, broken.why.contains("not the same")), (&theirs, true), "{broken:?}");
}

#[test]
fn a_task_that_is_taken_up_again_meanwhile_keeps_its_events() {
    let house = House::with_done(10);
    let plan = house.plan(1_000);
    let id = task::find(&house.reader(), "t3").unwrap().unwrap().id;
    house
        .ledger
        .write_blocking(move |tx| {
            let task = task::get_in(tx, &id)?;
            task::transition(tx, &Event::of(&task, "operator", "queued", "again".to_owned(), State::Queued, at(900)))
        })
        .unwrap();
    let done = prune(&house.ledger, &plan, &house.target(), at(1_000)).unwrap();
    assert_eq!(done.last, 6);
    let report = house.report(None, &[&done.archive]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(
        event::of_task(&house.reader(), &task::find(&house.reader(), "t3").unwrap().unwrap().id).unwrap().len(),
        3
    );
}

#[test]
fn a_broken_chain_is_not_pruned() {
    let house = House::with_done(3);
    Connection::open(house.folder.path().join("l.db"))
        .unwrap()
        .execute("UPDATE events SET reason = 'x' WHERE seq = 6", [])
        .unwrap();
    assert!(matches!(plan(&house.reader(), at(15)), Err(PruneError::Broken { seq: 6 })));
}

#[test]
fn an_archive_overwrites_nothing_and_without_one_nothing_goes() {
    let house = House::with_done(3);
    let theirs = house.folder.path().join("theirs.jsonl");
    fs::write(&theirs, "precious").unwrap();
    let plan = house.plan(1_000);
    let refused = prune(&house.ledger, &plan, &Target::File(theirs.clone()), at(1_000));
    assert!(matches!(refused, Err(PruneError::Exists { .. })));
    let nowhere = Target::File(house.folder.path().join("missing/a.jsonl"));
    assert!(matches!(prune(&house.ledger, &plan, &nowhere, at(1_000)), Err(PruneError::Write { .. })));
    assert_eq!(
        (fs::read_to_string(&theirs).unwrap().as_str(), house.count("SELECT count(*) FROM events")),
        ("precious", 6)
    );
    let taken = house.folder.path().join("archive/events-1-6.jsonl");
    fs::create_dir(taken.parent().unwrap()).unwrap();
    fs::write(&taken, "precious").unwrap();
    let done = house.prune(1_000);
    assert!(done.archive.ends_with("events-1-6-2.jsonl"), "{done:?}");
    let names: Vec<_> =
        fs::read_dir(taken.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_prune_beside_a_writer_leaves_one_chain() {
    let house = House::with_done(400);
    let (stop, other) = (AtomicBool::new(false), Ledger::open(&house.folder.path().join("l.db"), "test").unwrap());
    let done = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while written < 20 || !stop.load(Ordering::Relaxed) {
                let new = new(&format!("new{written}"), "HANDOFF");
                other.write_blocking(move |tx| put(tx, &new, 1_000_000, State::Queued)).unwrap();
                written += 1;
            }
            written
        });
        let done = house.prune(100_000);
        stop.store(true, Ordering::Relaxed);
        (done, writer.join().unwrap())
    });
    assert_eq!(done.0.last, 800);
    let report = house.report(None, &[&done.0.archive]);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.tip.events, 801 + 2 * u64::try_from(done.1).unwrap());
}

#[test]
fn a_ledger_of_the_first_form_was_never_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(include_str!("../../migrations/0001.sql")).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    assert!(report(&Reader::open(&path).unwrap(), None, &[]).is_sound());
}
