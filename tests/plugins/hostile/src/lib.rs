//! A plugin with one forbidden or harmful operation in each action. The tests of the sandbox and of recovery run it.
//!
//! It reports every success: `escape` reports each successful attempt as a critical finding.

mod emit;
mod escape;
mod flood;

use std::thread::sleep;
use std::time::Duration;

use baton_plugin_sdk::{Error, Finding, Outcome, Plugin, Severity, Task, progress};

/// The plugin.
pub struct Hostile;

impl Plugin for Hostile {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "trap" => trap(),
            "spin" => Ok(spin()),
            "doze" => Ok(doze()),
            "eat-memory" => Ok(eat_memory()),
            "chatter" => Ok(chatter()),
            "chatter-trap" => chatter_trap(),
            "big-result" => Ok(result_of(20)),
            "chatter-flood" => Ok(flood::lines()),
            "log-bytes" => Ok(flood::pieces()),
            "call-flood" => Ok(flood::calls()),
            "emit-storm" => Ok(emit::storm()),
            "emit-to-itself" => emit::to_itself(&task),
            "hoard-handles" => flood::handles(&task),
            "fill-disk" => flood::disk(&task),
            "recurse" => Ok(Outcome::new(format!("Came back from {}.", flood::depth(1)))),
            "two-gigabytes" => Ok(Outcome::new("Wrote.").with_artifact("x", "text/plain", vec![7; 2_000_000_000])),
            "open-devices" => escape::open_devices(&task),
            "swap-inner" => escape::swap_inner(&task),
            "read-inner" => escape::read_inner(&task),
            "make-folders" => flood::folders(&task),
            "sparse-size" => flood::sparse_size(&task),
            "sparse-write" => flood::sparse_write(&task),
            "truncate-linked" => escape::truncate_linked(&task),
            "race-linked" => escape::race_linked(&task),
            "open-linked" => escape::open_linked(&task),
            "huge-result" => Ok(result_of(40)),
            "bad-artifact-name" => Ok(Outcome::new("Wrote.").with_artifact("../x", "text/plain", "outside")),
            "hidden-artifact-name" => Ok(Outcome::new("Wrote.").with_artifact("a\u{3164}.md", "text/plain", "hidden")),
            "long-words" => Ok(long_words()),
            "retry" => Err(Error::Retryable("the service is down".to_owned())),
            "ask-human" => ask_human(task.answer),
            "ask-grant" => Err(Error::NeedsGrant("grant the folder `music`".to_owned())),
            "escape" => Ok(escape::try_everything(&task)),
            "open-pipe" => escape::open_pipe(&task),
            "emit" => emit::two(),
            "emit-then-fail" => emit::then_fail(),
            "emit-wrongly" => Ok(emit::wrongly()),
            "slow" | "slow-once" => slow(),
            _ => Err(Error::Permanent("this plugin never does what it is asked".to_owned())),
        }
    }
}

#[expect(clippy::panic, reason = "it is the misdeed")]
fn trap() -> Result<Outcome, Error> {
    panic!("a panic on purpose")
}

fn spin() -> Outcome {
    let mut turns = 0_u64;
    while std::hint::black_box(turns) != u64::MAX {
        turns = turns.wrapping_add(1);
    }
    Outcome::new("Span to the end.")
}

fn doze() -> Outcome {
    sleep(Duration::from_hours(1));
    Outcome::new("Slept well.")
}

fn eat_memory() -> Outcome {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    for _ in 0..1024 {
        eaten.push(std::hint::black_box(vec![1; 1 << 20]));
    }
    Outcome::new(format!("Ate {} MiB.", eaten.len()))
}

#[expect(clippy::print_stdout, reason = "it is the misdeed; standard output is the task's log")]
fn chatter() -> Outcome {
    let line = "x".repeat(999);
    for _ in 0..10_000 {
        println!("{line}");
    }
    Outcome::new("Said a lot.")
}

#[expect(clippy::print_stdout, reason = "it is the misdeed; standard output is the task's log")]
fn chatter_trap() -> Result<Outcome, Error> {
    let rest = "x".repeat(100);
    for number in 0..2_000 {
        println!("line {number} {rest}");
    }
    trap()
}

fn result_of(megabytes: usize) -> Outcome {
    Outcome::new("Wrote a lot.").with_artifact("big.bin", "application/octet-stream", vec![7; megabytes << 20])
}

fn long_words() -> Outcome {
    let words = "words ".repeat(200_000);
    let finding =
        Finding { id: "long".to_owned(), severity: Severity::Info, title: words.clone(), evidence: words.clone() };
    Outcome::new(words.repeat(7)).with_finding(finding)
}

fn ask_human(answer: Option<String>) -> Result<Outcome, Error> {
    match answer {
        Some(answer) => Ok(Outcome::new(format!("Was told: {answer}"))),
        None => Err(Error::NeedsHuman("two plans contradict each other: say which one counts".to_owned())),
    }
}

/// Runs longer than the start of the host and shorter than the time limit.
fn slow() -> Result<Outcome, Error> {
    for step in 0..15_u8 {
        if progress::cancelled() {
            return Err(Error::Retryable("was asked to stop".to_owned()));
        }
        progress::report(Some(step * 7), "still at it");
        sleep(Duration::from_millis(100));
    }
    Ok(Outcome::new("Took its time."))
}

baton_plugin_sdk::plugin!(Hostile, "../manifest.json");
