//! A plugin for the tests of `fingerprint`, with valid calls and attacks.
//!
//! It reports every successful attack with a line that begins with `OPEN`.

mod args;
mod attack;
mod library;

use baton_plugin_sdk::fingerprint::{self, FingerprintResult};
use baton_plugin_sdk::{Cause, Error, Outcome, Plugin, Task};

use self::args::{path, times};

/// The plugin.
pub struct Listener;

impl Plugin for Listener {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "news" => Ok(Outcome::new(format!("{}: {}", task.cause == Cause::Audio, task.args))),
            "many" => many(&task),
            "library" => library::tell(),
            "ask" => Ok(library::ask(&task)),
            "break-out" => Ok(attack::paths(&task)),
            "slip-out" => Ok(attack::links(&task)),
            _ => tell(&task),
        }
    }
}

fn tell(task: &Task) -> Result<Outcome, Error> {
    let heard = fingerprint::compute_with_digests(&path(task)?)?;
    let sound = match heard {
        FingerprintResult::Skipped(lack) => {
            return Ok(Outcome::new(format!("skipped, {}: {}", lack.reason, lack.detail)));
        }
        FingerprintResult::Failed(lack) => {
            return Ok(Outcome::new(format!("failed, {}: {}", lack.reason, lack.detail)));
        }
        FingerprintResult::Fingerprinted(sound) => sound,
    };
    let found = fingerprint::look_up_one(&fingerprint::query(&sound))?;
    let lines: String =
        found.iter().map(|found| format!("{} {} {:?}\n", found.item.path, found.score, found.difference)).collect();
    let words: Vec<String> = sound.words.iter().map(u32::to_string).collect();
    let digests = format!("{} {}", sound.audio_sha256.unwrap_or_default(), sound.file_sha256.unwrap_or_default());
    Ok(Outcome::new(format!(
        "fingerprinted, {} in {}, {} ms, {} found",
        sound.codec,
        sound.container,
        sound.duration_ms,
        found.len()
    ))
    .with_artifact("found.txt", "text/plain", lines)
    .with_artifact("words.txt", "text/plain", words.join(","))
    .with_artifact("digests.txt", "text/plain", digests))
}

fn many(task: &Task) -> Result<Outcome, Error> {
    let path = path(task)?;
    for count in 0..times(task, "times") {
        if let Err(error) = fingerprint::compute(&path) {
            return Ok(Outcome::new(format!("After {count}: {error:?}")));
        }
    }
    Ok(Outcome::new("All were read.".to_owned()))
}

baton_plugin_sdk::plugin!(Listener, "../manifest.json");
