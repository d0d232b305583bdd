//! Requests to Notion's API: the rate, rate limits, and further tries of requests that may succeed later.
//!
//! A request that only reads is sent again after a failure. A request that changes a page is sent again only by its caller,
//! after the caller has read the page. If the token is refused, the task waits for the operator.

use std::cell::Cell;
use std::time::Duration;

use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::{HttpError, Response};
use serde_json::Value;

use crate::host::{Budget, Call, HostWeb, Web, WebLimits};

/// The version of the API.
pub const VERSION: &str = "2026-03-11";

/// The long-term rate that Notion documents for a connection, in requests per second.
pub const RATE: u32 = 3;

/// Requests that may be sent at once before the rate applies. Notion accepts bursts; a short task then needs no pause.
const BURST: u32 = 20;

/// A pause for the rate limit is at most 61 s, because Notion counts the requests of 60 s. The host allows 1,000 requests in
/// a task; the requests above 900 are a reserve. The pauses that keep the steady rate do not count.
const LIMITS: WebLimits = WebLimits { requests: 900, longest_pause: 61, pauses: 120 };

/// How often a reading request is sent if the server fails.
const TRIES: u64 = 5;

/// The time after which a task sends no further requests. A task has five minutes, and writes its file at the end.
const TIME: Duration = Duration::from_secs(220);

/// The paths for creating pages and views.
const PAGES: &str = "/v1/pages";
const VIEWS: &str = "/v1/views";

/// The error if Notion does not accept the token.
const NOT_ACCEPTED: &str =
    "Notion does not accept the account's token (401); to store a valid one, and continue: `baton account add notion`";

/// The host's network; requests use the token of the account. `host` is the name of Notion's address in the manifest.
#[must_use]
pub fn host_web(host: &'static str) -> HostWeb {
    HostWeb::begin(host, "notion").headers(&[("notion-version", VERSION)])
}

/// The reason why a request has no result.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// The object does not exist, or the integration has no access to it.
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
    /// The request took effect. The value is the page as it is now.
    Done(Value),
    /// The request may have taken effect.
    Unknown(String),
    /// The request has no effect.
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

/// The meaning of an answer.
enum ResponseMeaning {
    Content(Value),
    Refused(Refusal),
    /// A rate limit is reached, and the request had no effect. The number is the pause in seconds.
    Limited(u64),
    /// A later request may succeed.
    Failed(String),
}

/// The API of one task.
pub struct Api<'a> {
    web: &'a dyn Web,
    begin: Duration,
    interval: Duration,
    /// The time by which all requests so far would be sent at the steady rate.
    even: Cell<Duration>,
    budget: Budget,
}

impl<'a> Api<'a> {
    /// The API behind `web`, with a long-term rate of `rate` requests per second.
    #[must_use]
    pub fn new(web: &'a dyn Web, rate: u32) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self { web, begin: web.now(), interval, even: Cell::default(), budget: Budget::new(LIMITS) }
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.budget.requests()
    }

    /// The time since the task began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.web.now().saturating_sub(self.begin)
    }

    /// Waits. The pause does not count for the limits of the task.
    pub fn rest(&self, duration: Duration) {
        self.web.pause(duration);
    }

    /// Reads the object at a path of the API.
    ///
    /// # Errors
    /// As [`Refusal`].
    pub fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.read(&Call::new("GET", path))
    }

    /// The answer to a query.
    ///
    /// # Errors
    /// As [`Refusal`].
    pub fn query(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.read(&Call::with_json("POST", path, body))
    }

    fn read(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let mut tries = 0;
        loop {
            self.turn()?;
            tries += 1;
            let why = match self.send(call)? {
                ResponseMeaning::Content(content) => return Ok(content),
                ResponseMeaning::Refused(refusal) => return Err(refusal),
                ResponseMeaning::Limited(seconds) => {
                    self.wait(seconds, "its rate limit is reached")?;
                    continue;
                }
                ResponseMeaning::Failed(why) => why,
            };
            if tries >= TRIES {
                let text = format!("{} {} failed {TRIES} times: {why}", call.method, call.path);
                return Err(Refusal::Failed(Error::Retryable(text)));
            }
            self.wait(tries, &why)?;
        }
    }

    /// Changes a page. The request is sent again only after a rate limit, because then it had no effect.
    pub fn patch(&self, path: &str, body: &Value) -> WriteResult {
        self.write(&Call::with_json("PATCH", path, body))
    }

    /// Creates a page. The request is sent again only after a rate limit.
    pub fn create(&self, body: &Value) -> WriteResult {
        self.write(&Call::with_json("POST", PAGES, body))
    }

    /// Creates a view of a data source. The request is sent again only after a rate limit.
    pub fn create_view(&self, body: &Value) -> WriteResult {
        self.write(&Call::with_json("POST", VIEWS, body))
    }

    fn write(&self, call: &Call<'_>) -> WriteResult {
        loop {
            match self.turn().and_then(|()| self.send(call)) {
                Ok(ResponseMeaning::Content(content)) => return WriteResult::Done(content),
                Ok(ResponseMeaning::Failed(why)) => return WriteResult::Unknown(why),
                Ok(ResponseMeaning::Limited(seconds)) => {
                    if let Err(refusal) = self.wait(seconds, "its rate limit is reached") {
                        return WriteResult::Refused(refusal);
                    }
                }
                Ok(ResponseMeaning::Refused(refusal)) | Err(refusal) => return WriteResult::Refused(refusal),
            }
        }
    }

    /// Waits. The pause counts for the limits of the task.
    ///
    /// # Errors
    /// If the task would wait too long.
    pub fn wait(&self, seconds: u64, why: &str) -> Result<(), Refusal> {
        if self.budget.pause(self.web, seconds) {
            return Ok(());
        }
        Err(Refusal::Failed(Error::Retryable(format!("Notion needs a pause of {seconds} s: {why}"))))
    }

    /// Waits until the next request may be sent.
    fn turn(&self) -> Result<(), Refusal> {
        let now = self.elapsed();
        if now >= TIME || !self.budget.take() {
            return Err(Refusal::NoMoreRequests);
        }
        let even = self.even.get().max(now);
        let pause = even.saturating_sub(now).saturating_sub(self.interval * (BURST - 1));
        self.even.set(even + self.interval);
        if !pause.is_zero() {
            self.web.pause(pause);
        }
        Ok(())
    }

    fn send(&self, call: &Call<'_>) -> Result<ResponseMeaning, Refusal> {
        match self.web.send(call) {
            Ok(answer) => Ok(interpret(&answer, call)),
            Err(HttpError::Failed(why)) => Ok(ResponseMeaning::Failed(why)),
            Err(error) => Err(Refusal::Failed(error.into())),
        }
    }
}

fn not_allowed(call: &Call<'_>, message: &str) -> String {
    let capability = match call.method {
        "PATCH" => "Update content",
        "POST" if [PAGES, VIEWS].contains(&call.path.as_ref()) => "Insert content",
        _ => "Read content",
    };
    format!(
        "Notion answers 403 to {} {} ({message}): the integration needs the capability \"{capability}\", which its page at \
         https://www.notion.so/profile/integrations has under Capabilities",
        call.method, call.path
    )
}

fn interpret(answer: &Response, call: &Call<'_>) -> ResponseMeaning {
    let body = serde_json::from_slice::<Value>(&answer.body);
    let text = |place: &str| body.as_ref().ok().and_then(|body| body.get(place)?.as_str()).unwrap_or_default();
    match answer.status {
        200 => match body {
            Ok(content) => ResponseMeaning::Content(content),
            Err(error) => ResponseMeaning::Failed(format!("the answer is not JSON ({error})")),
        },
        401 => ResponseMeaning::Refused(Refusal::Failed(Error::NeedsGrant(NOT_ACCEPTED.to_owned()))),
        403 => ResponseMeaning::Refused(Refusal::Failed(Error::NeedsGrant(not_allowed(call, text("message"))))),
        404 => ResponseMeaning::Refused(Refusal::Missing),
        // Like 429, Notion sends 529 before it does any work for the request, so the request had no effect.
        429 => ResponseMeaning::Limited(answer.retry_after().unwrap_or(5)),
        529 if answer.retry_after().is_some() => ResponseMeaning::Limited(answer.retry_after().unwrap_or(5)),
        // 409 is a conflict of two transactions; Notion asks clients to send the request again.
        status @ (408 | 409 | 500..=599) => ResponseMeaning::Failed(format!("it answers {status} {}", text("code"))),
        status => {
            let (code, message) = (text("code"), text("message"));
            let what = format!("Notion answers {status} {code} to {} {}: {message}", call.method, call.path);
            ResponseMeaning::Refused(Refusal::Rejected(what))
        }
    }
}
