//! A RETURN: what it claims is held against the files and the repository. When it answers a request of the audit itself, the
//! plan is audited again, so that it is seen and not believed.

use baton_plugin_sdk::{Answered, Cause, Error, Handoff, Outcome, Task};
use serde_json::Value;

use super::{audit, outcome};
use crate::claims::{self, Checked, Document};
use crate::follow;
use crate::index::Index;
use crate::lent::Lent;
use crate::request::Request;

/// Checks a RETURN.
///
/// # Errors
/// `permanent` when the task holds none; otherwise as [`super::run`].
pub(super) fn check(task: &Task, lent: &Lent<'_>) -> Result<Outcome, Error> {
    let Some(handoff) = &task.handoff else {
        return Err(Error::Permanent(
            "there is no RETURN to check: drop it into an inbox, and it is checked by itself".into(),
        ));
    };
    let (key, root) = match &task.cause {
        Cause::Return(answered) => (answered.dedupe_key.clone(), root_of(answered)),
        _ => (None, None),
    };
    let checked = claims_of(task, handoff, lent)?;
    let said = said(handoff, &checked);
    let plan = match key {
        None => None,
        Some(key) => {
            follow::answered(lent, &key, &task.id).map_err(|refused| Error::Retryable(refused.text().to_owned()))?
        }
    };
    let Some(plan) = plan else { return Ok(outcome(said, Vec::new(), &checked.gaps)) };
    // The plan may be gone by now; then there is nothing left to see.
    let Ok(request) = Request::of_plan(task, &plan, root.as_deref()) else {
        return Ok(outcome(said, Vec::new(), &checked.gaps));
    };
    let audited = audit::over(&request, lent, &format!("{said} "))?;
    let mut all = outcome(audited.summary.clone(), Vec::new(), &checked.gaps);
    all.artifacts = audited.artifacts;
    Ok(all)
}

/// The folder that the request spoke of.
fn root_of(answered: &Answered) -> Option<String> {
    let args: Value = serde_json::from_str(&answered.args).ok()?;
    args.get("root")?.as_str().map(str::to_owned)
}

/// What a RETURN claims, checked. A RETURN that Baton wrote for a plugin is not asked: it lists what Baton itself delivered.
fn claims_of(task: &Task, handoff: &Handoff, lent: &Lent<'_>) -> Result<Checked, Error> {
    let raw: Value = handoff.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
    if raw.pointer("/baton/ledger_head").is_some() {
        return Ok(Checked::default());
    }
    let index = Index::build(Request::roots_of(task)?);
    let document = Document { shown: handoff.title.clone(), text: String::new() };
    let claims = claims::read_return(&raw, &handoff.body);
    Ok(claims::check(&[(document, claims)], &index, lent.git))
}

fn said(handoff: &Handoff, checked: &Checked) -> String {
    let claims::Tally { holds, fails, unverifiable } = checked.tally;
    let from = handoff.from.as_deref().unwrap_or("somebody");
    match holds + fails + unverifiable {
        0 => format!("The RETURN of {from} claims nothing that could be checked."),
        all => format!(
            "The RETURN of {from} makes {all} claims: {holds} true, {fails} false, {unverifiable} unverifiable."
        ),
    }
}
