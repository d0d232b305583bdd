//! Checks files of the plans folder and reports them. Each file has its own key.

use std::thread::sleep;
use std::time::Duration;

use baton_plugin_sdk::watch::{self, Seen};
use baton_plugin_sdk::{Cause, Error, Outcome, Task};

/// Checks the files of the argument `paths`, or the changed files of the trigger, and watches them. For a file with `lie` in its
/// name, it passes a wrong state to the host.
pub(crate) fn at(task: &Task) -> Result<Outcome, Error> {
    for path in paths(task)? {
        watch::set(&path, [seen(&path)])?;
    }
    Ok(Outcome::new(told(task)))
}

/// As [`at`], with a pause in which the test changes the files, between the check and the report.
pub(crate) fn slowly(task: &Task) -> Result<Outcome, Error> {
    let paths = paths(task)?;
    let seen: Vec<Seen> = paths.iter().map(|path| self::seen(path)).collect();
    sleep(Duration::from_millis(1_500));
    for (path, seen) in paths.iter().zip(seen) {
        watch::set(path, [seen])?;
    }
    Ok(Outcome::new("Looked slowly."))
}

/// As [`at`], but the task fails, so the host ignores the report.
pub(crate) fn and_fail(task: &Task) -> Result<Outcome, Error> {
    at(task)?;
    Err(Error::Permanent("looked and failed".to_owned()))
}

pub(crate) fn no_more(task: &Task) -> Result<Outcome, Error> {
    for path in paths(task)? {
        watch::set(&path, [])?;
    }
    Ok(Outcome::new("Forgot."))
}

/// Reports, one line each, the answers of the host to calls that break a rule.
pub(crate) fn wrongly() -> Outcome {
    let file = |path: &str| watch::seen(path, None);
    let many = |count: usize| (0..count).map(|n| file(&format!("/plans/0/{n}"))).collect::<Vec<_>>();
    let mut lines = Vec::new();
    // The maximum number of files, minus the two keys below.
    let filling: Vec<String> = (0..8).map(|n| format!("m{n}")).collect();
    for key in &filling {
        lines.extend(watch::set(key, many(20_000)).err().map(|error| format!("filling {key}: {error:?}\n")));
    }
    for (what, key, files) in [
        ("outside", "k", vec![file("/etc/passwd")]),
        ("upwards", "k", vec![file("/plans/0/../../etc/passwd")]),
        ("no key", "", Vec::new()),
        ("too many", "k", many(20_001)),
        ("good", "k", many(20_000)),
        ("more", "l", many(20_000)),
        ("most", "n", many(1)),
        ("nothing", "k", Vec::new()),
        ("nothing more", "l", Vec::new()),
    ] {
        let answer = watch::set(key, files).map_or_else(|error| format!("{error:?}"), |()| "accepted".to_owned());
        lines.push(format!("{what}: {answer}\n"));
    }
    for key in &filling {
        lines.extend(watch::set(key, []).err().map(|error| format!("emptying {key}: {error:?}\n")));
    }
    Outcome::new("Tried.").with_artifact("watch-wrongly.txt", "text/plain", lines.concat())
}

pub(crate) fn paths(task: &Task) -> Result<Vec<String>, Error> {
    if let Cause::Files(paths) = &task.cause {
        return Ok(paths.clone());
    }
    Ok(task.arg_list("paths")?.iter().map(|path| format!("/plans/0/{path}")).collect())
}

fn seen(path: &str) -> Seen {
    let metadata = std::fs::metadata(path).ok();
    let stamp = metadata.as_ref().map(watch::stamp);
    Seen { path: path.to_owned(), stamp: if path.contains("lie") { Some((7, 7)) } else { stamp } }
}

fn told(task: &Task) -> String {
    match &task.cause {
        Cause::Files(paths) => format!("told of {}", paths.join(", ")),
        _ => "looked".to_owned(),
    }
}
