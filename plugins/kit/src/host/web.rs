//! Requests to an online service with the token of an account. [`Web`] is the network of one task; native tests implement it
//! too. [`Budget`] counts the requests and pauses of a task. This module does not interpret answers; that is the plugin's task.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use baton_plugin_sdk::http::{self, HttpError, Response};
use baton_plugin_sdk::{Error, secrets};
use serde_json::Value;

/// A request to a path below the service's address.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// The method, in capital letters.
    pub method: &'a str,
    /// The path and its parameters, such as `/v1/me?limit=1`.
    pub path: Cow<'a, str>,
    /// Headers, in addition to the headers of [`HostWeb`].
    pub headers: Vec<(&'a str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl<'a> Call<'a> {
    /// A request without a body.
    pub fn new(method: &'a str, path: impl Into<Cow<'a, str>>) -> Self {
        Self { method, path: path.into(), ..Self::default() }
    }

    /// A request with a JSON body.
    pub fn with_json(method: &'a str, path: impl Into<Cow<'a, str>>, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { headers, body: body.to_string().into_bytes(), ..Self::new(method, path) }
    }
}

/// The network of one task.
pub trait Web {
    /// Sends a request once. An answer with any status is not an error.
    ///
    /// # Errors
    /// If there is no answer, or the host denies the request.
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError>;

    /// Waits.
    fn pause(&self, duration: Duration);

    /// The time since 1970 UTC. It never decreases during a task.
    fn now(&self) -> Duration;
}

/// The host's network. Redirects are returned and not followed, because they could lead to another server.
#[derive(Clone, Debug)]
pub struct HostWeb {
    host: &'static str,
    secret: &'static str,
    scheme: &'static str,
    headers: &'static [(&'static str, &'static str)],
    timeout: Option<Duration>,
    begin: (Duration, Instant),
}

impl HostWeb {
    /// The network of a task that begins now. `host` and `secret` are the names of the host and of the secret in the manifest.
    #[must_use]
    pub fn begin(host: &'static str, secret: &'static str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { host, secret, scheme: "Bearer ", headers: &[], timeout: None, begin: (now, Instant::now()) }
    }

    /// Sets the prefix of the token in `Authorization`.
    #[must_use]
    pub const fn scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = scheme;
        self
    }

    /// Sets the headers of all requests.
    #[must_use]
    pub const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Sets how long the server may be silent.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Web for HostWeb {
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
        let denied = |error: Error| match error {
            Error::Permanent(text) | Error::Retryable(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text) => {
                HttpError::Denied(text)
            }
        };
        let token = secrets::placeholder(self.secret).map_err(denied)?;
        let mut request = http::Request::new(call.method, format!("{}{}", http::address(self.host)?, call.path))
            .header("authorization", format!("{}{token}", self.scheme));
        let own = call.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in self.headers.iter().copied().chain(own) {
            request = request.header(name, value);
        }
        if call.body.is_empty() && matches!(call.method, "PATCH" | "POST" | "PUT") {
            request = request.header("content-length", "0");
        }
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        request.body(call.body.clone()).redirects(0).send()
    }

    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn now(&self) -> Duration {
        self.begin.0 + self.begin.1.elapsed()
    }
}

/// The limits of one task.
#[derive(Clone, Copy, Debug)]
pub struct WebLimits {
    /// The maximum number of requests. The host allows 1,000.
    pub requests: usize,
    /// The longest pause, in seconds.
    pub longest_pause: u64,
    /// The maximum sum of all pauses, in seconds. A task has five minutes.
    pub pauses: u64,
}

/// Counts the requests and pauses of one task.
#[derive(Debug)]
pub struct Budget {
    limits: WebLimits,
    requests: Cell<usize>,
    paused: Cell<u64>,
}

impl Budget {
    /// The budget of a task that has sent no request yet.
    #[must_use]
    pub const fn new(limits: WebLimits) -> Self {
        Self { limits, requests: Cell::new(0), paused: Cell::new(0) }
    }

    /// The number of requests so far.
    #[must_use]
    pub const fn requests(&self) -> usize {
        self.requests.get()
    }

    /// Counts a request. Returns `false`, and counts nothing, if the limit is reached.
    #[must_use]
    pub fn take(&self) -> bool {
        let is_left = self.requests.get() < self.limits.requests;
        self.requests.set(self.requests.get() + usize::from(is_left));
        is_left
    }

    /// Waits. Returns `false` without waiting if the limits do not allow this pause.
    #[must_use]
    pub fn pause(&self, web: &dyn Web, seconds: u64) -> bool {
        let all = self.paused.get().saturating_add(seconds);
        if seconds > self.limits.longest_pause || all > self.limits.pauses {
            return false;
        }
        self.paused.set(all);
        web.pause(Duration::from_secs(seconds));
        true
    }
}
