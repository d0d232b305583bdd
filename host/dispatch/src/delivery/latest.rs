//! The newest report under a fixed name: `latest.md` is a copy of the last `..._REPORT_<YYYYMMDD>_<HHMMSS>.md`.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use baton_intake::{IntakeError, capture};
use baton_sandbox::limits::OUTPUT_BYTES;
use jiff::{Timestamp, ToSpan as _};

/// Replaces `latest.<ending>` in `folder` with a copy of the report `name`. Ignores a file whose name is not the name of a
/// report. The report itself is delivered even if the copy fails.
pub(super) fn keep(folder: &Path, name: &str, now: Timestamp) {
    let last = last_day(now);
    let Some(latest) = latest_name(name, &last) else { return };
    // If the report is missing, another program has moved it.
    if let Err(error) = copy(folder, name, &latest, &last)
        && !matches!(error, IntakeError::NotFound { .. })
    {
        tracing::warn!("failed to copy reports/{name} to reports/{latest}: {error}");
    }
}

/// The last day that is accepted in the name of a report: tomorrow, because a report may have the date of another time
/// zone. A report with a later date would stay the newest one forever.
fn last_day(now: Timestamp) -> String {
    now.checked_add(24.hours()).unwrap_or(now).strftime("%Y%m%d").to_string()
}

/// Allows only one copy at a time. Batches of deliveries run in parallel, so the delivery of an older report may succeed
/// after the delivery of a newer report.
static COPYING: Mutex<()> = Mutex::new(());

/// Copies the report, unless the folder has a newer one. Does not follow links, because a plugin with write access to the
/// folder could have created one.
fn copy(folder: &Path, name: &str, latest: &str, last: &str) -> Result<(), IntakeError> {
    let _one = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |path: &Path, action| {
        let path = path.to_owned();
        move |source| IntakeError::Io { path, action, source }
    };
    let reports = fs::read_dir(folder).map_err(failed(folder, "read"))?;
    let reports = reports.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newer = |other: &String| latest_name(other, last).as_deref() == Some(latest) && time_of(other) > time_of(name);
    if reports.into_iter().any(|other| newer(&other)) {
        return Ok(());
    }
    let report = capture(&folder.join(name), OUTPUT_BYTES as u64)?;
    let temporary = folder.join(format!(".baton-latest.{}.tmp", std::process::id()));
    write_new(&temporary, &report.bytes).map_err(failed(&temporary, "written"))?;
    let latest = folder.join(latest);
    fs::rename(&temporary, &latest).map_err(failed(&latest, "replaced"))
}

/// Writes a new file. Before that, deletes the file of this name that a killed process may have left.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

/// Determines the order of reports with the same file extension: the time, and the number of the report in its second.
fn time_of(report: &str) -> Option<(&str, u64)> {
    let (stamp, rest) = report.split_once("_REPORT_")?.1.split_at_checked("YYYYMMDD_HHMMSS".len())?;
    let number = rest.strip_prefix('-').and_then(|rest| rest.split('.').next()?.parse().ok());
    Some((stamp, number.unwrap_or(1)))
}

/// `latest.md` for `PLANS_AUDIT_REPORT_20260118_101500.md` and `PLANS_AUDIT_REPORT_20260118_101500-2.md`, if the date is not
/// after the day `last`.
fn latest_name(report: &str, last: &str) -> Option<String> {
    let (_, rest) = report.split_once("_REPORT_")?;
    let (stamp, rest) = rest.split_at_checked("YYYYMMDD_HHMMSS".len())?;
    let (day, time) = stamp.split_once('_')?;
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, ending) = rest.split_once('.')?;
    let is_numbered =
        number.is_empty() || number.strip_prefix('-').is_some_and(|number| is_number(number, number.len()));
    let is_stamp = is_number(day, 8) && day <= last && is_number(time, 6);
    (is_stamp && is_numbered && !ending.is_empty()).then(|| format!("latest.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_with_a_time_has_a_latest_copy() {
        let of = |name: &str| latest_name(name, "20260131").unwrap_or_default();
        assert_eq!(of("PLANS_AUDIT_REPORT_20260118_101500.md"), "latest.md");
        assert_eq!(of("PLANS_AUDIT_REPORT_20260118_101500-2.junit.xml"), "latest.junit.xml");
        for name in [
            "AUDIT_FOLLOWUP_ACTIONS_20260118_101500.md",
            "X_REPORT_2026.md",
            "X_REPORT_20260118_101500",
            "X_REPORT_20260201_000000.md",
            "X_REPORT_99991231_235959.md",
            "latest.md",
        ] {
            assert_eq!(of(name), "");
        }
    }

    fn now() -> Timestamp {
        "2026-01-21T10:15:00Z".parse().unwrap()
    }

    #[test]
    fn the_copy_is_the_newest_report() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("A_REPORT_20260118_101500.md", "old"), ("A_REPORT_20260119_101500.md", "new")] {
            fs::write(folder.path().join(name), text).unwrap();
            keep(folder.path(), name, now());
        }
        keep(folder.path(), "A_REPORT_20260118_101500.md", now());
        keep(folder.path(), "A_REPORT_20260120_101500.md", now());
        assert_eq!(fs::read_to_string(folder.path().join("latest.md")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn the_last_of_several_reports_of_one_second_is_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        for number in ["", "-2", "-10", "-9"] {
            let name = format!("A_REPORT_20260119_101500{number}.md");
            fs::write(folder.path().join(&name), &name).unwrap();
            keep(folder.path(), &name, now());
        }
        assert_eq!(fs::read_to_string(folder.path().join("latest.md")).unwrap(), "A_REPORT_20260119_101500-10.md");
    }

    #[test]
    fn a_report_with_a_date_in_the_future_does_not_stay_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["X_REPORT_99991231_235959.md", "A_REPORT_20260119_101500.md"] {
            fs::write(folder.path().join(name), name).unwrap();
            keep(folder.path(), name, now());
        }
        assert_eq!(fs::read_to_string(folder.path().join("latest.md")).unwrap(), "A_REPORT_20260119_101500.md");
    }

    #[test]
    fn the_copy_is_neither_written_nor_read_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let (folder, outside) = (place.path().join("reports"), place.path().join("outside"));
        fs::create_dir(&folder).unwrap();
        fs::write(&outside, "theirs").unwrap();
        let (name, linked) = ("A_REPORT_20260119_101500.md", "B_REPORT_20260120_101500.md");
        fs::write(folder.join(name), "a report").unwrap();
        let temporary = format!(".baton-latest.{}.tmp", std::process::id());
        for link in [temporary.as_str(), "latest.md", linked] {
            std::os::unix::fs::symlink(&outside, folder.join(link)).unwrap();
        }
        keep(&folder, linked, now());
        fs::remove_file(folder.join(linked)).unwrap();
        keep(&folder, name, now());
        assert_eq!(fs::read_to_string(&outside).unwrap(), "theirs");
        assert!(folder.join("latest.md").symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read_to_string(folder.join("latest.md")).unwrap(), "a report");
    }
}
