//! Plugin requests: sending and withdrawing handoffs; see `wit/handoffs.wit`. This module only collects the calls in
//! their order. The caller knows which requests are still open, and acts when the task has settled with an outcome.

mod host;

use std::sync::Arc;

use baton_core::handoff::Priority;

use crate::bindings::baton::plugin::handoffs as generated;
use crate::{limits, wit};

/// A checked handoff that a plugin wants to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The canonical name of the agent.
    pub to: String,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// The arguments, a JSON object.
    pub args: serde_json::Map<String, serde_json::Value>,
    /// The text, in Markdown.
    pub body: String,
    /// The priority.
    pub priority: Priority,
    /// Equal requests have the same key.
    pub dedupe_key: String,
}

/// A checked request to withdraw an earlier handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The key under which it was sent.
    pub dedupe_key: String,
    /// One line.
    pub reason: String,
}

/// A handoff that a plugin sends or withdraws.
#[derive(Clone, Debug, PartialEq)]
pub enum PluginRequest {
    /// Send a handoff.
    Send(Draft),
    /// Withdraw a handoff.
    Withdraw(Withdrawal),
}

impl PluginRequest {
    /// The plugin's key for the request.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Send(draft) => &draft.dedupe_key,
            Self::Withdraw(withdrawal) => &withdrawal.dedupe_key,
        }
    }
}

/// The permission to send plugin requests.
#[derive(Clone)]
pub enum RequestPermission {
    /// The plugin may not send handoffs.
    Denied(DenyFn),
    /// The plugin may send handoffs.
    Granted {
        /// Finds the recipient among the agents to which the plugin may send.
        resolve: ResolveAgentFn,
        /// The limit on the number of handoffs.
        admit: BudgetCheckFn,
    },
}

/// Returns the reason of a denial, with the command that grants sending. If an agent is named, the command grants sending to
/// that agent.
pub type DenyFn = Arc<dyn Fn(Option<&str>) -> String + Send + Sync>;

/// Returns the canonical name of an agent to which the plugin may send.
pub type ResolveAgentFn = Arc<dyn Fn(&str) -> Result<String, RecipientError> + Send + Sync>;

/// The error if a handoff cannot be sent to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientError {
    /// There is no such agent; the text lists the agents.
    Unknown(String),
    /// The plugin may not send to this agent; the text has the command that grants the permission.
    Denied(String),
}

/// Takes one handoff from the plugin's budget. The error is the reason of a refusal.
pub type BudgetCheckFn = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The capability's state in one attempt.
pub(crate) struct Handoffs {
    pub(crate) permission: RequestPermission,
    /// The requests in the order of the calls. Each key occurs at most once for each kind of request.
    pub(crate) requests: Vec<PluginRequest>,
    pub(crate) refused: Option<String>,
}

impl Handoffs {
    pub(crate) fn new(permission: RequestPermission) -> Self {
        Self { permission, requests: Vec::new(), refused: None }
    }

    /// The number of handoffs to send.
    pub(crate) fn drafts(&self) -> usize {
        self.requests.iter().filter(|request| matches!(request, PluginRequest::Send(_))).count()
    }

    /// True if a handoff with this key will be sent.
    fn has_draft(&self, key: &str) -> bool {
        self.requests.iter().any(|request| matches!(request, PluginRequest::Send(draft) if draft.dedupe_key == key))
    }

    fn emit(&mut self, draft: generated::Draft) -> Result<(), generated::EmitError> {
        let draft = self.check(draft)?;
        if self.has_draft(&draft.dedupe_key) {
            return Ok(());
        }
        if let RequestPermission::Granted { admit, .. } = &self.permission
            && let Err(reason) = admit()
        {
            self.refused = Some(reason);
            return Err(generated::EmitError::TooMany);
        }
        self.requests.push(PluginRequest::Send(draft));
        Ok(())
    }

    /// Drops the request that this task has collected under the key, and withdraws the request that an earlier task sent
    /// under the key.
    fn withdraw(&mut self, dedupe_key: String, reason: String) -> Result<(), generated::EmitError> {
        use generated::EmitError;
        if let RequestPermission::Denied(denial) = &self.permission {
            return Err(EmitError::Denied(denial(None)));
        }
        check_key(&dedupe_key)?;
        if reason.trim().is_empty() || reason.contains('\n') || reason.len() > limits::REASON_BYTES {
            let most = limits::REASON_BYTES;
            return Err(EmitError::Invalid(format!("its reason must be one line of 1 to {most} bytes")));
        }
        self.requests.retain(|request| request.key() != dedupe_key);
        if self.requests.len() - self.drafts() >= limits::WITHDRAWALS {
            return Err(EmitError::TooMany);
        }
        self.requests.push(PluginRequest::Withdraw(Withdrawal { dedupe_key, reason }));
        Ok(())
    }

    fn check(&self, draft: generated::Draft) -> Result<Draft, generated::EmitError> {
        use generated::EmitError;
        let resolve = match &self.permission {
            RequestPermission::Denied(denial) => return Err(EmitError::Denied(denial(Some(&draft.to)))),
            RequestPermission::Granted { resolve, .. } => resolve,
        };
        if self.drafts() >= limits::EMISSIONS && !self.has_draft(&draft.dedupe_key) {
            return Err(EmitError::TooMany);
        }
        check_key(&draft.dedupe_key)?;
        let size = draft.title.len() + draft.args.len() + draft.body.len();
        let one_line = !draft.title.trim().is_empty() && !draft.title.contains('\n') && draft.title.len() <= 200;
        let problem = match serde_json::from_str(&draft.args) {
            _ if size > limits::EMISSION_BYTES => format!("it has {size} bytes; at most {}", limits::EMISSION_BYTES),
            _ if !one_line => "its title must be one line of at most 200 bytes".to_owned(),
            Ok(serde_json::Value::Object(args)) => {
                let to = resolve(&draft.to).map_err(|why| match why {
                    RecipientError::Unknown(text) => EmitError::UnknownAgent(text),
                    RecipientError::Denied(text) => EmitError::Denied(text),
                })?;
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

fn check_key(key: &str) -> Result<(), generated::EmitError> {
    let fits = (1..=limits::KEY_BYTES).contains(&key.len());
    let wrong = || generated::EmitError::Invalid(format!("its dedupe-key must have 1 to {} bytes", limits::KEY_BYTES));
    fits.then_some(()).ok_or_else(wrong)
}

fn priority(priority: wit::Priority) -> Priority {
    match priority {
        wit::Priority::Low => Priority::Low,
        wit::Priority::Medium => Priority::Medium,
        wit::Priority::High => Priority::High,
        wit::Priority::Critical => Priority::Critical,
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
        let resolve = |name: &str| match name {
            "audit" => Ok("audit".to_owned()),
            "other" => Err(RecipientError::Denied("baton …".to_owned())),
            _ => Err(RecipientError::Unknown(format!("no `{name}`"))),
        };
        Handoffs::new(RequestPermission::Granted { resolve: Arc::new(resolve), admit: Arc::new(|| Ok(())) })
    }

    fn keyed(key: &str) -> generated::Draft {
        generated::Draft { dedupe_key: key.to_owned(), ..draft("audit", "{}") }
    }

    /// The collected requests: `+KEY` for a handoff to send, `-KEY` for a withdrawal.
    fn said(handoffs: &Handoffs) -> Vec<String> {
        let word = |request: &PluginRequest| match request {
            PluginRequest::Send(draft) => format!("+{}", draft.dedupe_key),
            PluginRequest::Withdraw(back) => format!("-{}", back.dedupe_key),
        };
        handoffs.requests.iter().map(word).collect()
    }

    fn withdraw(handoffs: &mut Handoffs, key: &str) -> Result<(), generated::EmitError> {
        handoffs.withdraw(key.to_owned(), "it is there now".to_owned())
    }

    #[test]
    fn works_when_the_capability_is_granted() {
        assert_eq!(granted().check(draft("audit", "{}")).unwrap().priority, Priority::High);
    }

    #[test]
    fn errors_when_the_capability_is_denied() {
        let mut denied = Handoffs::new(RequestPermission::Denied(Arc::new(|_| "baton …".to_owned())));
        assert!(matches!(denied.emit(draft("audit", "{}")), Err(generated::EmitError::Denied(_))));
        assert!(matches!(withdraw(&mut denied, "k"), Err(generated::EmitError::Denied(_))));
        assert!(denied.requests.is_empty());
    }

    #[test]
    fn sent_and_withdrawn_requests_keep_their_order() {
        let mut handoffs = granted();
        handoffs.emit(keyed("a")).unwrap();
        handoffs.emit(keyed("b")).unwrap();
        handoffs.emit(keyed("a")).unwrap();
        assert_eq!(said(&handoffs), ["+a", "+b"], "a key is sent once");
        withdraw(&mut handoffs, "a").unwrap();
        withdraw(&mut handoffs, "a").unwrap();
        assert_eq!(said(&handoffs), ["+b", "-a"], "a withdrawn request is not sent");
        handoffs.emit(keyed("a")).unwrap();
        assert_eq!(said(&handoffs), ["+b", "-a", "+a"], "a withdrawn request can be sent again");
        withdraw(&mut handoffs, "a").unwrap();
        assert_eq!(said(&handoffs), ["+b", "-a"]);
    }

    #[test]
    fn errors_when_too_much_is_sent_or_withdrawn() {
        let mut handoffs = granted();
        (0..limits::EMISSIONS).for_each(|n| handoffs.emit(keyed(&n.to_string())).unwrap());
        assert!(matches!(handoffs.emit(keyed("more")), Err(generated::EmitError::TooMany)));
        assert_eq!(handoffs.emit(keyed("0")), Ok(()), "a repeated key adds no request");
        (0..limits::WITHDRAWALS).for_each(|n| withdraw(&mut handoffs, &format!("w{n}")).unwrap());
        assert!(matches!(withdraw(&mut handoffs, "more"), Err(generated::EmitError::TooMany)));
        assert_eq!(withdraw(&mut handoffs, "w0"), Ok(()), "a repeated key adds no request");
        assert_eq!(
            (handoffs.drafts(), handoffs.requests.len()),
            (limits::EMISSIONS, limits::EMISSIONS + limits::WITHDRAWALS)
        );
    }

    #[test]
    fn errors_when_a_withdrawal_breaks_a_rule() {
        let (mut handoffs, long) = (granted(), "x".repeat(2_000));
        for (key, reason) in [("", "r"), (&long, "r"), ("k", ""), ("k", " "), ("k", "a\nb"), ("k", &long)] {
            let refused = handoffs.withdraw(key.to_owned(), reason.to_owned());
            assert!(matches!(refused, Err(generated::EmitError::Invalid(_))), "{key:?} {reason:?}");
        }
        assert!(handoffs.requests.is_empty());
    }

    #[test]
    fn errors_when_the_agent_is_unknown_or_the_draft_breaks_a_rule() {
        assert!(matches!(granted().check(draft("nobody", "{}")), Err(generated::EmitError::UnknownAgent(_))));
        assert!(matches!(granted().check(draft("other", "{}")), Err(generated::EmitError::Denied(_))));
        assert!(matches!(granted().check(draft("audit", "[]")), Err(generated::EmitError::Invalid(_))));
    }
}
