//! The client of Notion's API in the kit: its rate, its pauses, and its repeated requests.

use baton_plugin_kit::notion::{Api, Refusal, WriteResult};
use baton_plugin_sdk::Error;
use baton_tests::scripted_web::{ScriptedWeb, answer_with};
use serde_json::Value;

fn script(statuses: &[u16]) -> ScriptedWeb {
    ScriptedWeb::new(statuses.iter().map(|status| answer_with(*status, &[("retry-after", "7")], "{}")))
}

#[test]
fn a_burst_is_sent_at_once_and_the_rest_at_the_rate() {
    let web = script(&[200; 50]);
    let api = Api::new(&web, 3);
    for _ in 0..50 {
        api.get("/v1/x").unwrap();
    }
    assert_eq!((web.elapsed().as_millis(), api.requests()), (9_999, 50));
}

#[test]
fn a_rate_limit_is_waited_for_and_failures_are_tried_again() {
    let web = script(&[429, 529, 500, 409, 200]);
    assert!(Api::new(&web, 3).get("/v1/x").is_ok());
    assert_eq!(web.elapsed().as_secs(), 7 + 7 + 3 + 4);
    let web = script(&[502; 5]);
    assert!(matches!(Api::new(&web, 3).get("/v1/x"), Err(Refusal::Failed(Error::Retryable(_)))));
}

#[test]
fn a_change_is_sent_once_unless_nothing_happened() {
    let web = script(&[429, 500, 200]);
    assert!(matches!(Api::new(&web, 3).patch("/v1/x", &Value::Null), WriteResult::Unknown(_)));
    assert_eq!(web.left(), 1);
}

#[test]
fn a_missing_capability_waits_for_the_operator() {
    let web = script(&[403, 403]);
    let api = Api::new(&web, 3);
    let needs = |error: &Error, what| matches!(error, Error::NeedsGrant(text) if text.contains(what));
    let WriteResult::Refused(Refusal::Failed(error)) = api.patch("/v1/x", &Value::Null) else { panic!() };
    assert!(needs(&error, "\"Update content\""), "{error:?}");
    let Err(Refusal::Failed(error)) = api.get("/v1/x") else { panic!() };
    assert!(needs(&error, "\"Read content\""), "{error:?}");
}

#[test]
fn a_refused_token_waits_for_the_operator() {
    let web = script(&[401]);
    let refused = Api::new(&web, 3).get("/v1/x");
    assert!(
        matches!(refused, Err(Refusal::Failed(Error::NeedsGrant(text))) if text.contains("baton account add notion"))
    );
}
