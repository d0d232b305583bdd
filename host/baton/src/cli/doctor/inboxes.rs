//! Checks that every inbox is watched: finds folders that look like an inbox and belong to no agent, and missing adopted
//! folders and configured inboxes. `permissions` checks links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use baton_core::agents::{fold, is_name};
use baton_dispatch::{ARCHIVES, Agent, INBOX};

use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::workspace::CONFIG_FILE;

const CHECK: &str = "inboxes";

/// The depth of the search below `handoffs/` and adopted folders: agents may be sorted into groups.
const DEPTH: usize = 4;

/// The depth of the search below the workspace.
const DEPTH_OF_ROOT: usize = 2;

const SEARCHED: usize = 20_000;

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let rules = facts.config.as_ref().map(|config| config.rules(&facts.root)).unwrap_or_default();
    let handoffs = facts.root.join("handoffs");
    let places = rules.places(&handoffs);
    let mut findings: Vec<Finding> =
        rules.adopted.iter().filter(|root| !root.is_dir()).map(|root| missing_root(facts, root)).collect();
    findings.extend(facts.agents.iter().flat_map(|agent| missing_inboxes(facts, agent)));
    let mut watched: BTreeSet<PathBuf> = facts.agents.iter().flat_map(Agent::inboxes).map(Path::to_owned).collect();
    watched.insert(handoffs.join(INBOX));
    let mut search = Search { watched: &watched, places: &places, left: SEARCHED, found: BTreeSet::new() };
    for place in &places {
        search.below(place, DEPTH, is_like_inbox);
    }
    search.below(&facts.root, DEPTH_OF_ROOT, |name| name == INBOX);
    findings.extend(search.found.iter().map(|inbox| unwatched(facts, &places, inbox)));
    if search.left == 0 {
        let what = format!("only the first {SEARCHED} folders were searched for inboxes that Baton does not watch");
        let fix = "move folders that hold no agents out of handoffs/ and of the adopted folders";
        findings.push(Finding::warn(CHECK, facts.display(&handoffs), what, fix));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", format!("{} inboxes are watched, and no other was found", watched.len())));
    }
    findings
}

/// Whether the name is `01_inbox` or a common variant: `inbox`, `01_Inbox`, `1-inbox`.
fn is_like_inbox(name: &str) -> bool {
    fold(name).trim_start_matches(|c: char| c.is_ascii_digit()) == "inbox"
}

struct Search<'a> {
    watched: &'a BTreeSet<PathBuf>,
    places: &'a [PathBuf],
    /// The number of folders that may still be read.
    left: usize,
    found: BTreeSet<PathBuf>,
}

impl Search<'_> {
    /// Searches below `folder` for unwatched folders with the name of an inbox. It does not enter links, hidden folders,
    /// inboxes, archives and other search roots.
    fn below(&mut self, folder: &Path, depth: usize, is_inbox: fn(&str) -> bool) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut names: Vec<_> = folders.map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            // The search skips an archive, because it may be large and contains no inbox.
            if name.starts_with('.') || ARCHIVES.contains(&&*name) || self.watched.contains(&path) {
                continue;
            }
            if is_inbox(&name) {
                self.found.insert(path);
            } else if !self.places.contains(&path) {
                self.below(&path, depth - 1, is_inbox);
            }
        }
    }
}

fn unwatched(facts: &Facts, places: &[PathBuf], inbox: &Path) -> Finding {
    let home = inbox.parent().unwrap_or(inbox);
    let agent = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let proper = home.join(INBOX);
    let (why, fix) = if inbox != proper && proper.exists() {
        (
            "the inbox beside it is named 01_inbox".to_owned(),
            format!("mv {}/* {}", shell_word(inbox), shell_word(&proper)),
        )
    } else if inbox != proper && home.parent().is_some_and(|place| places.iter().any(|known| known == place)) {
        ("an inbox is named 01_inbox".to_owned(), format!("mv {} {}", shell_word(inbox), shell_word(&proper)))
    } else if !is_name(&agent) {
        let why = format!("no agent can have the name `{agent}`");
        (why, format!("mv {} {}, with another name", shell_word(home), shell_word(&home.with_file_name("NAME"))))
    } else {
        let why = "no `inbox` in baton.toml names it, and it is not in an agent's folder directly below handoffs/ or an \
                   adopted folder";
        let path = toml::Value::String(inbox.display().to_string());
        (why.to_owned(), format!("write inbox = {path} under [agents.{}] in {CONFIG_FILE}", key(&agent)))
    };
    Finding::warn(CHECK, facts.display(inbox), format!("looks like an inbox, but Baton does not watch it: {why}"), fix)
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { name.to_owned() } else { toml::Value::String(name.to_owned()).to_string() }
}

fn missing_root(facts: &Facts, root: &Path) -> Finding {
    let what = "the adopted folder is missing, so no inbox in it is watched";
    let fix = format!("mount or make it, or remove it from `adopted` in {CONFIG_FILE}");
    Finding::warn(CHECK, facts.display(root), what, fix)
}

/// Missing inboxes of the configuration. Baton does not create them.
fn missing_inboxes(facts: &Facts, agent: &Agent) -> Vec<Finding> {
    let missing = agent.settings.inboxes.iter().filter(|inbox| !inbox.exists());
    let say = |inbox: &PathBuf| {
        let what = format!("the inbox of {} is missing, so it is not watched", agent.name);
        let fix = format!(
            "mkdir -p {}, or correct `inbox` under [agents.{}] in {CONFIG_FILE}",
            shell_word(inbox),
            key(&agent.name)
        );
        Finding::warn(CHECK, facts.display(inbox), what, fix)
    };
    missing.map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_is_recognised_in_each_spelling() {
        for name in ["01_inbox", "inbox", "01_Inbox", "1-inbox", "INBOX", "00 inbox"] {
            assert!(is_like_inbox(name), "{name}");
        }
        for name in ["outbox", "inboxes", "my-inbox", "02_processed", "01"] {
            assert!(!is_like_inbox(name), "{name}");
        }
    }
}
