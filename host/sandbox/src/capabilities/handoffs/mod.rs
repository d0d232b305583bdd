//! Emitting handoffs; see `wit/handoffs.wit`. Drafts are only collected here: the caller delivers them when the task has
//! settled with an outcome.

use std::sync::Arc;

use baton_core::handoff::Priority;

use crate::bindings::baton::plugin::handoffs as generated;
use crate::store::State;
use crate::{limits, wit};

/// A handoff that a plugin wants to send, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Canonical name of the agent.
    pub to: String,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: serde_json::Map<String, serde_json::Value>,
    /// Markdown.
    pub body: String,
    /// How urgent.
    pub priority: Priority,
    /// Equal for equal requests.
    pub dedupe_key: String,
}

/// Whether a plugin may emit, and to whom.
#[derive(Clone)]
pub enum Emission {
    /// Not granted; the text is the command that grants it.
    Denied(String),
    /// Granted.
    Granted(Resolve),
}

/// Gives the canonical name of an agent, or says why there is none.
pub type Resolve = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// The capability's state in one attempt.
pub(crate) struct Handoffs {
    pub(crate) emission: Emission,
    pub(crate) drafts: Vec<Draft>,
}

impl Handoffs {
    fn check(&self, draft: generated::Draft) -> Result<Draft, generated::EmitError> {
        use generated::EmitError;
        let resolve = match &self.emission {
            Emission::Denied(command) => return Err(EmitError::Denied(command.clone())),
            Emission::Granted(resolve) => resolve,
        };
        if self.drafts.len() >= limits::EMISSIONS {
            return Err(EmitError::TooMany);
        }
        let size = draft.title.len() + draft.args.len() + draft.body.len();
        let one_line = !draft.title.trim().is_empty() && !draft.title.contains('\n') && draft.title.len() <= 200;
        let problem = match serde_json::from_str(&draft.args) {
            _ if size > limits::EMISSION_BYTES => format!("it has {size} bytes; at most {}", limits::EMISSION_BYTES),
            _ if !one_line => "its title must be one line of at most 200 bytes".to_owned(),
            _ if draft.dedupe_key.is_empty() || draft.dedupe_key.len() > 200 => {
                "its dedupe-key must have 1 to 200 bytes".to_owned()
            }
            Ok(serde_json::Value::Object(args)) => {
                let to = resolve(&draft.to).map_err(EmitError::UnknownAgent)?;
                return Ok(Draft {
                    to,
                    title: draft.title,
                    action: draft.action,
                    args,
                    body: draft.body,
                    priority: priority(draft.priority),
                    dedupe_key: draft.dedupe_key,
                });
            }
            _ => "its args are not a JSON object".to_owned(),
        };
        Err(EmitError::Invalid(problem))
    }
}

fn priority(priority: wit::Priority) -> Priority {
    match priority {
        wit::Priority::Low => Priority::Low,
        wit::Priority::Medium => Priority::Medium,
        wit::Priority::High => Priority::High,
        wit::Priority::Critical => Priority::Critical,
    }
}

impl generated::Host for State {
    fn emit(&mut self, draft: generated::Draft) -> wasmtime::Result<Result<(), generated::EmitError>> {
        let known = self.handoffs.drafts.iter().any(|earlier| earlier.dedupe_key == draft.dedupe_key);
        Ok(match self.handoffs.check(draft) {
            Ok(_) if known => Ok(()),
            Ok(draft) => {
                self.handoffs.drafts.push(draft);
                Ok(())
            }
            Err(error) => Err(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(to: &str, args: &str) -> generated::Draft {
        generated::Draft {
            to: to.to_owned(),
            title: "Look at this".to_owned(),
            action: None,
            args: args.to_owned(),
            body: String::new(),
            priority: wit::Priority::High,
            dedupe_key: "k".to_owned(),
        }
    }

    fn granted() -> Handoffs {
        let resolve = |name: &str| if name == "audit" { Ok("audit".to_owned()) } else { Err(format!("no `{name}`")) };
        Handoffs { emission: Emission::Granted(Arc::new(resolve)), drafts: Vec::new() }
    }

    #[test]
    fn works_when_the_capability_is_granted() {
        assert_eq!(granted().check(draft("audit", "{}")).unwrap().priority, Priority::High);
    }

    #[test]
    fn errors_when_the_capability_is_denied() {
        let denied = Handoffs { emission: Emission::Denied("baton …".to_owned()), drafts: Vec::new() };
        assert!(matches!(denied.check(draft("audit", "{}")), Err(generated::EmitError::Denied(_))));
    }

    #[test]
    fn errors_when_the_agent_is_unknown_or_the_draft_breaks_a_rule() {
        assert!(matches!(granted().check(draft("nobody", "{}")), Err(generated::EmitError::UnknownAgent(_))));
        assert!(matches!(granted().check(draft("audit", "[]")), Err(generated::EmitError::Invalid(_))));
    }
}
