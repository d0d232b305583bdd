//! Moving back what a run moved, the last first.

use std::fs;
use std::path::Path;

use baton_ledger::catalog::library::Library;
use baton_ledger::path_text;
use jiff::Timestamp;

use super::carry::{rename, said};
use super::journal::{Step, steps};
use super::{Moved, Report, Stayed, trash};

/// Moves the files of a run back to where they lay. What lies there now is never replaced. Doing it again does only what is left.
///
/// # Errors
/// When there was no such run, or the catalog cannot be written.
pub(super) fn undo(journals: &Path, number: &str, catalog: &Path, dry_run: bool) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for step in steps(journals, number)?.iter().rev() {
        one(step, dry_run, &mut report);
    }
    if !dry_run && !report.moved.is_empty() {
        let paths: Vec<&Path> = report.moved.iter().map(|moved| moved.to.as_path()).collect();
        Library::open(catalog)?.set_missing(&paths, false, Timestamp::now())?;
    }
    Ok(report)
}

fn one(step: &Step, dry_run: bool, report: &mut Report) {
    let home = step.from();
    let Some(trash) = step.to.as_deref().map(path_text::from_text) else {
        let id = step.eagle.as_deref().unwrap_or_default();
        let why = format!("it is Eagle's item {id}; put it back in Eagle, from its trash");
        report.skipped.push(Stayed { path: home, why });
        return;
    };
    let (is_home, found) = (fs::symlink_metadata(&home).is_ok(), fs::symlink_metadata(&trash));
    match found {
        Err(_) if is_home => {
            report.skipped.push(Stayed { path: home, why: "it is where it was".to_owned() });
        }
        Err(error) => report.refuse(&trash, error.to_string()),
        Ok(_) if is_home => report.refuse(&trash, format!("another file is at {} now", home.display())),
        Ok(found) => {
            if !dry_run {
                if let Err(error) = rename(&trash, &home) {
                    report.refuse(&trash, said(&error));
                    return;
                }
                remove_empty(&trash);
            }
            report.moved.push(Moved { from: trash, to: home, bytes: found.len() });
        }
    }
}

/// Removes the folders of the trash that are empty now.
fn remove_empty(file: &Path) {
    let folders = file.ancestors().skip(1);
    for folder in folders.take_while(|folder| folder.components().any(|part| part.as_os_str() == trash::NAME)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}
