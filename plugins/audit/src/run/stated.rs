//! Handles the deliverables that a plan states as data, in its front matter or its lock: reads the lock, applies the list,
//! proposes a lock, and reports problems of the list and the lock.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use crate::discover::{Details, PlanFile};
use crate::plan::{self, Lock, Plan, Tasks};
use crate::refusal::reason;
use crate::remark::{NoteSeverity, Remark, key};
use crate::report::Artifact;

/// Maximum number of problems of one list that a report names.
const NAMED: usize = 5;

/// Maximum size of a lock, and of all locks that one run proposes.
const LOCK_BYTES: usize = 1024 * 1024;

/// Maximum size of a report's name, as defined by the contract.
const NAME_BYTES: usize = 200;

/// Replaces the deliverables of a plan's text by the list that the plan states; without a list it changes nothing.
pub(super) fn apply(plan: &mut Plan, file: &PlanFile, text: &str) -> Vec<Remark> {
    let list = plan::front_matter(text);
    let mut notes: Vec<Remark> = problems(&file.shown, &list.problems).into_iter().collect();
    let lock = read_lock(file);
    if let Some(deliverables) = &list.deliverables {
        plan.state(deliverables);
        if lock.is_some() {
            let title = format!("{}.lock has no effect: the front matter of the plan has `deliverables`", file.shown);
            notes.push(Remark::new(key(&file.shown, "lock-unused"), NoteSeverity::Info, title, ""));
        }
        return notes;
    }
    notes.extend(lock.and_then(|lock| locked(plan, &file.shown, text, lock)));
    notes
}

/// Applies a lock. Returns a remark if the lock cannot be read, is not reviewed yet or does not match the plan's text.
fn locked(plan: &mut Plan, shown: &str, text: &str, lock: Result<Lock, String>) -> Option<Remark> {
    let command = format!("baton audit --propose-lock {shown}");
    let note = |kind: &str, weight, title, evidence| Some(Remark::new(key(shown, kind), weight, title, evidence));
    let lock = match lock {
        Ok(lock) => lock,
        Err(error) => {
            let title =
                format!("{shown}.lock could not be read, and the plan was read without it: fix it, or run `{command}`");
            return note("lock-unreadable", NoteSeverity::Medium, title, error);
        }
    };
    if !lock.reviewed {
        let title = format!("{shown}.lock has no effect yet: check its list, then set `reviewed` to true");
        return note("lock-unreviewed", NoteSeverity::Info, title, String::new());
    }
    plan.state(&lock.deliverables());
    if lock.is_of(text) {
        return None;
    }
    let title = format!("{shown} was changed after its lock was made: run `{command}` and check the new list");
    let evidence = "the deliverables of the old lock were audited".to_owned();
    note("lock-outdated", NoteSeverity::Medium, title, evidence)
}

/// The lock of a plan; `None` if there is none.
fn read_lock(file: &PlanFile) -> Option<Result<Lock, String>> {
    let mut name = OsString::from(file.path.as_os_str());
    name.push(".lock");
    let path = PathBuf::from(name);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Some(Err("it is not a regular file".to_owned())),
        Err(error) => return Some(Err(reason(&error))),
    }
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LOCK_BYTES as u64 + 1).read_to_end(&mut bytes));
    Some(match read {
        Err(error) => Err(reason(&error)),
        Ok(_) if bytes.len() > LOCK_BYTES => Err(format!("it has more than {LOCK_BYTES} bytes")),
        Ok(_) => Lock::parse(&bytes),
    })
}

/// The tasks of a plan: its check boxes, and the todos of its front matter that were not dropped.
pub(super) fn tasks(text: &str, details: &Details) -> Tasks {
    let mut tasks = Tasks::of(text);
    for todo in &details.todos {
        match todo.status.as_deref().unwrap_or_default().to_lowercase().as_str() {
            "cancelled" | "canceled" | "dropped" => {}
            status => tasks.add(matches!(status, "completed" | "complete" | "done")),
        }
    }
    tasks
}

/// Adds a lock with the deliverables of a plan's text. Returns a remark if that is impossible.
pub(super) fn propose(proposed: &mut Vec<Artifact>, plan: &Plan, file: &PlanFile, text: &str) -> Option<Remark> {
    let shown = &file.shown;
    let name = shown.rsplit('/').next().unwrap_or(shown);
    let artifact = format!("{name}.lock");
    let refused = |why: &str| {
        let title = format!("no lock was proposed for {shown}: {why}");
        Some(Remark::new(key(shown, "lock-not-proposed"), NoteSeverity::Low, title, ""))
    };
    if artifact.len() > NAME_BYTES || !name.chars().all(is_plain) {
        return refused("its file name is too long or has special characters");
    }
    if proposed.iter().any(|other| other.name == artifact) {
        return refused("another plan has the same file name; propose one at a time");
    }
    let Ok(bytes) = Lock::propose(name, text, plan).bytes() else { return refused("it cannot be written as JSON") };
    let all: usize = proposed.iter().map(|other| other.bytes.len()).sum();
    if all.saturating_add(bytes.len()) > LOCK_BYTES {
        return refused("the locks of one run would have more than 1 MiB");
    }
    proposed.push(Artifact { name: artifact, media_type: "application/json", bytes });
    None
}

/// True for a character that the name of a report may contain.
fn is_plain(sign: char) -> bool {
    sign.is_alphanumeric() || " ._-+,()&@#".contains(sign)
}

/// All problems of a list as one remark.
fn problems(shown: &str, problems: &[String]) -> Option<Remark> {
    let first: Vec<&str> = problems.iter().take(NAMED).map(String::as_str).collect();
    let more = problems.len() - first.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let title = format!("the `deliverables` of {shown} are not valid");
    let evidence = format!("{shown}: {}{more}", first.join("; "));
    (!problems.is_empty()).then(|| Remark::new(key(shown, "deliverables"), NoteSeverity::Low, title, evidence))
}
