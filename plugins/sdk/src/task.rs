//! Methods of the generated types: arguments and mounts by name, a builder for outcomes.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Artifact, Error, Finding, Mount, Outcome, OutcomeKind, Task};

impl Task {
    /// The arguments as a JSON object.
    ///
    /// # Errors
    /// `permanent` when they are not an object. The host checks this first.
    pub fn args(&self) -> Result<Map<String, Value>, Error> {
        match serde_json::from_str(&self.args) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(Error::Permanent("the arguments are not a JSON object".to_owned())),
            Err(error) => Err(Error::Permanent(format!("the arguments are not JSON: {error}"))),
        }
    }

    /// The arguments as a type of the plugin: `#[derive(serde::Deserialize)]`, with `Option` or `#[serde(default)]` for
    /// optional ones. The host checks the arguments against the action's schema first, so this function fails only if type and
    /// schema differ.
    ///
    /// # Errors
    /// `permanent`, with the argument that does not fit.
    pub fn args_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.args)
            .map_err(|error| Error::Permanent(format!("the arguments are not what the plugin expects: {error}")))
    }

    /// The argument `name` as text; `None` when it is absent or null.
    ///
    /// # Errors
    /// `permanent` when it is not text.
    pub fn arg_str(&self, name: &str) -> Result<Option<String>, Error> {
        match self.args()?.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Error::Permanent(format!("the argument `{name}` must be text, not {other}"))),
        }
    }

    /// The argument `name` as a list of texts: a JSON list, or one text with commas between items; empty when absent.
    ///
    /// # Errors
    /// `permanent` when the argument is neither a list of texts nor text.
    pub fn arg_list(&self, name: &str) -> Result<Vec<String>, Error> {
        let wrong = |value: &Value| {
            Error::Permanent(format!("the argument `{name}` must be text or a list of texts, not {value}"))
        };
        match self.args()?.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(item))).collect()
            }
            Some(other) => Err(wrong(other)),
        }
    }

    /// The granted folders with this name, in order.
    pub fn mounts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Mount> {
        self.mounts.iter().filter(move |mount| mount.name == name)
    }
}

impl Default for OutcomeKind {
    /// The default is `done`; a plugin that left something out sets another kind.
    fn default() -> Self {
        Self::Done
    }
}

impl OutcomeKind {
    /// The kind for `done` completed parts of the request and `left` parts that were left out.
    #[must_use]
    pub const fn from_counts(done: usize, left: usize) -> Self {
        match (done, left) {
            (_, 0) => Self::Done,
            (0, _) => Self::Refused,
            _ => Self::Partial,
        }
    }
}

impl Outcome {
    /// An outcome `done` with a summary.
    #[must_use]
    pub fn new(summary: impl Into<String>) -> Self {
        Self::with_kind(OutcomeKind::Done, summary)
    }

    /// An outcome `partial`; add at least one next step.
    #[must_use]
    pub fn partial(summary: impl Into<String>) -> Self {
        Self::with_kind(OutcomeKind::Partial, summary)
    }

    /// An outcome `refused`: nothing was done. Add at least one next step.
    #[must_use]
    pub fn refused(summary: impl Into<String>) -> Self {
        Self::with_kind(OutcomeKind::Refused, summary)
    }

    /// An outcome of a given kind.
    #[must_use]
    pub fn with_kind(kind: OutcomeKind, summary: impl Into<String>) -> Self {
        Self { kind, summary: summary.into(), next_steps: Vec::new(), artifacts: Vec::new(), findings: Vec::new() }
    }

    /// Adds a next step: one command or edit.
    #[must_use]
    pub fn with_next_step(mut self, step: impl Into<String>) -> Self {
        self.next_steps.push(step.into());
        self
    }

    /// Adds a file for the workspace's `reports/`; see `types.artifact` for what a name may be.
    #[must_use]
    pub fn with_artifact(mut self, name: impl Into<String>, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.artifacts.push(Artifact { name: name.into(), media_type: media_type.to_owned(), bytes: bytes.into() });
        self
    }

    /// Adds a finding.
    #[must_use]
    pub fn with_finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }
}
