//! Kills the daemon at random times and failpoints under load: `cargo xtask soak`, and a short form in every test run.
//!
//! Each round starts a daemon, drops a random mix of work and kills the daemon. After some rounds all work is finished and checked.
//! The work follows from the seed, but the daemon's timing does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use baton_tests::{Counts, Expectations, Workspace, answer, handoff, text};
use serde_json::{Value, json};

use crate::failpoints::{POINTS, armed};

/// The number of rounds between two checks.
const JUDGED_EVERY: usize = 20;

#[test]
fn nothing_is_lost_or_done_twice_when_the_daemon_is_killed_at_random() {
    Soak::new(1).run(25);
}

/// `cargo xtask soak`: `BATON_SOAK_ROUNDS` is the number of rounds, `BATON_SOAK_SEED` the seed.
#[test]
#[ignore = "takes many minutes; `cargo xtask soak` runs it"]
fn soak() {
    let number = |name: &str, or: u64| std::env::var(name).ok().map_or(or, |text| text.parse().unwrap());
    let rounds = usize::try_from(number("BATON_SOAK_ROUNDS", 500)).unwrap();
    Soak::new(number("BATON_SOAK_SEED", 1)).run(rounds);
}

/// A running soak test.
struct Soak {
    workspace: Workspace,
    book: Expectations,
    seed: u64,
    random: Random,
    /// The number of handoffs so far.
    made: usize,
    dropped: BTreeMap<&'static str, usize>,
    /// Requests to plugins that may be dropped again unchanged.
    repeatable: Vec<(String, Vec<u8>)>,
    /// Unanswered requests to `Codex-MM1`, as id and bytes. `answerable` has the ids of those that were certainly delivered.
    open_requests: Vec<(String, Vec<u8>)>,
    answerable: BTreeSet<String>,
    kills: usize,
    killed_at: BTreeMap<&'static str, usize>,
}

impl Soak {
    fn new(seed: u64) -> Self {
        Self {
            workspace: Workspace::with_noop(),
            book: Expectations::default(),
            seed,
            random: Random(seed),
            made: 0,
            dropped: BTreeMap::new(),
            repeatable: Vec::new(),
            open_requests: Vec::new(),
            answerable: BTreeSet::new(),
            kills: 0,
            killed_at: BTreeMap::new(),
        }
    }

    #[expect(clippy::print_stdout, reason = "the counts are what a soak is run for")]
    fn run(mut self, rounds: usize) {
        let begun = Instant::now();
        for round in 1..=rounds {
            self.round();
            if round % JUDGED_EVERY == 0 || round == rounds {
                let counts = self.verdict(round);
                self.say(round, &counts, begun.elapsed());
            }
        }
        println!("dropped: {:?}", self.dropped);
        println!("killed at points: {:?}", self.killed_at);
        assert_eq!(self.kills, rounds);
    }

    /// Starts a daemon, drops some work and kills the daemon.
    fn round(&mut self) {
        for _ in 0..self.random.below(3) {
            self.drop_something();
        }
        let at_point = self.random.below(3) == 0;
        let point = POINTS[self.random.below(POINTS.len())];
        let hit = u32::try_from(self.random.below(5)).unwrap() + 1;
        let mut daemon = self.workspace.up_armed(&if at_point { armed(point, hit) } else { String::new() });
        if self.random.below(2) == 0 {
            let begun = Instant::now();
            while !daemon.log().contains("serving") && begun.elapsed() < Duration::from_secs(20) && daemon.runs() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        for _ in 0..self.random.below(5) {
            self.drop_something();
        }
        let pause = Duration::from_millis(5 + self.random.below(396) as u64);
        match daemon.died(pause) {
            Some(killed) => {
                assert!(killed && at_point, "seed {}: the daemon ended without the kill\n{}", self.seed, daemon.log());
                *self.killed_at.entry(point).or_default() += 1;
            }
            None => daemon.kill(),
        }
        self.kills += 1;
    }

    fn verdict(&mut self, round: usize) -> Counts {
        self.workspace.settle("");
        self.answerable = self.open_requests.iter().map(|(id, _)| id.clone()).collect();
        self.book.judge(&self.workspace, &format!("seed {}, round {round}", self.seed))
    }

    #[expect(clippy::print_stdout, reason = "the counts are what a soak is run for")]
    fn say(&self, round: usize, counts: &Counts, time: Duration) {
        let mut line = format!("round {round} (seed {}, {} s): {} kills", self.seed, time.as_secs(), self.kills);
        let at_points: usize = self.killed_at.values().sum();
        let Counts { tasks, files, returns, duplicates } = counts;
        write!(
            line,
            " ({at_points} at points), {tasks} tasks, {files} files, {returns} RETURNs, {duplicates} duplicates"
        )
        .unwrap();
        println!("{line}: all as it must be");
    }

    fn drop_something(&mut self) {
        let what = match self.random.below(16) {
            0..=4 => self.request(),
            5 | 6 => self.through_the_drop_box(),
            7 => self.broadcast(),
            8 | 9 => self.for_an_external_agent(),
            10 | 11 => self.return_of_an_external_agent(),
            12 | 13 => self.garbage(),
            14 => self.duplicate(),
            _ => self.edit(),
        };
        *self.dropped.entry(what).or_default() += 1;
    }

    /// A new handoff with its id.
    fn handoff(&mut self, to: &str) -> (String, Value) {
        self.made += 1;
        let value = handoff(to, &format!("Job {}", self.made));
        (value["handoff_id"].as_str().unwrap().to_owned(), value)
    }

    fn request(&mut self) -> &'static str {
        let (id, value) = self.handoff("noop");
        let bytes = text(&value);
        self.workspace.drop_file("noop", &format!("{id}.json"), &bytes);
        self.book.file(&bytes, 1);
        self.book.asks("Claude-MM1", &id, 1);
        self.repeatable.push((id, bytes));
        "requests"
    }

    fn through_the_drop_box(&mut self) -> &'static str {
        let (to, returns) = if self.random.below(2) == 0 { ("noop", 1) } else { ("Cursor-MM1", 0) };
        let (id, value) = self.handoff(to);
        self.drop_central(&id, &value);
        self.book.file(&text(&value), 1);
        self.book.asks("Claude-MM1", &id, returns);
        "drop box"
    }

    fn broadcast(&mut self) -> &'static str {
        let (id, mut value) = self.handoff("all");
        value["action"] = json!("noop");
        self.drop_central(&id, &value);
        self.book.file(&text(&value), 4);
        self.book.asks("Claude-MM1", &id, 1);
        "broadcasts"
    }

    fn drop_central(&self, id: &str, value: &Value) {
        // `handoffs/` has a folder `01_inbox` too: the drop box.
        self.workspace.drop_file(".", &format!("{id}.json"), text(value));
    }

    fn for_an_external_agent(&mut self) -> &'static str {
        let (id, value) = self.handoff("Codex-MM1");
        let bytes = text(&value);
        self.workspace.drop_file("Codex-MM1", &format!("{id}.json"), &bytes);
        self.book.file(&bytes, 1);
        self.open_requests.push((id, bytes));
        "external"
    }

    /// Answers a request that certainly was delivered.
    fn return_of_an_external_agent(&mut self) -> &'static str {
        let Some(place) = self.open_requests.iter().position(|(id, _)| self.answerable.contains(id)) else {
            return self.for_an_external_agent();
        };
        let (id, _) = self.open_requests.remove(place);
        let bytes = text(&answer("Codex-MM1", &id));
        self.workspace.drop_file("Claude-MM1", &format!("answer-{id}.json"), &bytes);
        self.book.file(&bytes, 1);
        self.book.asks("Claude-MM1", &id, 1);
        "RETURNs of external agents"
    }

    fn garbage(&mut self) -> &'static str {
        self.made += 1;
        let bytes = format!("no handoff {}", self.made);
        let to = if self.random.below(2) == 0 { "noop" } else { "." };
        self.workspace.drop_file(to, &format!("garbage-{}.json", self.made), &bytes);
        self.book.file(bytes.as_bytes(), 1);
        "garbage"
    }

    /// Drops the same file again under another name; it must be archived and not done again.
    fn duplicate(&mut self) -> &'static str {
        if self.repeatable.is_empty() {
            return self.request();
        }
        self.made += 1;
        let (id, bytes) = self.repeatable[self.random.below(self.repeatable.len())].clone();
        self.workspace.drop_file("noop", &format!("{id}-again-{}.json", self.made), &bytes);
        self.book.file(&bytes, 1);
        "duplicates"
    }

    /// Overwrites a request in the inbox of its agent.
    fn edit(&mut self) -> &'static str {
        if self.open_requests.is_empty() {
            return self.for_an_external_agent();
        }
        self.made += 1;
        let place = self.random.below(self.open_requests.len());
        let (id, bytes) = &mut self.open_requests[place];
        let mut value: Value = serde_json::from_slice(bytes).unwrap();
        value["description"] = json!(format!("edit {}", self.made));
        self.book.gone(bytes);
        // The request is not answered before the next check. If an answer ended it before the edit is noticed, the operator
        // would have to decide about the edit.
        self.answerable.remove(id);
        *bytes = text(&value);
        self.book.file(bytes, 1);
        self.workspace.drop_file("Codex-MM1", &format!("{id}.json"), bytes);
        "edits"
    }
}

/// Pseudorandom numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}
