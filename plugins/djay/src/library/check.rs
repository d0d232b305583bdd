//! Compares djay's own indexes with the objects, because both store tempo and key. If the values differ, the finding has the
//! kind `index`. If an index entry is missing or refers to a missing row, the finding has the kind `index-gap`. The kind is
//! separate, so that many gaps do not hide a difference.

use std::collections::HashSet;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::sql::{self, Value};
use baton_plugin_sdk::{Error, Severity};

use super::model::Track;
use super::raw::{RawLibrary, RowSubject};

/// The largest difference between two equal tempos, because djay stores tempos as f32.
const SAME_BPM: f64 = 0.001;

const ANALYSIS: &str =
    "SELECT rowid, bpm, keySignatureIndex FROM \"secondaryIndex_mediaItemAnalyzedDataIndex\" ORDER BY rowid";
const USER_DATA: &str = "SELECT rowid, manualBPM FROM \"secondaryIndex_mediaItemUserDataIndex\" ORDER BY rowid";

/// Compares the indexes. If an index is missing or has other columns, the finding has severity `info`.
///
/// # Errors
/// As `wit/sql.wit`, if an index cannot be read to its end.
pub(super) fn indexes(database: &dyn Tables, raw: &RawLibrary, findings: &mut Findings) -> Result<(), Error> {
    let seen = each(database, "analysis", ANALYSIS, findings, |row, values, findings| {
        let Some(RowSubject::Analysis(place)) = raw.subjects.get(&row) else { return false };
        let (Some(track), [bpm, key]) = (raw.tracks.get(*place), values) else { return false };
        compare_bpm(track, "bpm", track.detected_bpm, bpm.as_real(), findings);
        if key.as_real() != track.key_index.map(as_real) {
            let title = format!(
                "the key of {} is {}, but {} in djay's index",
                track.id,
                shown(track.key_index.map(as_real)),
                shown(key.as_real())
            );
            findings.add("index", &format!("key:{}", track.id), Severity::Medium, title, "");
        }
        true
    })?;
    if let Some(seen) = seen {
        let unnamed = |(row, subject): (&i64, &RowSubject)| match subject {
            RowSubject::Analysis(place) if !seen.contains(row) => raw.tracks.get(*place),
            _ => None,
        };
        let mut missing: Vec<_> = raw.subjects.iter().filter_map(unnamed).collect();
        missing.sort_by(|a, b| a.id.cmp(&b.id));
        for track in missing {
            let title = format!("the analysis of {} is not in djay's index", track.id);
            findings.add("index-gap", &format!("absent:{}", track.id), Severity::Low, title, "");
        }
    }
    each(database, "user data", USER_DATA, findings, |row, values, findings| {
        let Some(RowSubject::UserData(place)) = raw.subjects.get(&row) else { return false };
        let (Some(track), [bpm]) = (raw.tracks.get(*place), values) else { return false };
        compare_bpm(track, "manual bpm", track.manual_bpm, bpm.as_real(), findings);
        true
    })?;
    Ok(())
}

/// Passes each row of an index to `compare` and returns the numbers of the rows; `None` if the index is missing.
fn each(
    database: &dyn Tables,
    name: &str,
    statement: &str,
    findings: &mut Findings,
    mut compare: impl FnMut(i64, &[Value], &mut Findings) -> bool,
) -> Result<Option<HashSet<i64>>, Error> {
    let rows = match database.rows(statement, &[]) {
        Ok(rows) => rows,
        Err(sql::Error::Invalid(text)) => {
            let title = format!("djay's index of {name} is missing, so nothing was compared with it");
            findings.add("index-gap", name, Severity::Info, title, text);
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let mut seen = HashSet::new();
    for row in rows {
        let row = row?;
        let Some((Value::Integer(number), values)) = row.split_first() else { continue };
        seen.insert(*number);
        if !compare(*number, values, findings) {
            let title = format!("djay's index of {name} names row {number}, which is not a valid {name} row");
            findings.add("index-gap", &format!("{name}:{number}"), Severity::Low, title, "");
        }
    }
    Ok(Some(seen))
}

fn compare_bpm(track: &Track, what: &str, read: Option<f64>, index: Option<f64>, findings: &mut Findings) {
    // In the object and in the index, 0 means that there is no tempo.
    let number = |bpm: Option<f64>| bpm.unwrap_or_default();
    if (number(read) - number(index)).abs() > SAME_BPM {
        let title = format!("the {what} of {} is {}, but {} in djay's index", track.id, shown(read), shown(index));
        findings.add("index", &format!("{what}:{}", track.id), Severity::Medium, title, "");
    }
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "empty".to_owned(), |number| number.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "valid keys are small; for invalid ones the precision does not matter")]
fn as_real(number: i64) -> f64 {
    number as f64
}
