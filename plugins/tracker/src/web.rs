//! Requests to a tracker. A rate limit is waited for within limits; a request that only reads is tried again.
//!
//! A token that the server refuses is renewed by the host, so the request is sent once more.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use baton_plugin_kit::time;
use baton_plugin_sdk::http::{self, HttpError};
use baton_plugin_sdk::{Error, secrets};
use serde_json::Value;

use crate::issue::WriteError;

/// The longest pause of one rate limit. Without a time, GitHub asks for one minute.
const LONGEST_PAUSE_S: u64 = 65;

/// The time for the requests and pauses of one task. The host ends a task after five minutes.
pub const TIME_S: u64 = 200;

/// How often a request that reads is sent if it fails.
const TRIES: u64 = 4;

/// Requests of one task. The host allows 1,000; the rest is for its own.
const REQUESTS: usize = 900;

/// How long the server may be silent.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Whether the server says that no request is left until this time, in seconds since 1970 UTC.
    pub none_left_until: Option<u64>,
    /// `Link`.
    pub link: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request to a path below the tracker's address.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// `GET`, `POST` or `PATCH`.
    pub method: &'a str,
    /// The path and its parameters.
    pub path: &'a str,
    /// The body.
    pub body: Option<&'a Value>,
}

/// Sends requests.
pub trait Web {
    /// Sends a request.
    ///
    /// # Errors
    /// No answer, or the host denied the request.
    fn send(&self, call: Call<'_>) -> Result<Answer, HttpError>;

    /// Waits.
    fn pause(&self, duration: Duration);

    /// The time, in seconds since 1970 UTC.
    fn now(&self) -> u64;
}

/// A tracker of the host's network.
#[derive(Clone, Copy, Debug)]
pub struct HostWeb {
    /// The host in the manifest, and the secret.
    pub service: &'static str,
    /// What is before the token in `Authorization`.
    pub scheme: &'static str,
}

impl Web for HostWeb {
    fn send(&self, call: Call<'_>) -> Result<Answer, HttpError> {
        let address = format!("{}{}", http::address(self.service)?, call.path);
        let token = secrets::placeholder(self.service).map_err(|error| HttpError::Denied(text_of(error)))?;
        let mut request = http::Request::new(call.method, address)
            .header("authorization", format!("{}{token}", self.scheme))
            .header("user-agent", "baton-tracker");
        if self.service == "github" {
            request =
                request.header("accept", "application/vnd.github+json").header("x-github-api-version", "2022-11-28");
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        // A redirect could lead to another server.
        let answer = request.redirects(0).timeout(TIMEOUT).send()?;
        let number = |name: &str| answer.header(name).and_then(|value| value.trim().parse::<u64>().ok());
        let none_left_until = match number("x-ratelimit-remaining") {
            Some(0) => number("x-ratelimit-reset"),
            Some(_) => None,
            // Linear counts requests and complexity, and states the time in milliseconds.
            None => ["requests", "complexity"].iter().find_map(|kind| {
                let remaining = number(&format!("x-ratelimit-{kind}-remaining"))?;
                let reset = number(&format!("x-ratelimit-{kind}-reset"))?;
                (remaining == 0).then_some(reset / 1_000)
            }),
        };
        Ok(Answer {
            status: answer.status,
            retry_after: answer.retry_after(),
            none_left_until,
            link: answer.header("link").map(str::to_owned),
            body: answer.body,
        })
    }

    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}

fn text_of(error: Error) -> String {
    match error {
        Error::Permanent(text) | Error::Retryable(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text) => text,
    }
}

/// The requests of one task.
pub struct Requests<'a> {
    web: &'a dyn Web,
    name: &'static str,
    sent: Cell<usize>,
    started: u64,
}

/// A usable answer.
#[derive(Clone, Debug)]
pub struct Content {
    /// The JSON of the body.
    pub json: Value,
    /// `Link`.
    pub link: Option<String>,
}

/// Why there is no content.
#[derive(Clone, Debug, PartialEq)]
enum Failure {
    /// No answer, or one that cannot be used: a change may have taken effect.
    Unknown(String),
    /// The server refuses the request.
    Refused(u16, String),
    /// The task cannot continue.
    Failed(Error),
}

impl<'a> Requests<'a> {
    /// The requests to the tracker that people call `name`.
    #[must_use]
    pub fn new(web: &'a dyn Web, name: &'static str) -> Self {
        Self { web, name, sent: Cell::new(0), started: web.now() }
    }

    /// The seconds that are left of [`TIME_S`].
    #[must_use]
    pub fn seconds_left(&self) -> u64 {
        TIME_S.saturating_sub(self.web.now().saturating_sub(self.started))
    }

    /// The number of requests so far.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.get()
    }

    /// The content of a request that changes nothing; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read now (`retryable`), or the server refuses it (`permanent`).
    pub fn read(&self, call: Call<'_>) -> Result<Option<Content>, Error> {
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

    /// Sends a request that changes something, once: only an answer before its effect lets it be sent again.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, call: Call<'_>) -> Result<Content, WriteError> {
        self.send(call).map_err(|failure| match failure {
            Failure::Unknown(why) => WriteError::Unknown(why),
            Failure::Failed(error) => WriteError::Failed(error),
            Failure::Refused(status @ (401 | 403 | 404 | 410), why) => WriteError::Failed(self.refused(status, &why)),
            Failure::Refused(status, why) => WriteError::Refused(format!("{} answers {status}: {why}", self.name)),
        })
    }

    /// Waits between two changes.
    pub fn rest(&self, duration: Duration) {
        if !duration.is_zero() {
            self.web.pause(duration);
        }
    }

    fn send(&self, call: Call<'_>) -> Result<Content, Failure> {
        let mut renewed = false;
        loop {
            let limit = match (self.sent.get(), self.seconds_left()) {
                (REQUESTS.., _) => format!("{REQUESTS} requests"),
                (_, 0) => format!("{TIME_S} s"),
                _ => String::new(),
            };
            if !limit.is_empty() {
                let text = format!("a task may use {limit} at {}; another task continues", self.name);
                return Err(Failure::Failed(Error::Retryable(text)));
            }
            self.sent.set(self.sent.get() + 1);
            let answer = match self.web.send(call) {
                Ok(answer) => answer,
                Err(HttpError::Failed(why)) => return Err(Failure::Unknown(why)),
                Err(error) => return Err(Failure::Failed(error.into())),
            };
            if let Some(seconds) = rate_limit(&answer, self.web.now()) {
                self.wait(seconds, "its rate limit is reached").map_err(Failure::Failed)?;
                continue;
            }
            return match answer.status {
                200..=299 => content(answer).map_err(Failure::Unknown),
                // GraphQL: the errors in the body say what the status does not.
                400 if call.path == "/graphql" => content(answer).map_err(Failure::Unknown),
                401 if !renewed => {
                    renewed = true;
                    continue;
                }
                status @ (408 | 500..=599) => Err(Failure::Unknown(format!("it answers {status}"))),
                status => Err(Failure::Refused(status, message(&answer.body))),
            };
        }
    }

    fn refused(&self, status: u16, why: &str) -> Error {
        let (name, account) = (self.name, self.name.to_lowercase());
        match status {
            401 => Error::Permanent(format!(
                "{name} does not accept the token (401: {why}); to check it: baton account test {account}"
            )),
            403 => Error::Permanent(format!(
                "{name} does not allow this to the account (403: {why}); the token needs access to the repository and its issues"
            )),
            404 | 410 => Error::Permanent(format!(
                "{name} has no such repository or issues ({status}: {why}), or the account may not see them"
            )),
            status => Error::Permanent(format!("{name} answers {status}: {why}")),
        }
    }

    fn wait(&self, seconds: u64, why: &str) -> Result<(), Error> {
        if seconds > LONGEST_PAUSE_S || seconds > self.seconds_left() {
            let until = self.web.now().saturating_add(seconds).saturating_mul(1_000);
            let until = i64::try_from(until).ok().and_then(time::text).unwrap_or_default();
            return Err(Error::Retryable(format!(
                "{} needs a pause of {seconds} s, longer than this task can wait ({why}); run it again after {until}",
                self.name
            )));
        }
        self.web.pause(Duration::from_secs(seconds));
        Ok(())
    }
}

/// The pause in seconds that a rate limit asks for. GitHub has 403 or 429, Linear 400 with a code.
fn rate_limit(answer: &Answer, now: u64) -> Option<u64> {
    let is_limit = match answer.status {
        429 => true,
        403 => {
            let why = message(&answer.body).to_lowercase();
            answer.retry_after.is_some()
                || answer.none_left_until.is_some()
                || why.contains("rate limit")
                || why.contains("abuse")
        }
        400 => String::from_utf8_lossy(&answer.body).contains("\"RATELIMITED\""),
        _ => false,
    };
    let until = answer.none_left_until.map(|until| until.saturating_sub(now).saturating_add(1));
    is_limit.then(|| answer.retry_after.or(until).unwrap_or(60))
}

fn content(answer: Answer) -> Result<Content, String> {
    let json = serde_json::from_slice(&answer.body).map_err(|error| format!("its answer is not JSON ({error})"))?;
    Ok(Content { json, link: answer.link })
}

/// The reason that an answer gives, on one line.
fn message(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let found = ["/message", "/errors/0/extensions/userPresentableMessage", "/errors/0/message"];
    let found = found.iter().find_map(|place| json.pointer(place)?.as_str()).unwrap_or("no reason given");
    found.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Gives these answers, and records the pauses and the requests.
    pub(crate) struct Script {
        answers: RefCell<Vec<Result<Answer, HttpError>>>,
        pub(crate) pauses: RefCell<Vec<u64>>,
        pub(crate) calls: RefCell<Vec<String>>,
    }

    impl Script {
        pub(crate) fn new(answers: Vec<Result<Answer, HttpError>>) -> Self {
            Self { answers: RefCell::new(answers), pauses: RefCell::default(), calls: RefCell::default() }
        }
    }

    impl Web for Script {
        fn send(&self, call: Call<'_>) -> Result<Answer, HttpError> {
            self.calls.borrow_mut().push(format!("{} {}", call.method, call.path));
            self.answers.borrow_mut().remove(0)
        }

        fn pause(&self, duration: Duration) {
            self.pauses.borrow_mut().push(duration.as_secs());
        }

        fn now(&self) -> u64 {
            1_000 + self.pauses.borrow().iter().sum::<u64>()
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the scripted answers are results")]
    pub(crate) fn answer(status: u16, body: &str) -> Result<Answer, HttpError> {
        Ok(Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() })
    }

    const READ: Call<'static> = Call { method: "GET", path: "/x", body: None };
    const WRITE: Call<'static> = Call { method: "POST", path: "/x", body: None };

    #[test]
    fn what_may_succeed_later_is_read_again() {
        let lost = || Err(HttpError::Failed("no answer".to_owned()));
        let web = Script::new(vec![lost(), answer(502, ""), answer(200, "{\"a\":"), answer(200, "1")]);
        assert_eq!(Requests::new(&web, "GitHub").read(READ).unwrap().unwrap().json, 1);
        assert_eq!(*web.pauses.borrow(), [1, 2, 3]);
        let web = Script::new((0..4).map(|_| answer(500, "")).collect());
        assert!(matches!(Requests::new(&web, "GitHub").read(READ), Err(Error::Retryable(_))));
        let web = Script::new(vec![answer(404, "{}")]);
        assert!(Requests::new(&web, "GitHub").read(READ).unwrap().is_none());
        let web = Script::new(vec![answer(302, "")]);
        assert!(matches!(Requests::new(&web, "GitHub").read(READ), Err(Error::Permanent(_))), "no redirect");
    }

    #[test]
    fn each_form_of_a_rate_limit_is_waited_for_within_limits() {
        let limited = |status, retry_after, none_left_until, body: &str| {
            Ok(Answer { status, retry_after, none_left_until, body: body.as_bytes().to_vec(), link: None })
        };
        let web = Script::new(vec![
            limited(429, Some(7), None, ""),
            limited(403, None, Some(1_009), ""),
            limited(403, None, None, "{\"message\":\"You have exceeded a secondary rate limit\"}"),
            limited(400, None, Some(1_004), "{\"errors\":[{\"extensions\":{\"code\":\"RATELIMITED\"}}]}"),
            answer(201, "1"),
        ]);
        Requests::new(&web, "GitHub").write(WRITE).unwrap();
        assert_eq!(*web.pauses.borrow(), [7, 3, 60, 1]);
        for answers in
            [vec![limited(429, Some(66), None, "")], (0..9).map(|_| limited(429, Some(60), None, "")).collect()]
        {
            let web = Script::new(answers);
            let refused = Requests::new(&web, "GitHub").write(WRITE);
            let Err(WriteError::Failed(Error::Retryable(why))) = refused else { panic!("{refused:?}") };
            assert!(why.contains("run it again after 1970-01-01T00:"), "{why}");
            assert!(web.pauses.borrow().iter().sum::<u64>() <= TIME_S);
        }
    }

    #[test]
    fn no_request_is_sent_after_the_time_of_a_task() {
        let web = Script::new(vec![answer(200, "1")]);
        let requests = Requests::new(&web, "GitHub");
        requests.read(READ).unwrap();
        requests.rest(Duration::from_secs(TIME_S));
        assert!(matches!(requests.read(READ), Err(Error::Retryable(why)) if why.contains("200 s")));
        assert_eq!(web.calls.borrow().len(), 1);
    }

    #[test]
    fn a_change_is_sent_once() {
        let lost = Err(HttpError::Failed("cut".to_owned()));
        for answer in [lost, answer(500, ""), answer(201, "{\"number\":")] {
            let web = Script::new(vec![answer]);
            assert!(matches!(Requests::new(&web, "GitHub").write(WRITE), Err(WriteError::Unknown(_))));
        }
        let web = Script::new(vec![answer(422, "{\"message\":\"Validation Failed\"}")]);
        let refused = Requests::new(&web, "GitHub").write(WRITE).unwrap_err();
        assert_eq!(refused, WriteError::Refused("GitHub answers 422: Validation Failed".to_owned()));
        let web = Script::new(vec![answer(401, ""), answer(401, "{\"message\":\"Bad credentials\"}")]);
        let refused = Requests::new(&web, "GitHub").write(WRITE).unwrap_err();
        assert!(
            matches!(refused, WriteError::Failed(Error::Permanent(why)) if why.contains("baton account test github"))
        );
    }
}
