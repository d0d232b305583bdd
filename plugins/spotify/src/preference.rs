//! Reports names in the `preference` of `organise` that no playlist has.

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::{Error, Outcome, Task};
use serde::Deserialize;

use crate::catalog::names;
use crate::source::tell_unknown;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Options {
    preference: Vec<String>,
}

/// Plans, and adds to the findings which preferred playlists there are not.
///
/// # Errors
/// When no playlist has any of the names, before anything is planned; else those of the planning.
pub fn told(
    task: &Task,
    catalog: &dyn Tables,
    plan: impl FnOnce() -> Result<Outcome, Error>,
) -> Result<Outcome, Error> {
    // What is wrong with the arguments is said by the planning.
    let Options { preference } = serde_json::from_str(&task.args).unwrap_or_default();
    let mut findings = Findings::default();
    if !preference.is_empty() {
        tell_unknown("the catalog", &preference, &names(catalog)?, &mut findings)?;
    }
    let mut outcome = plan()?;
    outcome.findings.extend(findings.into_list());
    Ok(outcome)
}
