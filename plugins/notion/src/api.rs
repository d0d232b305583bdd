//! Requests to Notion's API: the rate, rate limits, and further tries of requests that may succeed later.
//!
//! Reading requests are sent again after a failure. A request that changes a page is sent again only by its caller, after it has read
//! the page. If the token is refused, the task waits for the operator.

use std::cell::Cell;
use std::time::{Duration, Instant};

use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::{self, HttpError};
use serde_json::Value;

/// The version of the API that this plugin was written for.
pub const VERSION: &str = "2026-03-11";

/// The host in the manifest.
const HOST: &str = "api";

/// The secret in the manifest, which is the account.
const ACCOUNT: &str = "notion";

/// The long-term rate that Notion documents for a connection, in requests per second.
pub const RATE: u32 = 3;

/// Requests that may be sent at once before the rate applies. Notion accepts bursts; a short task then needs no pause.
const BURST: u32 = 20;

/// The longest pause of one rate limit. Notion counts the requests of 60 seconds.
const LONGEST_PAUSE: u64 = 61;

/// All pauses of one task that Notion asks for, in seconds.
const PAUSES: u64 = 120;

/// How often a reading request is sent if the server fails.
const TRIES: u64 = 5;

/// Requests of one task. The host allows 1,000; the rest is for tries.
const REQUESTS: usize = 900;

/// The time after which a task sends no further requests: it has five minutes, and writes its file at the end.
const TIME: Duration = Duration::from_secs(220);

/// The error if Notion does not accept the token.
const NOT_ACCEPTED: &str =
    "Notion does not accept the account's token (401); to store a valid one, and continue: `baton account add notion`";

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request to a path below the API's address, such as `/v1/pages/ID`.
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

    /// The time since the task began.
    fn elapsed(&self) -> Duration;
}

/// The host's network.
#[derive(Clone, Copy, Debug)]
pub struct HostWeb(Instant);

impl HostWeb {
    /// The network of a task that begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Web for HostWeb {
    fn send(&self, call: Call<'_>) -> Result<Answer, HttpError> {
        let address = format!("{}{}", http::address(HOST)?, call.path);
        let denied = |error: Error| match error {
            Error::Permanent(text) | Error::Retryable(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text) => {
                HttpError::Denied(text)
            }
        };
        let mut request = http::Request::new(call.method, address).bearer(ACCOUNT).map_err(denied)?;
        request = request.header("notion-version", VERSION);
        if let Some(body) = call.body {
            request = request.json(body);
        }
        // A redirect could lead to another server.
        let answer = request.redirects(0).send()?;
        let retry_after = answer.retry_after();
        Ok(Answer { status: answer.status, retry_after, body: answer.body })
    }

    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Why there is no content.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// It does not exist, or the integration has no access to it.
    Missing,
    /// Notion does not accept the request, with its reason.
    Rejected(String),
    /// The requests or the time of this task are used up.
    NoMoreRequests,
    /// The task cannot continue.
    Failed(Error),
}

/// The result of a request that changes a page.
#[derive(Debug, PartialEq)]
pub enum WriteResult {
    /// It took effect; the page as it is now.
    Done(Value),
    /// It may have taken effect.
    Unknown(String),
    /// It has no effect.
    Refused(Refusal),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing => Self::Permanent(
                "Notion does not have it, or the integration has no access to it (404): open it in Notion, then \
                 ⋯ → Connections → your integration"
                    .to_owned(),
            ),
            Refusal::Rejected(why) => Self::Permanent(why),
            Refusal::NoMoreRequests => {
                Self::Retryable("the requests of this task are used up; the next try continues".to_owned())
            }
            Refusal::Failed(error) => error,
        }
    }
}

/// What an answer means.
enum Meaning {
    Content(Value),
    Refused(Refusal),
    /// A rate limit: nothing happened.
    Limited(u64),
    /// It may be different later.
    Failed(String),
}

/// The API of one task.
pub struct Api<'a> {
    web: &'a dyn Web,
    interval: Duration,
    /// When the task is back at its steady rate.
    even: Cell<Duration>,
    requests: Cell<usize>,
    paused: Cell<u64>,
}

impl<'a> Api<'a> {
    /// The API behind `web`, with a long-term rate of `rate` requests per second.
    #[must_use]
    pub fn new(web: &'a dyn Web, rate: u32) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self { web, interval, even: Cell::default(), requests: Cell::new(0), paused: Cell::new(0) }
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.get()
    }

    /// The content of a path.
    ///
    /// # Errors
    /// As [`Refusal`].
    pub fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.read(Call { method: "GET", path, body: None })
    }

    /// The answer to a query.
    ///
    /// # Errors
    /// As [`Refusal`].
    pub fn query(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.read(Call { method: "POST", path, body: Some(body) })
    }

    fn read(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let mut tries = 0;
        loop {
            self.turn()?;
            tries += 1;
            let why = match self.send(call)? {
                Meaning::Content(content) => return Ok(content),
                Meaning::Refused(refusal) => return Err(refusal),
                Meaning::Limited(seconds) => {
                    self.wait(seconds, "its rate limit is reached")?;
                    continue;
                }
                Meaning::Failed(why) => why,
            };
            if tries >= TRIES {
                let text = format!("{} {} failed {TRIES} times: {why}", call.method, call.path);
                return Err(Refusal::Failed(Error::Retryable(text)));
            }
            self.wait(tries, &why)?;
        }
    }

    /// Changes a page, once: only a rate limit lets the request be sent again.
    pub fn patch(&self, path: &str, body: &Value) -> WriteResult {
        loop {
            let meaning = self.turn().and_then(|()| self.send(Call { method: "PATCH", path, body: Some(body) }));
            match meaning {
                Ok(Meaning::Content(content)) => return WriteResult::Done(content),
                Ok(Meaning::Failed(why)) => return WriteResult::Unknown(why),
                Ok(Meaning::Limited(seconds)) => {
                    if let Err(refusal) = self.wait(seconds, "its rate limit is reached") {
                        return WriteResult::Refused(refusal);
                    }
                }
                Ok(Meaning::Refused(refusal)) | Err(refusal) => return WriteResult::Refused(refusal),
            }
        }
    }

    /// Waits, and counts it among the pauses of the task.
    ///
    /// # Errors
    /// If the task would wait too long.
    pub fn wait(&self, seconds: u64, why: &str) -> Result<(), Refusal> {
        let all = self.paused.get().saturating_add(seconds);
        if seconds > LONGEST_PAUSE || all > PAUSES {
            return Err(Refusal::Failed(Error::Retryable(format!("Notion needs a pause of {seconds} s: {why}"))));
        }
        self.paused.set(all);
        self.web.pause(Duration::from_secs(seconds));
        Ok(())
    }

    /// Waits until the next request may be sent.
    fn turn(&self) -> Result<(), Refusal> {
        let now = self.web.elapsed();
        if self.requests.get() >= REQUESTS || now >= TIME {
            return Err(Refusal::NoMoreRequests);
        }
        let even = self.even.get().max(now);
        let pause = even.saturating_sub(now).saturating_sub(self.interval * (BURST - 1));
        self.even.set(even + self.interval);
        self.requests.set(self.requests.get() + 1);
        if !pause.is_zero() {
            self.web.pause(pause);
        }
        Ok(())
    }

    fn send(&self, call: Call<'_>) -> Result<Meaning, Refusal> {
        match self.web.send(call) {
            Ok(answer) => Ok(meaning(&answer, call)),
            Err(HttpError::Failed(why)) => Ok(Meaning::Failed(why)),
            Err(error) => Err(Refusal::Failed(error.into())),
        }
    }
}

fn not_allowed(call: Call<'_>, message: &str) -> String {
    let capability = if call.method == "PATCH" { "Update content" } else { "Read content" };
    format!(
        "Notion answers 403 to {} {} ({message}): the integration needs the capability \"{capability}\", which its page at \
         https://www.notion.so/profile/integrations has under Capabilities",
        call.method, call.path
    )
}

fn meaning(answer: &Answer, call: Call<'_>) -> Meaning {
    let body = serde_json::from_slice::<Value>(&answer.body);
    let text = |place: &str| body.as_ref().ok().and_then(|body| body.get(place)?.as_str()).unwrap_or_default();
    match answer.status {
        200 => match body {
            Ok(content) => Meaning::Content(content),
            Err(error) => Meaning::Failed(format!("the answer is not JSON ({error})")),
        },
        401 => Meaning::Refused(Refusal::Failed(Error::NeedsGrant(NOT_ACCEPTED.to_owned()))),
        403 => Meaning::Refused(Refusal::Failed(Error::NeedsGrant(not_allowed(call, text("message"))))),
        404 => Meaning::Refused(Refusal::Missing),
        // Notion sends 529 before it works on a request that would overload it, as 429.
        429 => Meaning::Limited(answer.retry_after.unwrap_or(5)),
        529 if answer.retry_after.is_some() => Meaning::Limited(answer.retry_after.unwrap_or(5)),
        // 409: a conflict of two transactions, which Notion asks to try again.
        status @ (408 | 409 | 500..=599) => Meaning::Failed(format!("it answers {status} {}", text("code"))),
        status => {
            let (code, message) = (text("code"), text("message"));
            let path = call.path;
            let what = format!("Notion answers {status} {code} to {} {path}: {message}", call.method);
            Meaning::Refused(Refusal::Rejected(what))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Gives these answers; its clock only advances by pauses.
    struct Script {
        answers: RefCell<Vec<Answer>>,
        now: Cell<Duration>,
    }

    impl Web for Script {
        fn send(&self, _: Call<'_>) -> Result<Answer, HttpError> {
            Ok(self.answers.borrow_mut().remove(0))
        }

        fn pause(&self, duration: Duration) {
            self.now.set(self.now.get() + duration);
        }

        fn elapsed(&self) -> Duration {
            self.now.get()
        }
    }

    fn script(statuses: &[u16]) -> Script {
        let answer = |status: &u16| Answer { status: *status, retry_after: Some(7), body: b"{}".to_vec() };
        Script { answers: RefCell::new(statuses.iter().map(answer).collect()), now: Cell::default() }
    }

    #[test]
    fn a_burst_is_sent_at_once_and_the_rest_at_the_rate() {
        let web = script(&[200; 50]);
        let api = Api::new(&web, 3);
        for _ in 0..50 {
            api.get("/v1/x").unwrap();
        }
        assert_eq!((web.now.get().as_millis(), api.requests()), (9_999, 50));
    }

    #[test]
    fn a_rate_limit_is_waited_for_and_failures_are_tried_again() {
        let web = script(&[429, 529, 500, 409, 200]);
        assert!(Api::new(&web, 3).get("/v1/x").is_ok());
        assert_eq!(web.now.get().as_secs(), 7 + 7 + 3 + 4);
        let web = script(&[502; 5]);
        assert!(matches!(Api::new(&web, 3).get("/v1/x"), Err(Refusal::Failed(Error::Retryable(_)))));
    }

    #[test]
    fn a_change_is_sent_once_unless_nothing_happened() {
        let web = script(&[429, 500, 200]);
        assert!(matches!(Api::new(&web, 3).patch("/v1/x", &Value::Null), WriteResult::Unknown(_)));
        assert_eq!(web.answers.borrow().len(), 1);
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
}
