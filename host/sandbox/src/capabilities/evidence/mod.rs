//! Judgements about RETURNs; see `wit/evidence.wit`. This module only collects and checks the plugin's calls. When the
//! task has settled with an outcome, the caller records them.

mod host;

use baton_core::Evidence;
use baton_core::grants::{Grant, grant_command};
use baton_core::manifest::Manifest;

use crate::bindings::baton::plugin::evidence as generated;
use crate::limits;
use generated::Error;

/// A plugin's judgement about a RETURN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The task of the RETURN; absent for the RETURN that is the cause of the plugin's task.
    pub task: Option<String>,
    /// The result.
    pub evidence: Evidence,
    /// The reasons for the result, one line each.
    pub reasons: Vec<String>,
}

/// The capability's state in one attempt.
pub(crate) struct JudgementList {
    plugin: String,
    declared: bool,
    granted: bool,
    /// True if a RETURN is the cause of the task.
    has_return: bool,
    /// The judgements so far, one for each RETURN, in the order of the calls.
    pub(crate) judgements: Vec<Judgement>,
}

impl JudgementList {
    pub(crate) fn new(manifest: &Manifest, granted: bool, has_return: bool) -> Self {
        let declared = manifest.declares.capabilities.returns.is_some();
        Self { plugin: manifest.name.clone(), declared, granted, has_return, judgements: Vec::new() }
    }

    fn judge(&mut self, judgement: generated::Judgement) -> Result<(), Error> {
        self.check_grant()?;
        let generated::Judgement { task, verdict, reasons } = judgement;
        if task.is_none() && !self.has_return {
            return Err(Error::Invalid("this task was not caused by a RETURN: name the RETURN in `task`".to_owned()));
        }
        let is_line =
            |line: &String| !line.trim().is_empty() && !line.contains('\n') && line.len() <= limits::REASON_BYTES;
        if reasons.is_empty() || reasons.len() > limits::JUDGEMENT_REASONS || !reasons.iter().all(is_line) {
            let (most, bytes) = (limits::JUDGEMENT_REASONS, limits::REASON_BYTES);
            return Err(Error::Invalid(format!("its reasons must be 1 to {most} lines of 1 to {bytes} bytes")));
        }
        self.judgements.retain(|known| known.task != task);
        if self.judgements.len() >= limits::JUDGEMENTS {
            return Err(Error::TooMany);
        }
        let evidence = match verdict {
            generated::Verdict::Verified => Evidence::Verified,
            generated::Verdict::Refuted => Evidence::Refuted,
        };
        self.judgements.push(Judgement { task, evidence, reasons });
        Ok(())
    }

    fn check_grant(&self) -> Result<(), Error> {
        let plugin = &self.plugin;
        if !self.declared {
            return Err(Error::Denied(format!(
                "the plugin `{plugin}` does not declare RETURNs: its author has to add `returns` to the capabilities of its \
                 manifest"
            )));
        }
        let command = || grant_command(plugin, &[Grant::Returns]);
        self.granted
            .then_some(())
            .ok_or_else(|| Error::Denied(format!("judging RETURNs is not granted: {}", command())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(capabilities: &str, granted: bool, has_return: bool) -> JudgementList {
        let text = format!(
            r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
                "capabilities":{{{capabilities}}}}}}}"#
        );
        JudgementList::new(&Manifest::parse(text.as_bytes()).unwrap(), granted, has_return)
    }

    const DECLARED: &str = r#""returns":{"reason":""}"#;

    fn judgement(task: Option<&str>, reasons: &[&str]) -> generated::Judgement {
        generated::Judgement {
            task: task.map(str::to_owned),
            verdict: generated::Verdict::Refuted,
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        }
    }

    #[test]
    fn the_last_judgement_of_a_return_replaces_earlier_ones() {
        let mut list = list(DECLARED, true, true);
        for task in [None, Some("a"), None] {
            list.judge(judgement(task, &["no x.py"])).unwrap();
        }
        let verified =
            generated::Judgement { verdict: generated::Verdict::Verified, ..judgement(Some("a"), &["x.py"]) };
        list.judge(verified).unwrap();
        let told: Vec<_> = list.judgements.iter().map(|one| (one.task.as_deref(), one.evidence)).collect();
        assert_eq!(told, [(None, Evidence::Refuted), (Some("a"), Evidence::Verified)]);
    }

    #[test]
    fn errors_with_the_command_when_it_is_not_granted_and_when_it_is_not_declared() {
        for (capabilities, granted, words) in
            [(DECLARED, false, "baton plugin grant x returns"), ("", true, "does not declare RETURNs")]
        {
            let mut list = list(capabilities, granted, true);
            let told = list.judge(judgement(None, &["r"]));
            assert!(matches!(&told, Err(Error::Denied(text)) if text.contains(words)), "{told:?}");
            assert!(list.judgements.is_empty());
        }
    }

    #[test]
    fn errors_when_a_judgement_breaks_a_rule_or_there_are_too_many() {
        let long = "x".repeat(2_000);
        let mut list = list(DECLARED, true, false);
        for (task, reasons) in
            [(None, &["r"][..]), (Some("a"), &[]), (Some("a"), &[""]), (Some("a"), &["a\nb"]), (Some("a"), &[&long])]
        {
            let told = list.judge(judgement(task, reasons));
            assert!(matches!(told, Err(Error::Invalid(_))), "{task:?} {reasons:?}");
        }
        (0..limits::JUDGEMENTS).for_each(|n| list.judge(judgement(Some(&n.to_string()), &["r"])).unwrap());
        assert_eq!(list.judge(judgement(Some("more"), &["r"])), Err(Error::TooMany));
        assert_eq!(list.judge(judgement(Some("0"), &["r"])), Ok(()), "a repeated judgement replaces the first one");
    }
}
