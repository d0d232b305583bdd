//! Judges RETURNs: converts the result of a check to a judgement for the host, and checks refuted RETURNs again later.
//!
//! A RETURN is refuted if a file, a commit or a symbol that it names does not exist. It is verified if none of its
//! assertions is false and at least one was confirmed. Any other RETURN stays reported: a wrong number does not refute
//! the work.
//!
//! Files that refuted RETURNs name are watched, so the audit notices when they appear.

use std::collections::BTreeSet;

use baton_plugin_kit::host::{Entry, EvidenceVerdict, Judgement, SeenFile};
use serde_json::Value;

use crate::assertions::{self, AssertionReport, CheckedDocument, Verdict};
use crate::count::count;
use crate::discover::shown_join;
use crate::ids::bounded;
use crate::index::{Index, Root};
use crate::limits;
use crate::plan::Place;
use crate::remark::NoteSeverity;
use crate::services::HostServices;

/// The key under which the missing files of all refuted RETURNs are watched. No plan has this name.
const KEY: &str = "returns:missing";

/// Judges the RETURN of this task by the results of its check, and checks the earlier refuted RETURNs again.
pub(super) fn judge(services: &HostServices<'_>, index: &Index, checked: &AssertionReport) {
    let judged = send_judgement(services, None, checked);
    let missing = if judged == Some(EvidenceVerdict::Refuted) { checked.missing.clone() } else { BTreeSet::new() };
    again(services, index, &disputed(services), missing);
}

/// Checks the refuted RETURNs of disputed requests again.
pub(super) fn check_disputed(services: &HostServices<'_>, roots: &[Root]) {
    let disputed = disputed(services);
    if !disputed.is_empty() {
        again(services, &Index::build(roots.to_vec()), &disputed, BTreeSet::new());
    }
}

/// The refuted RETURNs to check again. Empty without the ledger or without the permission to judge.
fn disputed(services: &HostServices<'_>) -> Vec<Entry> {
    let ledger = services.ledger.filter(|_| services.judge.is_some());
    ledger.and_then(|ledger| ledger.disputed(limits::DISPUTED).ok()).unwrap_or_default()
}

fn again(services: &HostServices<'_>, index: &Index, disputed: &[Entry], mut missing: BTreeSet<String>) {
    for entry in disputed {
        let Some(bytes) = services.ledger.and_then(|ledger| ledger.input(&entry.id).ok()).flatten() else { continue };
        let document = CheckedDocument { shown: entry.title.clone(), text: String::new() };
        let checked = assertions::check(&[(document, claims(&bytes))], index, services.git, None);
        if verdict(&checked) == Some(EvidenceVerdict::Verified) {
            send_judgement(services, Some(entry.id.clone()), &checked);
        } else {
            missing.extend(checked.missing);
        }
    }
    if let Some(files) = services.files.filter(|_| !(missing.is_empty() && disputed.is_empty())) {
        let seen = missing.iter().filter_map(|path| seen(index, path)).collect();
        // If watching fails, the next audit checks the files.
        drop(files.set(KEY, seen));
    }
}

fn claims(bytes: &[u8]) -> Vec<assertions::Assertion> {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::Deserializer::from_str(&text).into_iter::<Value>().next() {
        Some(Ok(raw @ Value::Object(_))) => assertions::read_return(&raw, ""),
        _ => assertions::read_return(&Value::Null, &text),
    }
}

/// Sends the judgement to the host, if the check has a result.
fn send_judgement(
    services: &HostServices<'_>,
    task: Option<String>,
    checked: &AssertionReport,
) -> Option<EvidenceVerdict> {
    let verdict = verdict(checked)?;
    let judgement = Judgement { task, verdict, reasons: reasons(verdict, checked) };
    services.judge?.judge(&judgement).ok().map(|()| verdict)
}

fn verdict(checked: &AssertionReport) -> Option<EvidenceVerdict> {
    let found = |row: &assertions::AssertionRow| row.verdict == Verdict::True && row.kind.is_looked_up();
    if checked.gaps.iter().any(|gap| gap.weight == NoteSeverity::High) {
        Some(EvidenceVerdict::Refuted)
    } else if checked.tally.fails == 0 && checked.rows.iter().any(found) {
        Some(EvidenceVerdict::Verified)
    } else {
        None
    }
}

fn reasons(verdict: EvidenceVerdict, checked: &AssertionReport) -> Vec<String> {
    if verdict == EvidenceVerdict::Refuted {
        let grave = checked.gaps.iter().filter(|gap| gap.weight == NoteSeverity::High);
        return grave.take(limits::JUDGEMENT_REASONS).map(|gap| bounded(&one_line(&gap.title))).collect();
    }
    let unknown = checked.tally.unverifiable;
    let rest = if unknown > 0 { format!("; {unknown} cannot be checked") } else { String::new() };
    vec![format!("{} true{rest}", count(checked.tally.holds, "claim"))]
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A missing file below the first root, in its present state, for the host to watch.
fn seen(index: &Index, path: &str) -> Option<SeenFile> {
    let Place::Inside { path, .. } = Place::of(path) else { return None };
    if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let root = index.roots().first()?;
    let stamp = index.find(&path).and_then(|found| found.bytes.zip(found.changed_ns));
    Some(SeenFile { path: shown_join(&root.path.to_string_lossy(), &path), stamp })
}
