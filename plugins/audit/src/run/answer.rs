//! Checks the assertions of a RETURN against the files and the repository. If the RETURN answers a request of the audit, the plan
//! is audited again to verify the answer.

use baton_plugin_sdk::{Cause, Error, Handoff, Outcome, Task};
use serde_json::Value;

use super::audit::{self, PlanAssertions};
use super::earlier::EarlierAudits;
use super::outcome::outcome;
use super::returns;
use crate::assertions::{self, AssertionReport, CheckedDocument};
use crate::count::count;
use crate::follow;
use crate::index::Index;
use crate::request::Request;
use crate::services::HostServices;

/// Checks a RETURN.
///
/// # Errors
/// `permanent` if the task has no RETURN; otherwise as [`super::run`].
pub(super) fn check(task: &Task, services: &HostServices<'_>) -> Result<Outcome, Error> {
    let Some(handoff) = &task.handoff else {
        return Err(Error::Permanent(
            "there is no RETURN to check: drop it into an inbox, and Baton checks it automatically".into(),
        ));
    };
    let asked = match &task.cause {
        Cause::Return(answered) => {
            answered.dedupe_key.as_ref().map(|key| follow::answered(services, key, answered.done, &task.id))
        }
        _ => None,
    };
    let asked = asked.transpose().map_err(|refused| Error::Retryable(refused.text().to_owned()))?.flatten();
    let args = asked.as_ref().and_then(|(_, args)| serde_json::from_str(args).ok()).unwrap_or_default();
    let index = Index::build(Request::roots_of(task, &args)?);
    let claimed = claimed(handoff);
    let checked = assertions::check(claimed.as_slice(), &index, services.git, None);
    let said = said(handoff, &checked);
    returns::judge(services, &index, &checked);
    let Some((plan, _)) = asked else { return Ok(outcome(said, Vec::new(), &checked.gaps)) };
    // The plan may have been deleted in the meantime; then there is nothing to audit.
    let Ok(request) = Request::of_plan(task, &plan, &args) else {
        return Ok(outcome(said, Vec::new(), &checked.gaps));
    };
    let audited =
        audit::over(&request, services, &EarlierAudits::open(services, &request), &format!("{said} "), claimed)?;
    // The report of the audit has all findings; the task gets only the findings of the RETURN.
    let mut all = outcome(audited.summary.clone(), Vec::new(), &checked.gaps);
    all.artifacts = audited.artifacts;
    Ok(all)
}

/// The assertions of a RETURN; `None` for a RETURN that Baton wrote for a plugin, because it lists only files that Baton
/// itself delivered.
fn claimed(handoff: &Handoff) -> Option<PlanAssertions> {
    let raw: Value = handoff.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
    if raw.pointer("/baton/ledger_head").is_some() {
        return None;
    }
    let document = CheckedDocument { shown: handoff.title.clone(), text: String::new() };
    Some((document, assertions::read_return(&raw, &handoff.body)))
}

fn said(handoff: &Handoff, checked: &AssertionReport) -> String {
    let assertions::Tally { holds, fails, unverifiable } = checked.tally;
    let from = handoff.from.as_deref().unwrap_or("somebody");
    match holds + fails + unverifiable {
        0 => format!("The RETURN of {from} claims nothing that could be checked."),
        all => format!(
            "The RETURN of {from} makes {}: {holds} true, {fails} false, {unverifiable} unverifiable.",
            count(all, "claim")
        ),
    }
}
