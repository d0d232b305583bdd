//! Requests to a tracker. The plugin waits until a rate limit ends, but not longer than its limits, and repeats a failed
//! request that only reads.
//!
//! The host renews a token that the server refuses. The plugin then sends the request once more.

use std::time::Duration;

use baton_plugin_kit::host::{Budget, Call, Web, WebLimits};
use baton_plugin_kit::{beginning, time};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::{HttpError, Response};
use serde_json::Value;

use crate::issue::{RequestPacer, WriteError};

/// The longest pause for one rate limit. If an answer of GitHub does not state a time, GitHub asks for a pause of one
/// minute.
const LONGEST_PAUSE_S: u64 = 65;

/// The time for the requests and pauses of one task. The host ends a task after five minutes.
pub const TIME_S: u64 = 200;

/// The maximum number of times that a request that only reads is sent.
const TRIES: u64 = 4;

/// A task may use its whole time for pauses.
const LIMITS: WebLimits = WebLimits { requests: 900, longest_pause: LONGEST_PAUSE_S, pauses: TIME_S };

/// The maximum number of characters of a server's reason.
pub const MOST_REASON: usize = 300;

/// The time for which the server may be silent.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The user agent. GitHub refuses requests without one.
pub const USER_AGENT: (&str, &str) = ("user-agent", "baton-tracker");

/// The requests of one task.
pub struct Requests<'a> {
    web: &'a dyn Web,
    name: &'static str,
    budget: Budget,
    begin: Duration,
}

/// A usable answer.
#[derive(Clone, Debug)]
pub struct Content {
    /// The JSON of the body.
    pub json: Value,
    /// The header `Link`.
    pub link: Option<String>,
}

/// Why a request has no usable answer.
#[derive(Clone, Debug, PartialEq)]
enum Failure {
    /// The answer is missing or cannot be used. A change may have taken effect.
    Unknown(String),
    /// The server refuses the request.
    Refused(u16, String),
    /// The task cannot continue.
    Failed(Error),
}

impl RequestPacer for Requests<'_> {
    fn seconds_left(&self) -> u64 {
        TIME_S.saturating_sub(self.web.now().saturating_sub(self.begin).as_secs())
    }

    fn sent(&self) -> usize {
        self.budget.requests()
    }

    fn rest(&self, duration: Duration) {
        if !duration.is_zero() {
            self.web.pause(duration);
        }
    }
}

impl<'a> Requests<'a> {
    /// Creates the requests of a task. Messages call the tracker `name`.
    #[must_use]
    pub fn new(web: &'a dyn Web, name: &'static str) -> Self {
        Self { web, name, budget: Budget::new(LIMITS), begin: web.now() }
    }

    /// Sends a request that changes nothing, and returns its content; `None` if the requested object does not exist.
    ///
    /// # Errors
    /// It cannot be read now (`retryable`), or the server refuses it (`permanent`).
    pub fn read(&self, call: &Call<'_>) -> Result<Option<Content>, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let why = match self.send(call) {
                Ok(content) => return Ok(Some(content)),
                Err(Failure::Failed(error)) => return Err(error),
                Err(Failure::Refused(404 | 410, _)) => return Ok(None),
                Err(Failure::Refused(status, why)) => return Err(self.refused(status, &why)),
                Err(Failure::Unknown(why)) => why,
            };
            if tries >= TRIES {
                return Err(Error::Retryable(format!("{} failed {TRIES} times: {why}", self.name)));
            }
            self.wait(tries, &why)?;
        }
    }

    /// Sends a request that changes something. The request is repeated only if the answer proves that it had no effect: a
    /// rate limit, or a refused token.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, call: &Call<'_>) -> Result<Content, WriteError> {
        self.send(call).map_err(|failure| match failure {
            Failure::Unknown(why) => WriteError::Unknown(why),
            Failure::Failed(error) => WriteError::Failed(error),
            Failure::Refused(status @ (401 | 403 | 404 | 410), why) => WriteError::Failed(self.refused(status, &why)),
            Failure::Refused(status, why) => WriteError::Refused(format!("{} answers {status}: {why}", self.name)),
        })
    }

    fn send(&self, call: &Call<'_>) -> Result<Content, Failure> {
        let mut renewed = false;
        loop {
            if self.seconds_left() == 0 {
                return Err(self.over(&format!("{TIME_S} s")));
            }
            if !self.budget.take() {
                return Err(self.over(&format!("{} requests", LIMITS.requests)));
            }
            let answer = match self.web.send(call) {
                Ok(answer) => answer,
                Err(HttpError::Failed(why)) => return Err(Failure::Unknown(why)),
                Err(error) => return Err(Failure::Failed(error.into())),
            };
            if let Some(seconds) = rate_limit(&answer, self.web.now().as_secs()) {
                self.wait(seconds, "its rate limit is reached").map_err(Failure::Failed)?;
                continue;
            }
            return match answer.status {
                200..=299 => content(&answer).map_err(Failure::Unknown),
                // GraphQL answers 400 too if a query fails; the reason is in the errors of the body.
                400 if call.path == "/graphql" => content(&answer).map_err(Failure::Unknown),
                401 if !renewed => {
                    renewed = true;
                    continue;
                }
                status @ (408 | 500..=599) => Err(Failure::Unknown(format!("it answers {status}"))),
                status => Err(Failure::Refused(status, message(&answer.body))),
            };
        }
    }

    fn over(&self, limit: &str) -> Failure {
        Failure::Failed(Error::Retryable(format!(
            "a task may use only {limit} at {}; run the action again to continue",
            self.name
        )))
    }

    fn refused(&self, status: u16, why: &str) -> Error {
        let (name, account) = (self.name, self.name.to_lowercase());
        match status {
            401 => Error::Permanent(format!(
                "{name} does not accept the token (401: {why}); to check it: baton account test {account}"
            )),
            403 => Error::Permanent(format!(
                "{name} does not allow the account to do this (403: {why}); the token needs access to the repository and its issues"
            )),
            404 | 410 => Error::Permanent(format!(
                "{name} has no such repository or issues ({status}: {why}), or the account may not see them"
            )),
            status => Error::Permanent(format!("{name} answers {status}: {why}")),
        }
    }

    fn wait(&self, seconds: u64, why: &str) -> Result<(), Error> {
        if seconds <= self.seconds_left() && self.budget.pause(self.web, seconds) {
            return Ok(());
        }
        let until = self.web.now().as_secs().saturating_add(seconds).saturating_mul(1_000);
        let until = i64::try_from(until).ok().and_then(time::text).unwrap_or_default();
        Err(Error::Retryable(format!(
            "{} needs a pause of {seconds} s, longer than this task can wait ({why}); run it again after {until}",
            self.name
        )))
    }
}

/// The time, in seconds since 1970 UTC, until which the server accepts no further request.
fn none_left_until(answer: &Response) -> Option<u64> {
    let number = |name: &str| answer.header(name).and_then(|value| value.trim().parse::<u64>().ok());
    match number("x-ratelimit-remaining") {
        Some(0) => number("x-ratelimit-reset"),
        Some(_) => None,
        // Linear counts requests and complexity, and states the time in milliseconds.
        None => ["requests", "complexity"].iter().find_map(|kind| {
            let remaining = number(&format!("x-ratelimit-{kind}-remaining"))?;
            let reset = number(&format!("x-ratelimit-{kind}-reset"))?;
            (remaining == 0).then_some(reset / 1_000)
        }),
    }
}

/// The pause in seconds that a rate limit asks for; `None` for other answers. GitHub reports a rate limit as 403 or 429,
/// Linear as 400 with a code.
fn rate_limit(answer: &Response, now: u64) -> Option<u64> {
    let none_left_until = none_left_until(answer);
    let is_limit = match answer.status {
        429 => true,
        403 => {
            let why = message(&answer.body).to_lowercase();
            answer.retry_after().is_some()
                || none_left_until.is_some()
                || why.contains("rate limit")
                || why.contains("abuse")
        }
        400 => String::from_utf8_lossy(&answer.body).contains("\"RATELIMITED\""),
        _ => false,
    };
    let until = none_left_until.map(|until| until.saturating_sub(now).saturating_add(1));
    is_limit.then(|| answer.retry_after().or(until).unwrap_or(60))
}

fn content(answer: &Response) -> Result<Content, String> {
    let json = serde_json::from_slice(&answer.body).map_err(|error| format!("its answer is not JSON ({error})"))?;
    Ok(Content { json, link: answer.header("link").map(str::to_owned) })
}

/// The reason that an answer gives, on one line.
fn message(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let found = ["/message", "/errors/0/extensions/userPresentableMessage", "/errors/0/message"];
    let found = found.iter().find_map(|place| json.pointer(place)?.as_str()).unwrap_or("no reason given");
    beginning(found, MOST_REASON)
}

#[cfg(test)]
mod tests {
    use baton_tests::scripted_web::{ScriptedWeb as Script, answer, answer_with};

    use super::*;

    fn read() -> Call<'static> {
        Call::new("GET", "/x")
    }

    fn write() -> Call<'static> {
        Call::new("POST", "/x")
    }

    #[test]
    fn a_reading_request_that_may_succeed_later_is_repeated() {
        let lost = || Err(HttpError::Failed("no answer".to_owned()));
        let web = Script::new(vec![lost(), answer(502, ""), answer(200, "{\"a\":"), answer(200, "1")]);
        assert_eq!(Requests::new(&web, "GitHub").read(&read()).unwrap().unwrap().json, 1);
        assert_eq!(web.pauses(), [1, 2, 3]);
        let web = Script::new((0..4).map(|_| answer(500, "")));
        assert!(matches!(Requests::new(&web, "GitHub").read(&read()), Err(Error::Retryable(_))));
        let web = Script::new(vec![answer(404, "{}")]);
        assert!(Requests::new(&web, "GitHub").read(&read()).unwrap().is_none());
        let web = Script::new(vec![answer(302, "")]);
        assert!(matches!(Requests::new(&web, "GitHub").read(&read()), Err(Error::Permanent(_))), "no redirect");
    }

    #[test]
    fn each_form_of_a_rate_limit_is_waited_for_within_limits() {
        let none_left = |until: &'static str| [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", until)];
        let web = Script::new([
            answer_with(429, &[("retry-after", "7")], ""),
            answer_with(403, &none_left("1009"), ""),
            answer(403, "{\"message\":\"You have exceeded a secondary rate limit\"}"),
            answer_with(400, &none_left("1004"), "{\"errors\":[{\"extensions\":{\"code\":\"RATELIMITED\"}}]}"),
            answer(201, "1"),
        ]);
        Requests::new(&web, "GitHub").write(&write()).unwrap();
        assert_eq!(web.pauses(), [7, 3, 60, 1]);
        for (seconds, times) in [("66", 1), ("60", 9)] {
            let web = Script::new((0..times).map(|_| answer_with(429, &[("retry-after", seconds)], "")));
            let refused = Requests::new(&web, "GitHub").write(&write());
            let Err(WriteError::Failed(Error::Retryable(why))) = refused else { panic!("{refused:?}") };
            assert!(why.contains("run it again after 1970-01-01T00:"), "{why}");
            assert!(web.pauses().iter().sum::<u64>() <= TIME_S);
        }
    }

    #[test]
    fn no_request_is_sent_after_the_time_of_a_task() {
        let web = Script::new(vec![answer(200, "1")]);
        let requests = Requests::new(&web, "GitHub");
        requests.read(&read()).unwrap();
        requests.rest(Duration::from_secs(TIME_S));
        assert!(matches!(requests.read(&read()), Err(Error::Retryable(why)) if why.contains("200 s")));
        assert_eq!(web.calls().len(), 1);
    }

    #[test]
    fn a_change_is_sent_once() {
        let lost = Err(HttpError::Failed("cut".to_owned()));
        for answer in [lost, answer(500, ""), answer(201, "{\"number\":")] {
            let web = Script::new(vec![answer]);
            assert!(matches!(Requests::new(&web, "GitHub").write(&write()), Err(WriteError::Unknown(_))));
        }
        let web = Script::new(vec![answer(422, "{\"message\":\"Validation Failed\"}")]);
        let refused = Requests::new(&web, "GitHub").write(&write()).unwrap_err();
        assert_eq!(refused, WriteError::Refused("GitHub answers 422: Validation Failed".to_owned()));
        let web = Script::new(vec![answer(401, ""), answer(401, "{\"message\":\"Bad credentials\"}")]);
        let refused = Requests::new(&web, "GitHub").write(&write()).unwrap_err();
        assert!(
            matches!(refused, WriteError::Failed(Error::Permanent(why)) if why.contains("baton account test github"))
        );
    }
}
