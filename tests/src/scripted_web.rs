//! A network for native tests of plugins, which gives scripted answers. Only pauses advance its clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::http::{HttpError, Response};

/// The scripted answer to a request.
pub type ScriptedAnswer = Result<Response, HttpError>;

/// A network that gives these answers in order, and records the pauses and the requests.
#[derive(Debug, Default)]
pub struct ScriptedWeb {
    answers: RefCell<VecDeque<ScriptedAnswer>>,
    pauses: RefCell<Vec<Duration>>,
    calls: RefCell<Vec<String>>,
}

impl ScriptedWeb {
    /// Creates a network with these answers.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = ScriptedAnswer>) -> Self {
        Self { answers: RefCell::new(answers.into_iter().collect()), ..Self::default() }
    }

    /// The pauses in seconds.
    #[must_use]
    pub fn pauses(&self) -> Vec<u64> {
        self.pauses.borrow().iter().map(Duration::as_secs).collect()
    }

    /// The method and path of each request.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// The number of answers that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.answers.borrow().len()
    }

    /// The time since the first request.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.pauses.borrow().iter().sum()
    }
}

impl Web for ScriptedWeb {
    fn send(&self, call: &Call<'_>) -> ScriptedAnswer {
        self.calls.borrow_mut().push(format!("{} {}", call.method, call.path));
        self.answers.borrow_mut().pop_front().expect("the script has an answer")
    }

    fn pause(&self, duration: Duration) {
        self.pauses.borrow_mut().push(duration);
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_000) + self.elapsed()
    }
}

/// An answer with a body.
pub fn answer(status: u16, body: &str) -> ScriptedAnswer {
    answer_with(status, &[], body)
}

/// An answer with headers.
pub fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> ScriptedAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Ok(Response { status, headers, body: body.as_bytes().to_vec(), ..Response::default() })
}
