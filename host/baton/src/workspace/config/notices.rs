//! `[notify]`: how Baton sends a notice that a task needs a person, failed or is overdue.

use std::time::Duration;

use anyhow::bail;
use baton_dispatch::notices::NoticeCause;
use serde::Deserialize;

use super::duration::TimeSpan;

/// The default time limit of the command.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum time limit. The daemon waits for a running command before it exits.
const LONGEST_TIMEOUT: Duration = Duration::from_mins(1);

/// The default limit of notices a minute.
const PER_MINUTE: u32 = 10;

/// The maximum limit of notices a minute.
const MOST_PER_MINUTE: u32 = 60;

/// `[notify]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct NotifyConfig {
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    desktop: bool,
    #[serde(default)]
    on: Option<Vec<NoticeEvent>>,
    #[serde(default)]
    timeout: Option<TimeSpan>,
    #[serde(default)]
    per_minute: Option<u32>,
}

/// An event name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoticeEvent {
    NeedsHuman,
    Failed,
    Overdue,
}

impl NoticeEvent {
    fn cause(self) -> NoticeCause {
        match self {
            Self::NeedsHuman => NoticeCause::NeedsHuman,
            Self::Failed => NoticeCause::Failed,
            Self::Overdue => NoticeCause::Overdue,
        }
    }
}

/// The settings of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notify {
    /// The program and its arguments; empty if there is none.
    pub(crate) command: Vec<String>,
    pub(crate) desktop: bool,
    /// The events that send a notice.
    pub(crate) on: Vec<NoticeCause>,
    /// The time limit of a program.
    pub(crate) timeout: Duration,
    /// The maximum of notices a minute; others are merged into one.
    pub(crate) per_minute: u32,
}

impl NotifyConfig {
    pub(super) fn notify(&self) -> Notify {
        let mut on: Vec<NoticeCause> = match &self.on {
            Some(on) => on.iter().map(|on| on.cause()).collect(),
            None => NoticeCause::ALL.to_vec(),
        };
        on.sort_unstable();
        on.dedup();
        Notify {
            command: self.command.clone(),
            desktop: self.desktop,
            on,
            timeout: self.timeout.map_or(TIMEOUT, |pause| pause.0),
            per_minute: self.per_minute.unwrap_or(PER_MINUTE),
        }
    }

    /// Rejects settings without a sensible meaning.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Notify { command, desktop, on, timeout, per_minute } = self.notify();
        if command.is_empty() && !desktop {
            bail!(
                "[notify] has no receiver: set command = [\"program\", \"argument\"] or desktop = true, or remove the section"
            );
        }
        if command.first().is_some_and(|program| program.trim().is_empty()) {
            bail!("[notify] command: the first word must be the name of a program, and is empty");
        }
        if command.iter().any(|word| word.contains('\0')) {
            bail!("[notify] command: a word contains a null character; remove it");
        }
        if on.is_empty() {
            bail!(
                "[notify] on = [] selects no event: name needs_human, failed or overdue, or remove `on` for all three"
            );
        }
        if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
            bail!(
                "[notify] timeout must be more than 0 and at most {} s; the default is 10 s",
                LONGEST_TIMEOUT.as_secs()
            );
        }
        if !(1..=MOST_PER_MINUTE).contains(&per_minute) {
            bail!("[notify] per_minute must be 1 to {MOST_PER_MINUTE}; the default is {PER_MINUTE}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Config;

    #[test]
    fn defaults_are_all_events_ten_seconds_and_ten_a_minute() {
        assert_eq!(Config::parse("").unwrap().notify(), None);
        let notify = Config::parse("[notify]\ndesktop = true").unwrap().notify().unwrap();
        assert_eq!(
            (notify.on.as_slice(), notify.timeout, notify.per_minute),
            (&NoticeCause::ALL[..], TIMEOUT, PER_MINUTE)
        );
        let text =
            "[notify]\ncommand = [\"tell\", \"me\"]\non = [\"overdue\", \"failed\", \"failed\"]\ntimeout = \"2s\"";
        let notify = Config::parse(text).unwrap().notify().unwrap();
        assert_eq!(notify.command, ["tell", "me"]);
        assert_eq!(
            (notify.on, notify.timeout),
            (vec![NoticeCause::Failed, NoticeCause::Overdue], Duration::from_secs(2))
        );
    }

    #[test]
    fn invalid_values_are_rejected_with_their_name() {
        for (text, part) in [
            ("[notify]", "has no receiver"),
            ("[notify]\non = [\"failed\"]", "has no receiver"),
            ("[notify]\ncommand = [\"\"]", "and is empty"),
            ("[notify]\ndesktop = true\non = []", "selects no event"),
            ("[notify]\ndesktop = true\non = [\"late\"]", "late"),
            ("[notify]\ndesktop = true\ntimeout = \"5m\"", "at most 60 s"),
            ("[notify]\ndesktop = true\nper_minute = 0", "per_minute must be 1 to 60"),
            ("[notify]\ndesktop = true\nprogram = \"x\"", "notify.program"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
