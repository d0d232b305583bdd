//! A proxy between the plugin tracker and `emulate`, a third-party stateful emulator of GitHub and Linear. It checks
//! tokens, records requests, and injects faults before and after the effect of a request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::fake_service::{Answer, FakeService};
use crate::forward::forward;
use crate::server::ReceivedRequest;

/// A fault that the proxy injects into a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status and message without an effect.
    Status(&'static str, &'static str),
    /// 429 with one second of `Retry-After`, without an effect.
    Busy,
    /// GitHub's secondary rate limit: 403 with one second of `Retry-After`, without an effect.
    Secondary,
    /// This status, although the request takes effect.
    Failed(&'static str),
    /// No answer and no effect.
    Dropped,
    /// No answer, although the request takes effect.
    Lost,
    /// The body ends after this many bytes; the request takes effect.
    Cut(usize),
    /// The request takes effect twice.
    Twice,
}

#[derive(Default)]
struct State {
    problems: Vec<String>,
    faults: Vec<(String, Fault)>,
    /// The number of requests before the one that waits, and whether the waiting request takes effect first.
    stop: Option<(usize, bool)>,
    is_stopped: bool,
}

impl State {
    /// Counts a request. If this request must wait, returns whether it takes effect first; otherwise `None`.
    fn count_stop(&mut self) -> Option<bool> {
        let (more, has_effect) = self.stop.take()?;
        self.stop = more.checked_sub(1).map(|more| (more, has_effect));
        (more == 0).then_some(has_effect)
    }
}

/// The proxy.
pub struct TrackerProxy {
    server: FakeService,
    state: Arc<Mutex<State>>,
}

impl TrackerProxy {
    /// A proxy to the two ports. `github` and `linear` are the tokens.
    #[must_use]
    pub fn start(ports: [u16; 2], github: &str, linear: &str) -> Self {
        let state = Arc::<Mutex<State>>::default();
        // A personal key of Linear has no scheme.
        let expected = [format!("Bearer {github}"), linear.to_owned()];
        let inner = Arc::clone(&state);
        let server = FakeService::start(move |request| answer(request, ports, &expected, &inner));
        Self { server, state }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.address()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The requests so far: method, path, and the kind of a query of GraphQL.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.server.asked().iter().map(shown).collect()
    }

    /// The errors in requests.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().problems.clone()
    }

    /// The next request that contains `part` has this fault.
    pub fn order(&self, part: &str, fault: Fault) {
        self.state().faults.push((part.to_owned(), fault));
    }

    /// The number of injected faults that did not happen yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.state().faults.len()
    }

    /// The request after the next `requests` ones waits until [`Self::resume`]. With `has_effect`, it takes effect before it
    /// waits.
    pub fn stop_after(&self, requests: usize, has_effect: bool) {
        let mut state = self.state();
        (state.stop, state.is_stopped) = (Some((requests, has_effect)), false);
    }

    /// True if a request waits.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Lets the waiting request end without an answer.
    pub fn resume(&self) {
        let mut state = self.state();
        (state.stop, state.is_stopped) = (None, false);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(request: &ReceivedRequest, ports: [u16; 2], expected: &[String; 2], state: &Mutex<State>) -> Answer {
    let of_linear = request.line.contains(" /graphql");
    let ([github, linear], [bearer, key]) = (ports, expected);
    let (port, token) = if of_linear { (linear, key) } else { (github, bearer) };
    let shown = shown(request);
    let (fault, stop) = {
        let mut state = lock(state);
        if request.header("authorization") != Some(token) {
            state.problems.push(format!("another token: {shown}"));
        }
        if !of_linear && request.header("user-agent").is_none() {
            state.problems.push(format!("no user agent: {shown}"));
        }
        let at = state.faults.iter().position(|(part, _)| shown.contains(part.as_str()));
        let fault = at.map(|at| state.faults.remove(at).1);
        (fault, state.count_stop())
    };
    let pass = || forward(&for_emulate(request), port);
    if let Some(has_effect) = stop {
        if has_effect {
            drop(pass());
        }
        lock(state).is_stopped = true;
        while lock(state).is_stopped {
            std::thread::sleep(Duration::from_millis(5));
        }
        return Answer::lost();
    }
    let message = |status: &str, text: &str| Answer::json(status, &json!({ "message": text }));
    match fault {
        None => pass(),
        Some(Fault::Status(status, text)) => message(status, text),
        Some(Fault::Busy) => message("429 Too Many Requests", "slow down").with("Retry-After", "1"),
        Some(Fault::Secondary) => {
            message("403 Forbidden", "You have exceeded a secondary rate limit").with("Retry-After", "1")
        }
        Some(Fault::Failed(status)) => {
            drop(pass());
            message(status, "it failed")
        }
        Some(Fault::Dropped) => Answer::lost(),
        Some(Fault::Lost) => {
            drop(pass());
            Answer::lost()
        }
        Some(Fault::Cut(bytes)) => Answer { cut: Some(bytes), ..pass() },
        Some(Fault::Twice) => {
            drop(pass());
            pass()
        }
    }
}

fn shown(request: &ReceivedRequest) -> String {
    format!("{} {}", request.line.trim_end_matches(" HTTP/1.1"), operation(&request.body))
}

/// The kind of a GraphQL query: the name of a field such as `issueCreate`.
fn operation(body: &str) -> &'static str {
    let known = ["issueCreate", "issueUpdate", "issues(", "teams(", "issue("];
    known.into_iter().find(|name| body.contains(name)).unwrap_or_default()
}

/// `emulate` has no archived issues and no trash, and refuses requests that ask Linear for them.
fn for_emulate(request: &ReceivedRequest) -> ReceivedRequest {
    let body = request.body.replace(", includeArchived: true", "").replace(" trashed ", " ");
    ReceivedRequest { body, ..request.clone() }
}
