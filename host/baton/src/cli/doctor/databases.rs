//! Checks the pages of all databases except the ledger: the catalog and the databases of plugins.
//!
//! The ledger's chain does not cover their rows, so this check finds damage, but not edits.

use std::fs;
use std::path::{Path, PathBuf};

use baton_ledger::inspect;

use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::workspace::State;

const CHECK: &str = "databases";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let Ok(state) = &facts.state else {
        return Vec::new();
    };
    let files = files(state);
    let mut findings: Vec<Finding> = files.iter().filter_map(|file| damage(facts, state, file)).collect();
    if findings.is_empty() {
        let what = match files.len() {
            0 => "there is no catalog and no plugin database yet".to_owned(),
            1 => "its pages are sound".to_owned(),
            count => format!("the pages of all {count} are sound"),
        };
        findings.push(Finding::ok(CHECK, facts.display(state.folder()), what));
    }
    findings
}

/// The existing files of the catalog and of plugin databases.
fn files(state: &State) -> Vec<PathBuf> {
    let plugins = fs::read_dir(state.plugin_databases()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = plugins.filter(|path| path.extension().is_some_and(|end| end == "db")).collect();
    files.push(state.catalog());
    files.sort();
    files.retain(|path| path.symlink_metadata().is_ok());
    files
}

fn damage(facts: &Facts, state: &State, file: &Path) -> Option<Finding> {
    let checked = baton_files::check(file).map_err(|error| error.to_string());
    let what = match checked.and_then(|()| inspect::quick_check_of(file).map_err(|error| error.to_string())) {
        Ok(damage) if damage.is_empty() => return None,
        Ok(damage) => format!("its pages are damaged: {}", damage.join("; ")),
        Err(error) => format!("cannot be read: {error}"),
    };
    let again = if file == state.catalog() { "scan and import again" } else { "let the plugin fill a new one" };
    let (files, aside) = (shell_word(file), shell_word(&state.folder().join("damaged")));
    let fix = format!(
        "stop `baton up`, move the database and its log away (mkdir -p {aside}; mv {files}* {aside}), then {again}"
    );
    Some(Finding::fail(CHECK, facts.display(file), what, fix))
}
