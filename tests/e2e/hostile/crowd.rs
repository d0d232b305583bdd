//! More simultaneous attempts than the pool has places: they wait for each other, and no allocation fails.

use std::fs;
use std::time::{Duration, Instant};

use baton_sandbox::{AttemptReport, AttemptRequest, Cancel, Plugin, Sandbox, limits, wit};
use baton_tests::fixture;

/// Attempts for each place.
const TIMES: usize = 4;

/// The minimum duration of one attempt.
const SLOW: Duration = Duration::from_millis(1500);

pub(super) fn attempt(action: &str, cancel: Cancel) -> AttemptRequest {
    let task = wit::Task {
        id: "0123456789abcdef".to_owned(),
        attempt: 1,
        action: action.to_owned(),
        args: "{}".to_owned(),
        cause: wit::Cause::Call,
        handoff: None,
        mounts: Vec::new(),
        answer: None,
        now: "2026-01-18T10:15:00Z".to_owned(),
    };
    AttemptRequest { cancel, ..AttemptRequest::new(task) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_attempts_than_places_wait_and_all_of_them_run() {
    let sandbox = Sandbox::new(None).unwrap();
    let plugin = sandbox.load(&fs::read(fixture("hostile")).unwrap()).unwrap();
    let begun = Instant::now();
    let running: Vec<_> =
        (0..TIMES * limits::AT_ONCE).map(|_| tokio::spawn(run(sandbox.clone(), plugin.clone()))).collect();
    for one in running {
        let report = one.await.unwrap();
        assert_eq!(report.ended.map(|outcome| outcome.summary), Ok("Took its time.".to_owned()));
    }
    let least = SLOW * u32::try_from(TIMES).unwrap();
    assert!(begun.elapsed() >= least, "never more than {} at once", limits::AT_ONCE);
}

async fn run(sandbox: Sandbox, plugin: Plugin) -> AttemptReport {
    sandbox.run(&plugin, attempt("slow", Cancel::default())).await
}
