//! The expected result of a step of an example, and its differences from the actual result.

use std::collections::BTreeMap;

use baton_core::{OutcomeKind, State};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The state of a step in which no trigger made a task.
const NONE: &str = "none";

/// Outcomes that an example may name instead of the state `failed`.
const KINDS_OF_FAILURE: [&str; 2] = [OutcomeKind::Partial.as_str(), OutcomeKind::Refused.as_str()];

/// The expected result of a step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// The task's state, or `none`.
    #[serde(default = "succeeded")]
    state: String,
    /// A text that the task's reason must contain. If the plugin returned an outcome, the reason is its summary.
    #[serde(default)]
    summary: String,
    /// All reports, each with a text that it must contain. If absent, any reports are accepted.
    #[serde(default)]
    artifacts: Option<BTreeMap<String, String>>,
    /// For each finding, a text that its title must contain. If absent, any findings are accepted.
    #[serde(default)]
    findings: Option<Vec<String>>,
    /// The handoffs that the plugin must send. If absent, any handoffs are accepted.
    #[serde(default)]
    emits: Option<Vec<ExpectedHandoff>>,
}

/// A handoff that the plugin must send.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedHandoff {
    /// The recipient.
    to: String,
    #[serde(default)]
    title: String,
    /// The action of the handoff. If absent, any action is accepted.
    #[serde(default)]
    action: Option<String>,
    /// The arguments of the handoff. If absent, any arguments are accepted.
    #[serde(default)]
    args: Option<Map<String, Value>>,
    /// A text that the handoff must contain.
    #[serde(default)]
    body: String,
}

fn succeeded() -> String {
    State::Succeeded.as_str().to_owned()
}

/// The actual result of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StepResult {
    pub(crate) state: String,
    pub(crate) summary: String,
    pub(crate) artifacts: BTreeMap<String, String>,
    pub(crate) findings: Vec<String>,
    pub(crate) emits: Vec<EmittedHandoff>,
}

/// A handoff that the plugin sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EmittedHandoff {
    pub(crate) to: String,
    pub(crate) title: String,
    pub(crate) action: Option<String>,
    pub(crate) args: Map<String, Value>,
    pub(crate) body: String,
}

impl EmittedHandoff {
    /// The handoff as one line, for messages and for the JSON of `plugin test`.
    pub(crate) fn shown(&self) -> String {
        let action = self.action.as_deref().map(|action| format!(" ({action})")).unwrap_or_default();
        format!("{}: {}{action} {}", self.to, self.title, Value::Object(self.args.clone()))
    }
}

impl StepResult {
    /// The result of a step without a task.
    pub(super) fn nothing() -> Self {
        let summary = "none of the plugin's triggers made a task".to_owned();
        Self { state: NONE.to_owned(), summary, ..Self::default() }
    }
}

impl ExpectedHandoff {
    fn fits(&self, actual: &EmittedHandoff) -> bool {
        self.to == actual.to
            && actual.title.contains(&self.title)
            && actual.body.contains(&self.body)
            && self.action.as_ref().is_none_or(|action| actual.action.as_ref() == Some(action))
            && self.args.as_ref().is_none_or(|args| *args == actual.args)
    }

    fn shown(&self) -> String {
        let (title, args) = (self.title.clone(), self.args.clone().unwrap_or_default());
        EmittedHandoff { to: self.to.clone(), title, action: self.action.clone(), args, body: String::new() }.shown()
    }
}

impl Expected {
    /// The agents that get a handoff: each needs a folder.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.emits.iter().flatten().map(|handoff| handoff.to.as_str())
    }

    /// Rejects an unknown state.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let known: Vec<_> = State::ALL.map(State::as_str).into_iter().chain(KINDS_OF_FAILURE).collect();
        if self.state != NONE && !known.contains(&self.state.as_str()) {
            anyhow::bail!("unknown state `{}`; the states are: {}, none", self.state, known.join(", "));
        }
        Ok(())
    }

    /// The differences of `actual` from the expectation; empty if there are none.
    pub(super) fn differences(&self, actual: &StepResult) -> Vec<String> {
        let mut differences = Vec::new();
        if self.state != actual.state {
            differences.push(format!("expected state {}, got {}: {}", self.state, actual.state, actual.summary));
        }
        if !actual.summary.contains(&self.summary) {
            differences.push(format!("expected `{}` in the summary: {}", self.summary, actual.summary));
        }
        self.artifacts.iter().for_each(|expected| compare_artifacts(expected, &actual.artifacts, &mut differences));
        let findings = self.findings.iter();
        findings.for_each(|expected| compare_findings(expected, &actual.findings, &mut differences));
        self.emits.iter().for_each(|expected| compare_handoffs(expected, &actual.emits, &mut differences));
        differences
    }
}

fn compare_artifacts(
    expected: &BTreeMap<String, String>,
    actual: &BTreeMap<String, String>,
    differences: &mut Vec<String>,
) {
    let listed = |names: &BTreeMap<String, String>| names.keys().cloned().collect::<Vec<_>>().join(", ");
    if !expected.keys().eq(actual.keys()) {
        differences.push(format!("expected the reports [{}], got [{}]", listed(expected), listed(actual)));
    }
    for (name, text) in expected {
        if let Some(found) = actual.get(name).filter(|found| !found.contains(text)) {
            differences.push(format!("expected `{text}` in {name}: {found}"));
        }
    }
}

fn compare_findings(expected: &[String], actual: &[String], differences: &mut Vec<String>) {
    let fits =
        expected.len() == actual.len() && expected.iter().all(|text| actual.iter().any(|one| one.contains(text)));
    if !fits {
        let [expected, actual] = [expected, actual].map(|titles| titles.join("; "));
        differences.push(format!("expected the findings [{expected}], got [{actual}]"));
    }
}

fn compare_handoffs(expected: &[ExpectedHandoff], actual: &[EmittedHandoff], differences: &mut Vec<String>) {
    let mut left: Vec<&EmittedHandoff> = actual.iter().collect();
    for handoff in expected {
        match left.iter().position(|actual| handoff.fits(actual)) {
            Some(at) => drop(left.remove(at)),
            None => differences.push(format!("expected a handoff to {}", handoff.shown())),
        }
    }
    differences.extend(left.into_iter().map(|actual| format!("got an unexpected handoff to {}", actual.shown())));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(to: &str, title: &str, action: Option<&str>) -> EmittedHandoff {
        let args = json!({ "n": 1 }).as_object().cloned().unwrap();
        let (to, title, action) = (to.to_owned(), title.to_owned(), action.map(str::to_owned));
        EmittedHandoff { to, title, action, args, body: "Please look.".to_owned() }
    }

    #[test]
    fn expected_and_sent_handoffs_must_match_one_to_one() {
        let actual = StepResult {
            state: "succeeded".to_owned(),
            emits: vec![sent("Codex-MM1", "Look at a", None), sent("audit", "Audit b", Some("audit"))],
            ..StepResult::default()
        };
        let differences = |emits: Value| {
            let expected: Expected = serde_json::from_value(json!({ "emits": emits })).unwrap();
            expected.differences(&actual).len()
        };
        let second = json!({ "to": "audit", "title": "b", "action": "audit", "args": { "n": 1 }, "body": "look" });
        assert_eq!(differences(json!([{ "to": "Codex-MM1" }, second])), 0);
        assert_eq!(differences(json!([{ "to": "Codex-MM1" }])), 1, "the second handoff is not expected");
        assert_eq!(differences(json!([{ "to": "Codex-MM1" }, { "to": "Codex-MM1" }, second])), 1, "sent only once");
        for (key, value) in [("title", json!("c")), ("action", json!("x")), ("args", json!({})), ("body", json!("x"))] {
            let mut wrong = second.clone();
            wrong[key] = value;
            assert_eq!(differences(json!([{ "to": "Codex-MM1" }, wrong])), 2, "{key}");
        }
    }
}
