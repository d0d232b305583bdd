//! The results of the library functions.

use baton_plugin_sdk::fingerprint::{self, Query};
use baton_plugin_sdk::{Error, Outcome, Task};

use super::args::times;

pub(super) fn tell() -> Result<Outcome, Error> {
    let coverage = fingerprint::coverage()?;
    let twice = fingerprint::duplicates(10)?;
    let reasons: String =
        coverage.reasons.iter().map(|lack| format!("{} {} {}\n", lack.state, lack.reason, lack.items)).collect();
    let mut groups = String::new();
    for group in &twice.groups {
        groups.push_str(&format!("keep {}\n", group.best.path));
        for other in &group.others {
            groups.push_str(&format!("  {} {} {}\n", other.item.path, other.score, other.reasons.join("; ")));
        }
    }
    let summary = format!(
        "{} of {} fingerprinted, {} needed for {} %; {} groups, {} superfluous with {} bytes",
        coverage.fingerprinted,
        coverage.items,
        coverage.needed,
        coverage.gate_percent,
        twice.count,
        twice.superfluous,
        twice.superfluous_bytes
    );
    Ok(Outcome::new(summary).with_artifact("reasons.txt", "text/plain", reasons).with_artifact(
        "groups.txt",
        "text/plain",
        groups,
    ))
}

pub(super) fn ask(task: &Task) -> Outcome {
    let words =
        (0..times(task, "words")).map(|word| u32::try_from(word).unwrap_or(0).wrapping_mul(0x9e37_79b1)).collect();
    let one = Query { words, duration_ms: None, title: None };
    let asked: Vec<Query> = (0..times(task, "times")).map(|_| one.clone()).collect();
    Outcome::new(match fingerprint::look_up(&asked) {
        Ok(found) => format!("{} answers, {} matches", found.len(), found.iter().map(Vec::len).sum::<usize>()),
        Err(error) => format!("{error:?}"),
    })
}
