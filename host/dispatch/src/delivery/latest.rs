//! The newest report under a fixed name: `latest.md` is a copy of the last `..._REPORT_<YYYYMMDD>_<HHMMSS>.md`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Replaces `latest.<ending>` in `folder` with a copy of the report `name`. Files with other names are not copied. An
/// error only prevents the copy: the report itself is delivered.
pub(super) fn keep(folder: &Path, name: &str) {
    let Some(latest) = latest_name(name) else { return };
    match copy(folder, name, &latest) {
        // Another program has moved the report.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => tracing::warn!("failed to copy reports/{name} to reports/{latest}: {error}"),
        Ok(()) => {}
    }
}

/// Only one copy at a time: batches of deliveries run in parallel, and a delivery that failed may succeed after a newer
/// one.
static COPYING: Mutex<()> = Mutex::new(());

fn copy(folder: &Path, name: &str, latest: &str) -> io::Result<()> {
    let _one = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
    let reports = fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newer = |other: &String| latest_name(other).as_deref() == Some(latest) && time_of(other) > time_of(name);
    if reports.into_iter().any(|other| newer(&other)) {
        return Ok(());
    }
    let temporary = folder.join(format!(".baton-latest.{}.tmp", std::process::id()));
    fs::copy(folder.join(name), &temporary)?;
    fs::rename(&temporary, folder.join(latest))
}

/// The part after `_REPORT_`. It determines the order of reports with the same file extension.
fn time_of(report: &str) -> &str {
    report.split_once("_REPORT_").map_or("", |(_, time)| time)
}

/// `latest.md` for `PLANS_AUDIT_REPORT_20260118_101500.md` and `PLANS_AUDIT_REPORT_20260118_101500-2.md`.
fn latest_name(report: &str) -> Option<String> {
    let (_, rest) = report.split_once("_REPORT_")?;
    let (stamp, rest) = rest.split_at_checked("YYYYMMDD_HHMMSS".len())?;
    let (day, time) = stamp.split_once('_')?;
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, ending) = rest.split_once('.')?;
    let is_numbered =
        number.is_empty() || number.strip_prefix('-').is_some_and(|number| is_number(number, number.len()));
    (is_number(day, 8) && is_number(time, 6) && is_numbered && !ending.is_empty()).then(|| format!("latest.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_with_a_time_has_a_latest_copy() {
        let of = |name: &str| latest_name(name).unwrap_or_default();
        assert_eq!(of("PLANS_AUDIT_REPORT_20260118_101500.md"), "latest.md");
        assert_eq!(of("PLANS_AUDIT_REPORT_20260118_101500-2.junit.xml"), "latest.junit.xml");
        for name in
            ["AUDIT_FOLLOWUP_ACTIONS_20260118_101500.md", "X_REPORT_2026.md", "X_REPORT_20260118_101500", "latest.md"]
        {
            assert_eq!(of(name), "");
        }
    }

    #[test]
    fn the_copy_is_the_newest_report() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("A_REPORT_20260118_101500.md", "old"), ("A_REPORT_20260119_101500.md", "new")] {
            fs::write(folder.path().join(name), text).unwrap();
            keep(folder.path(), name);
        }
        keep(folder.path(), "A_REPORT_20260118_101500.md");
        keep(folder.path(), "A_REPORT_20260120_101500.md");
        assert_eq!(fs::read_to_string(folder.path().join("latest.md")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
