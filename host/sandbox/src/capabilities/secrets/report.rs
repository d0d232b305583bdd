//! Masks secrets in all results of an attempt: outcome, plugin requests, watched files, judgements, error and log. This also covers
//! secrets that the plugin got in another way.

use super::Scrubber;
use crate::{AttemptError, AttemptReport, Draft, PluginRequest, wit};

/// Masks every value in `report`.
pub(crate) fn scrub_report(scrubber: &Scrubber, report: &mut AttemptReport) {
    if scrubber.is_idle() {
        return;
    }
    scrubber.text(&mut report.log);
    report.plugin_requests.iter_mut().for_each(|request| scrub_request(scrubber, request));
    for watched in &mut report.watched {
        scrubber.text(&mut watched.key);
        watched.files.iter_mut().for_each(|file| scrubber.text(&mut file.path));
    }
    for judgement in &mut report.judgements {
        judgement.task.iter_mut().chain(&mut judgement.reasons).for_each(|text| scrubber.text(text));
    }
    match &mut report.ended {
        Ok(outcome) => scrub_outcome(scrubber, outcome),
        Err(failure) => scrub_failure(scrubber, failure),
    }
}

fn scrub_outcome(scrubber: &Scrubber, outcome: &mut wit::Outcome) {
    scrubber.text(&mut outcome.summary);
    outcome.next_steps.iter_mut().for_each(|step| scrubber.text(step));
    for artifact in &mut outcome.artifacts {
        scrubber.text(&mut artifact.name);
        scrubber.text(&mut artifact.media_type);
        scrubber.bytes(&mut artifact.bytes);
    }
    for finding in &mut outcome.findings {
        for text in [&mut finding.id, &mut finding.title, &mut finding.evidence] {
            scrubber.text(text);
        }
    }
}

fn scrub_failure(scrubber: &Scrubber, failure: &mut AttemptError) {
    match failure {
        AttemptError::Retryable(text)
        | AttemptError::Permanent(text)
        | AttemptError::NeedsHuman(text)
        | AttemptError::NeedsGrant(text)
        | AttemptError::Trap(text) => scrubber.text(text),
        _ => {}
    }
}

fn scrub_request(scrubber: &Scrubber, request: &mut PluginRequest) {
    match request {
        PluginRequest::Send(draft) => scrub_draft(scrubber, draft),
        PluginRequest::Withdraw(back) => {
            scrubber.text(&mut back.dedupe_key);
            scrubber.text(&mut back.reason);
        }
    }
}

fn scrub_draft(scrubber: &Scrubber, draft: &mut Draft) {
    for text in [&mut draft.to, &mut draft.title, &mut draft.body, &mut draft.dedupe_key] {
        scrubber.text(text);
    }
    if let Some(action) = &mut draft.action {
        scrubber.text(action);
    }
    let mut args = serde_json::Value::Object(std::mem::take(&mut draft.args));
    scrub_json(scrubber, &mut args);
    if let serde_json::Value::Object(args) = args {
        draft.args = args;
    }
}

/// Masks keys and texts of JSON, because they contain values unescaped.
fn scrub_json(scrubber: &Scrubber, value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => scrubber.text(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| scrub_json(scrubber, item)),
        serde_json::Value::Object(map) => {
            let scrubbed = std::mem::take(map).into_iter().map(|(mut key, mut value)| {
                scrubber.text(&mut key);
                scrub_json(scrubber, &mut value);
                (key, value)
            });
            *map = scrubbed.collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use baton_core::Evidence;
    use baton_core::handoff::Priority;
    use serde_json::json;

    use super::*;
    use crate::limits;
    use crate::run::finish;
    use crate::{Judgement, Usage, WatchUpdate, WatchedFile, Withdrawal};

    const VALUE: &str = "s3cr3t-value";

    fn report(ended: Result<wit::Outcome, AttemptError>) -> AttemptReport {
        let args = json!({ VALUE: ["x", VALUE, { "a": format!("b {VALUE}") }] });
        let draft = Draft {
            to: "a".to_owned(),
            title: VALUE.to_owned(),
            action: Some(VALUE.to_owned()),
            args: args.as_object().unwrap().clone(),
            body: format!("Key: {VALUE}"),
            priority: Priority::Low,
            dedupe_key: VALUE.to_owned(),
        };
        let back = Withdrawal { dedupe_key: VALUE.to_owned(), reason: format!("found {VALUE}") };
        let file = WatchedFile { path: format!("/plans/0/{VALUE}"), stamp: None };
        let watched = vec![WatchUpdate { key: VALUE.to_owned(), files: vec![file] }];
        let plugin_requests = vec![PluginRequest::Send(draft), PluginRequest::Withdraw(back)];
        let judgement = Judgement {
            task: Some(VALUE.to_owned()),
            evidence: Evidence::Refuted,
            reasons: vec![format!("no {VALUE}")],
        };
        AttemptReport {
            ended,
            plugin_requests,
            watched,
            judgements: vec![judgement],
            log: format!("log {VALUE}\n"),
            usage: Usage::default(),
        }
    }

    #[test]
    fn a_secret_at_a_cut_is_removed_completely() {
        let scrubber = Scrubber::of(VALUE).unwrap();
        // The cut is before the limit, because the text also contains the number of removed bytes.
        for kept in 1..90 {
            let across = |limit: usize| format!("{}{VALUE}{}", "x".repeat(limit - kept), "y".repeat(100));
            let outcome = wit::Outcome {
                kind: wit::OutcomeKind::Partial,
                summary: across(limits::SUMMARY_BYTES),
                next_steps: vec![across(limits::NEXT_STEP_BYTES)],
                artifacts: Vec::new(),
                findings: Vec::new(),
            };
            let error = across(limits::ERROR_BYTES);
            let failures = [
                AttemptError::Retryable(error.clone()),
                AttemptError::Permanent(error.clone()),
                AttemptError::NeedsHuman(error.clone()),
                AttemptError::NeedsGrant(error.clone()),
                AttemptError::Trap(error),
            ];
            for ended in failures.map(Err::<wit::Outcome, _>).into_iter().chain([Ok(outcome)]) {
                let mut report = report(ended);
                finish(&scrubber, &mut report);
                assert!(!format!("{:?}", report.ended).contains("xs"), "{:?}", report.ended);
            }
        }
    }

    #[test]
    fn no_part_of_a_report_contains_a_secret() {
        let outcome = wit::Outcome {
            kind: wit::OutcomeKind::Partial,
            summary: format!("sent {VALUE}"),
            next_steps: vec![format!("use {VALUE}")],
            artifacts: vec![wit::Artifact {
                name: format!("{VALUE}.txt"),
                media_type: VALUE.to_owned(),
                bytes: [&[0xff], VALUE.as_bytes()].concat(),
            }],
            findings: vec![wit::Finding {
                id: VALUE.to_owned(),
                severity: wit::Severity::Low,
                title: VALUE.to_owned(),
                evidence: VALUE.to_owned(),
            }],
        };
        let scrubber = Scrubber::of(VALUE).unwrap();
        for ended in
            [Ok(outcome), Err(AttemptError::Permanent(VALUE.to_owned())), Err(AttemptError::Trap(VALUE.to_owned()))]
        {
            let mut report = report(ended);
            scrub_report(&scrubber, &mut report);
            let shown = format!("{report:?}");
            assert!(!shown.contains(VALUE) && shown.contains("************"), "{shown}");
            if let Ok(outcome) = report.ended {
                assert_eq!(outcome.artifacts[0].bytes, [&[0xff], &[b'*'; 12][..]].concat());
            }
        }
    }
}
